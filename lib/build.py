"""Build libfarside: `python lib/build.py FOLDER` writes libfarside.so, farside.h and farside.pc.

Cython turns lib/farside.pyx into C for Python; gcc puts every function into a section of its own, and
the linker keeps what the entry points reach. Nothing of that needs Python: were it otherwise, -z defs
would refuse the library for its undefined symbols. ELF only (docs/decisions/018).
"""

from __future__ import annotations

import ast
import os
import shlex
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path
from typing import Any

from header import ROOT, assertions, header

EXPORTS = "{ global: farside_*; local: *; };\n"
PKG_CONFIG = """\
prefix=${{pcfiledir}}
Name: farside
Description: Lunar landing guidance: the autopilot's tick, laws and planner, without Python
Version: {version}
Cflags: -I${{prefix}}
Libs: -L${{prefix}} -lfarside
Libs.private: -lm
"""


def setting(name: str) -> Any:
    """Give a constant of setup.py, as the release build has it."""
    for node in ast.parse((ROOT / "setup.py").read_text()).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == name:
            code = compile(ast.Expression(node.value), "setup.py", "eval")
            return eval(code, {"SAFE": False, "BUILD": "release"})
    raise SystemExit(f"setup.py has no {name}")


def run(*words: object) -> None:
    """Run a command, and leave with its status where it fails."""
    done = subprocess.run([str(word) for word in words], cwd=ROOT)
    if done.returncode:
        raise SystemExit(done.returncode)


def build(folder: Path) -> None:
    """Write the library, its header and its pkg-config file."""
    work = folder / "work"
    work.mkdir(parents=True, exist_ok=True)
    (folder / "farside.h").write_text(header())
    (work / "exports").write_text(EXPORTS)
    (work / "unit.c").write_text('#include "kernels.c"\n' + assertions())
    directives = ",".join(f"{name}={value}" for name, value in setting("DIRECTIVES").items())
    run(
        sys.executable, "-m", "cython", "-3", "-X", directives, "-I", "build/tree",
        "lib/farside.pyx", "-o", work / "kernels.c",
    )  # fmt: skip
    compiler = shlex.split(os.environ.get("CC", "gcc"))
    # Python's own builds wrap on overflow; so does the extension, and the same bits are wanted.
    run(
        *compiler, *setting("C_FLAGS")["release"], "-fwrapv", "-fno-strict-aliasing", "-DNDEBUG",
        "-fPIC", "-ffunction-sections", "-fdata-sections", "-fvisibility=hidden",
        "-I", folder, "-I", sysconfig.get_path("include"), "-c", work / "unit.c",
        "-o", work / "unit.o",
    )  # fmt: skip
    run(
        *compiler, "-shared", work / "unit.o", "-Wl,--gc-sections", "-Wl,-z,defs",
        f"-Wl,--version-script={work / 'exports'}", "-Wl,-soname,libfarside.so", "-lm",
        "-o", folder / "libfarside.so",
    )  # fmt: skip
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    (folder / "farside.pc").write_text(PKG_CONFIG.format(version=version))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python lib/build.py FOLDER")
    build(Path(sys.argv[1]).resolve())
