"""The installed package is found from any folder, also from the one that holds a clone of it."""

import subprocess
import sys
from pathlib import Path


def test_a_clone_in_the_working_directory_is_not_the_package(tmp_path: Path) -> None:
    """`git clone .../farside` leaves a folder of the package's name where its user works next."""
    (tmp_path / "farside" / "guidance").mkdir(parents=True)
    (tmp_path / "farside" / "guidance" / "__init__.py").write_text("raise ImportError('the clone')")
    script = tmp_path / "mine.py"
    script.write_text(
        "import farside, farside.guidance\nprint(farside.land.__module__, farside.guidance.Target)"
    )
    for asked in ([str(script)], ["-c", script.read_text()], ["-m", "farside", "--version"]):
        done = subprocess.run(
            [sys.executable, *asked], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert "farside.flight" in done.stdout or asked[0] == "-m"
