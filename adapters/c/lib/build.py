"""Build libfarside: `python adapters/c/lib/build.py FOLDER [PREFIX]`.

It writes libfarside.so, libfarside.a, farside.h and farside.pc into a folder; with a prefix it
installs what is there, with what pkg-config and CMake read.

Cython turns farside.pyx beside this into C for Python; gcc puts every function into a section of
its own, and the linker keeps what the entry points reach. Nothing of that needs Python: were it
otherwise, -z defs would refuse the library for its undefined symbols. ELF only (decision 018).
"""

from __future__ import annotations

import ast
import hashlib
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from importlib import metadata
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import Any

from header import ROOT, assertions, header
from install import install, pkg_config

#: Kernels of maps that are compiled for several instruction sets, and their entries.
LANES = ("disc", "legs", "probability")
ENTRIES = {
    "lanes_load_disc",
    "lanes_map_disc",
    "lanes_load_legs",
    "lanes_map_legs",
    "lanes_assess_cells",
}
#: The translation units with entry points, each made of a .pyx beside this.
UNITS = ("farside", "avoid", "navigate")
#: Cython as `python -m cython` runs it, without the garbage collector: see setup.py.
CYTHON = (
    "import gc, sys; gc.disable(); "
    "from Cython.Compiler.Main import setuptools_main; sys.exit(setuptools_main())"
)
EXPORTS = "{ global: farside_*; local: *; };\n"


#: Python 3.11 parses for one thread at a time: another's count of nested parts ends it.
PARSING = Lock()


@cache
def settings() -> dict[str, ast.expr]:
    """Return what setup.py assigns to names of its own, as it stands there."""
    nodes = ast.parse((ROOT / "setup.py").read_text()).body
    assigned = [node for node in nodes if isinstance(node, ast.Assign)]
    return {getattr(node.targets[0], "id", ""): node.value for node in assigned}


def setting(name: str) -> Any:
    """Return a constant of setup.py, as the release build has it."""
    with PARSING:
        if name not in settings():
            raise SystemExit(f"setup.py has no {name}")
        code = compile(ast.Expression(settings()[name]), "setup.py", "eval")
    return eval(code, {"SAFE": False, "BUILD": "release"})


def run(*words: object, cwd: Path = ROOT) -> None:
    """Run a command, and leave with its status where it fails."""
    done = subprocess.run([str(word) for word in words], cwd=cwd)
    if done.returncode:
        raise SystemExit(done.returncode)


def build(folder: Path) -> None:
    """Write the library, shared and static, its header and its pkg-config file."""
    work = folder / "work"
    work.mkdir(parents=True, exist_ok=True)
    (folder / "farside.h").write_text(header())
    (work / "exports").write_text(EXPORTS)
    compiler = shlex.split(os.environ.get("CC", "gcc"))
    compile_c = compile_words(compiler)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        units = pool.map(partial(compile_unit, compile_c, work), UNITS)
        kernels = pool.map(partial(compile_lanes, compile_c, work), LANES)
        objects = [*units, *chain.from_iterable(kernels)]
    run(
        *compiler, "-shared", *objects, "-Wl,--gc-sections", "-Wl,-z,defs",
        f"-Wl,--version-script={work / 'exports'}", "-Wl,-soname,libfarside.so", "-lm",
        "-o", folder / "libfarside.so",
    )  # fmt: skip
    archive(compiler, objects, folder / "libfarside.a")
    (folder / "farside.pc").write_text(pkg_config(folder, folder, folder))


def compile_words(compiler: Sequence[str]) -> tuple[object, ...]:
    """Return the command that compiles a file of a work folder, but for its name."""
    # As in setup.py, where ccache is there; relative paths, so that it knows them in any folder.
    cached = ["ccache"] if "CC" not in os.environ and shutil.which("ccache") else []
    # Python's own builds wrap on overflow; so does the extension, and the same bits are wanted.
    return (
        *cached, *compiler, *setting("C_FLAGS")["release"], *quiet_flags(compiler),
        "-fwrapv", "-fno-strict-aliasing", "-DNDEBUG",
        "-fPIC", "-ffunction-sections", "-fdata-sections", "-fvisibility=hidden",
        "-I", "..", "-I", ROOT / "adapters/c/lib", "-I", sysconfig.get_path("include"), "-c",
    )  # fmt: skip


