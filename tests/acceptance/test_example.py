"""The README's Python runs as it stands."""

import os
import re
import subprocess
import sys

import pytest
from flown import ROOT

README = ROOT / "README.md"
EXAMPLES = (
    re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL) if README.exists() else []
)


@pytest.mark.skipif(not EXAMPLES, reason="the README holds no Python")
@pytest.mark.parametrize("code", EXAMPLES)
def test_example_runs(tmp_path, code):
    """In a folder of its own, since an example may write files, and without a display."""
    ran = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:__main__", "-c", code],
        cwd=tmp_path,
        env={**os.environ, "MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
