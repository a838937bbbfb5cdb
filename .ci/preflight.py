"""Look that this machine can build farside; one line a thing that is missing, and how to get it.

Run by `make` with the system's Python, before anything is installed. Any Python 3 can run it.
"""

import importlib.util
import os
import shutil
import sys
import sysconfig


def missing():
    """Return what a build would fail on."""
    found = []
    if sys.version_info < (3, 11):  # noqa: UP036  an older Python runs this file
        version = sys.version.split()[0]
        found.append(f"Python 3.11 or newer; {sys.executable} is {version}: make PYTHON=python3.12")
    if any(importlib.util.find_spec(name) is None for name in ("venv", "ensurepip")):
        found.append("Python's venv: apt install python3-venv")
    compiler = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()[0]
    if shutil.which(compiler) is None:
        found.append(f"a C compiler, {compiler}: apt install build-essential, or make CC=...")
    if not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")):
        found.append("Python.h: apt install python3-dev")
    return found


if __name__ == "__main__":
    sys.exit("\n".join("farside needs " + thing for thing in missing()) or 0)
