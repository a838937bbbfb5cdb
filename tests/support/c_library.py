"""The C library that several tests use: built once for these sources, whichever worker needs it."""

import fcntl
import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STRICT = ("-Wall", "-Wextra", "-pedantic", "-Werror")
#: The mark of tests that need the library.
NEEDS_GCC = pytest.mark.skipif(
    shutil.which("gcc") is None or not sys.platform.startswith("linux"),
    reason="libfarside is built by gcc for ELF: here is no gcc, or no Linux",
)
BUILD = ROOT / "adapters/c/lib/build.py"


def sources():
    """Yield what the library is made from."""
    yield ROOT / "setup.py"
    for folder in ("ext", "adapters/c/lib"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".pyx", ".pxd", ".pxi", ".py", ".in", ".h"):
                yield path


def built_library():
    """Return the folder of libfarside, built from the sources as they are; do not write into it."""
    folder = ROOT / "build" / "test-library"
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    for path in sources():
        digest.update(path.read_bytes())
    stamp = folder / "sources"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != digest.hexdigest():
            done = subprocess.run([sys.executable, BUILD, folder], capture_output=True, text=True)
            assert done.returncode == 0, done.stdout + done.stderr
            stamp.write_text(digest.hexdigest())
    return folder


def run(*words, **options):
    """Run a program that has to end well; what it says."""
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
