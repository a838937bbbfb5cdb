"""Link the libraries of the FMUs: setup.py calls this, with the compiler that builds kernels."""

from __future__ import annotations

import importlib.util
import sysconfig
import time
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
#: As setup.py's working folder sees it: ccache then knows the objects in any folder.
SOURCES = "adapters/fmi/c"


def library_scripts() -> Any:
    """Return build.py beside this, whose name is that of another package too."""
    spec = importlib.util.spec_from_file_location("farside_library", FOLDER / "build.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def link(compiler: Any, made: list[Path], model: list[str], temp: str) -> None:
    """Compile one kind of FMU once, and link it for its versions of FMI.

    Parameters
    ----------
    compiler
        That of setuptools' build_ext.
    made : list of Path
        The libraries, <kind>-<version of FMI>.so.
    model : list of str
        The model's C, as Cython writes it.
    temp : str
        Where objects go.
    """
    start = time.monotonic()
    scripts = library_scripts()
    kind = made[0].stem.partition("-")[0]
    flags = [*scripts.setting("C_FLAGS")["release"], "-std=gnu11", "-fvisibility=hidden"]
    flags += [f"-I{SOURCES}", "-Iadapters/c/lib"]
    flags += scripts.quiet_flags(compiler.compiler)
    if "clang" not in compiler.compiler[0]:
        flags += ["-Wno-maybe-uninitialized"] if kind == "navigation" else []
    flags += ["-ffunction-sections", "-fdata-sections", "-I" + sysconfig.get_path("include")]

    def objects_of(sources: list[str]) -> list[str]:
        return list(compiler.compile(sources, output_dir=temp, extra_postargs=flags))

    common = objects_of([*model, f"{SOURCES}/instance.c"])
    if kind == "avoidance":
        work = Path(temp, "lanes").resolve()
        work.mkdir(parents=True, exist_ok=True)
        # The map kernels for every instruction set, as the C library has them.
        common += map(str, scripts.lanes(scripts.compile_words(["gcc"]), work))
    for library in made:
        version = library.stem[-1]
        compiler.link_shared_object(
            common + objects_of([f"{SOURCES}/fmi{version}.c"]),
            str(library),
            libraries=["m"],
            extra_postargs=[
                "-Wl,--gc-sections",
                "-Wl,-z,defs",
                "-Wl,--strip-all",
                f"-Wl,--version-script={SOURCES}/fmi{version}.map",
            ],
        )
    names, took = " and ".join(m.stem for m in made), time.monotonic() - start
    print(f"  {names}, {took:.1f} s", flush=True)
