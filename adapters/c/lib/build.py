"""Build libfarside: `python adapters/c/lib/build.py FOLDER [PREFIX]`.

It writes libfarside.so, libfarside.a, farside.h and farside.pc into a folder; with a prefix it
installs what is there, with what pkg-config and CMake read.

Cython turns farside.pyx beside this into C for Python; gcc puts every function into a section of
its own, and the linker keeps what the entry points reach. Nothing of that needs Python: were it
otherwise, -z defs would refuse the library for its undefined symbols. ELF only (decision 018).
"""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from header import ROOT, assertions, header
from install import install, pkg_config

EXPORTS = "{ global: farside_*; local: *; };\n"


def setting(name: str) -> Any:
    """Return a constant of setup.py, as the release build has it."""
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
    """Write the library, shared and static, its header and its pkg-config file."""
    work = folder / "work"
    work.mkdir(parents=True, exist_ok=True)
    (folder / "farside.h").write_text(header())
    (work / "exports").write_text(EXPORTS)
    (work / "unit.c").write_text('#include "kernels.c"\n' + assertions())
    directives = ",".join(f"{name}={value}" for name, value in setting("DIRECTIVES").items())
    run(
        sys.executable, "-m", "cython", "-3", "-X", directives, "-I", "build/tree",
        "adapters/c/lib/farside.pyx", "-o", work / "kernels.c",
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
    archive(compiler, work, folder / "libfarside.a")
    (folder / "farside.pc").write_text(pkg_config(folder, folder, folder))


def archive(compiler: list[str], work: Path, path: Path) -> None:
    """Write the static library: one object that keeps what the entry points reach, and no more.

    A linker that joins the sections (-r) drops those that nobody reaches, and with them Python; the
    other names become local, so that they meet none of the host's.
    """
    entries = re.findall(r"FARSIDE_API .*?(farside_\w+)\(", (work.parent / "farside.h").read_text())
    whole, bare = work / "whole.o", work / "farside.o"
    wanted = [f"-Wl,-u,{name}" for name in entries]
    run(*compiler, "-r", "-nostdlib", "-Wl,--gc-sections", *wanted, work / "unit.o", "-o", whole)
    keep = [f"--keep-global-symbol={name}" for name in entries]
    run("objcopy", *keep, "--strip-unneeded", whole, bare)
    path.unlink(missing_ok=True)
    run("ar", "rcsD", path, bare)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        raise SystemExit("usage: python adapters/c/lib/build.py FOLDER [PREFIX]")
    if len(sys.argv) == 2:
        build(Path(sys.argv[1]).resolve())
    else:
        install(Path(sys.argv[1]).resolve(), sys.argv[2])