def quiet_flags(compiler: Sequence[str]) -> list[str]:
    """Return what keeps gcc from warning of C that Cython writes: see setup.py; clang says less."""
    return [] if any("clang" in word for word in compiler) else list(setting("QUIET_FLAGS"))


def translate(name: str, work: Path, source: Path | None = None) -> None:
    """Turn one of the library's .pyx, or another source, into <name>_kernels.c.

    What Cython wrote is kept below build/translated until a source changes: the library and
    farside as one file of C are made of the same.
    """
    source = source or ROOT / "adapters/c/lib" / f"{name}.pyx"
    kept = ROOT / "build" / "translated" / digest_of_sources() / f"{name}.c"
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        for old in set(kept.parent.parent.iterdir()) - {kept.parent}:
            shutil.rmtree(old, ignore_errors=True)
        directives = ",".join(f"{key}={value}" for key, value in setting("DIRECTIVES").items())
        # Two processes may write the same; one name is then put in place of the other's file.
        new = kept.with_name(f"{name}-{os.getpid()}.c")
        run(
            sys.executable, "-c", CYTHON, "-3", "-X", directives, "-I", "build/tree",
            source.relative_to(ROOT), "-o", new,
        )  # fmt: skip
        new.with_suffix(".h").unlink(missing_ok=True)
        new.replace(kept)
    shutil.copyfile(kept, work / f"{name}_kernels.c")


@cache
def digest_of_sources() -> str:
    """Return a digest of all that Cython may read, of its directives and its version."""
    found = hashlib.sha256(f"{metadata.version('cython')} {setting('DIRECTIVES')}".encode())
    for folder in ("ext", "adapters/c/lib", "adapters/fmi/c"):
        for path in sorted((ROOT / folder).rglob("*.p[xy][xdi]")):
            found.update(f"{path.relative_to(ROOT)} {path.stat().st_size}\n".encode())
            found.update(path.read_bytes())
    return found.hexdigest()[:16]


def compile_unit(compile_c: Sequence[object], work: Path, name: str) -> Path:
    """Compile one of the library's .pyx, with assertions on what the header says of its structs."""
    translate(name, work)
    unit = f'#include "{name}_kernels.c"\n{assertions(name)}'
    (work / f"{name}_unit.c").write_text(unit)
    run(*compile_c, f"{name}_unit.c", "-o", f"{name}.o", cwd=work)
    return work / f"{name}.o"


def lanes(compile_c: Sequence[object], work: Path) -> list[Path]:
    """Compile the map kernels for every instruction set, under names of their own: lanes.h."""
    return [made for kind in LANES for made in compile_lanes(compile_c, work, kind)]


def compile_lanes(compile_c: Sequence[object], work: Path, kind: str) -> list[Path]:
    """Compile one kind of map kernel for every instruction set."""
    sets = {"x86_64": []}
    if platform.machine() in ("x86_64", "AMD64"):
        sets |= {suffix[1:]: flags for suffix, flags in setting("ISA_FLAGS").items()}
    made = []
    name = f"{kind}_lanes"
    translate(name, work)
    source = (work / f"{name}_kernels.c").read_text()
    own = set(re.findall(r"\b(lanes_(?:load|map)_\w+|lanes_assess_cells)\(", source)) & ENTRIES
    own |= {f"PyInit_{name}", f"__pyx_module_is_main_{name}"}
    # As in setup.py: kernels that measure take no NaN.
    finite = f"_{kind}_" in setting("FINITE_KERNELS")
    for isa, flags in sets.items():
        made.append(work / f"{name}_{isa}.o")
        run(
            *compile_c, *flags, *(setting("FINITE_FLAGS") if finite else []),
            *(f"-D{symbol}={symbol}_{isa}" for symbol in sorted(own)),
            f"{name}_kernels.c", "-o", made[-1].name, cwd=work,
        )  # fmt: skip
    return made


def archive(compiler: list[str], objects: Sequence[Path], path: Path) -> None:
    """Write the static library: one object that keeps what the entry points reach, and no more.

    A linker that joins the sections (-r) drops those that nobody reaches, and with them Python; the
    other names become local, so that they meet none of the host's.
    """
    work = objects[0].parent
    entries = re.findall(r"FARSIDE_API .*?(farside_\w+)\(", (path.parent / "farside.h").read_text())
    whole, bare = work / "whole.o", work / "bare.o"
    wanted = [f"-Wl,-u,{name}" for name in entries]
    run(*compiler, "-r", "-nostdlib", "-Wl,--gc-sections", *wanted, *objects, "-o", whole)
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
