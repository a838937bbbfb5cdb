"""The C library that several tests use: built once for these sources, whichever worker needs it."""

import fcntl
import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
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
