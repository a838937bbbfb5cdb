"""Build the fuzz harnesses of libfarside: `python tests/fuzz/harnesses.py FLAVOUR [FOLDER]`.

find    clang, libFuzzer, AddressSanitizer and UBSan: the one that finds
fast    clang, libFuzzer, -O2: the one that counts executions
cover   gcc, gcov, lines of the kernels' own sources: what a corpus reaches
plain   the compiler of the library, no fuzzer: the one that the tests use

Each harness becomes a program FOLDER/NAME, by default build/fuzz/FLAVOUR/NAME. `cover` and `plain`
take files and folders of inputs; the other two take what libFuzzer takes.
"""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "adapters/c/lib")]

import build as library  # noqa: E402
from fmus import FMUS, SOURCES, macros  # noqa: E402
from header import header  # noqa: E402

#: The harnesses: NAME.c beside this.
HARNESSES = (
    "table", "rows", "flight", "apollo", "tick", "state", "resume", "navigation_config", "navigate",
    "measure", "avoid_config", "avoid", "decide",
)  # fmt: skip
#: Those of the C library, and of the FMUs' functions.
ALL = (*HARNESSES, *FMUS)
#: Of these an execution takes a few microseconds.
CHEAP = ("tick", "resume", "navigation_config", "measure")
CLANG = ("clang-14", "clang")
SANITIZERS = "address,undefined,float-cast-overflow"
#: Edges alone: comparisons are no hint for a list of draws, and cost half the time.
COUNTERS = "-fsanitize-coverage=inline-8bit-counters,pc-table"
#: Flags of the library's translation units. No -fwrapv where overflow is looked for.
FLAGS = {
    "find": ["-O1", "-g", f"-fsanitize=fuzzer-no-link,{SANITIZERS}", "-fno-sanitize-recover=all"],
    "fast": ["-O2", "-fwrapv", COUNTERS],
    "cover": ["-O0", "-g", "-fwrapv", "--coverage"],
    "plain": ["-O1", "-fwrapv"],
}
LINK = {
    "find": [f"-fsanitize=fuzzer,{SANITIZERS}", "-fno-sanitize-recover=all"],
    # the counters of functions that the harness never reaches are no part of it: each execution
    # clears and reads them all
    "fast": ["-fsanitize=fuzzer", "-fno-sanitize-coverage=trace-cmp", "-Wl,-z,start-stop-gc"],
    "cover": ["--coverage"],
    "plain": [],
}
#: Flavours with the FMUs' harnesses, and the sources of their functions.
LINK_FMUS, FMI = ("find", "fast"), ("fmi2", "fmi3")
#: Missions whose tables rows.c flies beside the two, and the names they have in C.
OTHERS = {"slim": "slim", "surveyor-1": "surveyor", "blue-ghost-m1": "blue_ghost"}
#: A map of hazards that is scanned in a millisecond.
SMALL_CELLS, SMALL_CELL_M = 24, 0.4


def compiler(flavour: str) -> str:
    """Return the compiler of a flavour; leave with what to install where there is none."""
    if flavour in ("cover", "plain"):
        return os.environ.get("CC", "gcc")
    for name in CLANG:
        found = shutil.which(name)
        if found:
            return found
    raise SystemExit(
        "fuzz: no clang here: apt-get install clang-14 llvm-14 libclang-rt-14-dev, or "
        "`make fuzz-smoke`, which tries the kept inputs with gcc"
    )


def words(flavour: str) -> tuple[object, ...]:
    """Return the command that compiles a unit of the library."""
    return (
        compiler(flavour), *FLAGS[flavour], "-w", "-ffp-contract=off", "-fno-strict-aliasing",
        "-DNDEBUG", "-fPIC", "-ffunction-sections", "-fdata-sections",
        "-I", "..", "-I", ROOT / "adapters/c/lib", "-I", sysconfig.get_path("include"), "-c",
    )  # fmt: skip


def small_avoid() -> str:
    """Write configurations of hazard avoidance with small maps: disc_avoid and legs_avoid."""
    from farside.adapters.c.avoid import avoid_c
    from farside.mission import load_mission

    mission, parts = load_mission("chang-e-6"), ['#include "farside.h"\n']
    for rule in ("disc", "legs"):
        hazards = dataclasses.replace(
            mission.hazards, stand=rule, map_cells=SMALL_CELLS, cell_m=SMALL_CELL_M
        )
        parts.append(avoid_c(dataclasses.replace(mission, hazards=hazards), name=rule))
    return "\n".join(parts)


def inputs_of_c(folder: Path) -> None:
    """Write farside.h, mission.h, apollo.h and its like, small_avoid.h."""
    from farside.adapters.c.table import mission_c
    from farside.mission import load_mission

    (folder / "farside.h").write_text(header())
    (folder / "mission.h").write_text(mission_c(load_mission("chang-e-6")))
    apollo = load_mission("apollo-11")
    (folder / "apollo.h").write_text(mission_c(apollo, name="apollo"))
    (folder / "apollo_mission.h").write_text(mission_c(apollo))
    for name in OTHERS:
        text = mission_c(load_mission(name), name=OTHERS[name])
        (folder / f"{OTHERS[name]}.h").write_text(text)
    (folder / "small_avoid.h").write_text(small_avoid())


def translate_lines(name: str, work: Path) -> None:
    """Turn a .pyx into C that says of which line of which source each statement is."""
    directives = ",".join(f"{key}={value}" for key, value in library.setting("DIRECTIVES").items())
    library.run(
        sys.executable, "-m", "cython", "-3", "--line-directives", "-X", directives,
        "-I", "build/tree", f"adapters/c/lib/{name}.pyx", "-o", work / f"{name}_kernels.c",
    )  # fmt: skip


def objects_of(flavour: str, work: Path) -> list[Path]:
    """Compile the library's units and map kernels in a flavour."""
    if flavour == "cover":
        library.translate = translate_lines
    command = words(flavour)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        units = pool.map(partial(library.compile_unit, command, work), library.UNITS)
        lanes = pool.map(partial(library.compile_lanes, command, work), library.LANES)
        return [*units, *chain.from_iterable(lanes)]


def without_python(objects: list[Path], work: Path) -> Path:
    """Write C that stands for Python's symbols, which nobody calls.

    Sanitizers keep every section, so that the linker cannot drop what Cython writes for Python, as
    it does for the library.
    """
    listed = subprocess.run(["nm", "-u", *objects], capture_output=True, text=True, check=True)
    names = sorted(set(re.findall(r"^ +U (_?Py\w+)$", listed.stdout, re.MULTILINE)))
    (work / "python.c").write_text("".join(f"char {name}[8];\n" for name in names))
    return work / "python.c"


def link(
    flavour: str,
    folder: Path,
    objects: list[Path],
    name: str,
    source: str = "",
    defined: Sequence[str] = (),
) -> Path:
    """Compile and link one harness, of NAME.c or of another source."""
    fuzzed = flavour not in ("cover", "plain")
    replay = HERE / ("counted.c" if fuzzed else "replay.c")
    counts = ["-Wl,--wrap=LLVMFuzzerTestOneInput"] if fuzzed else []
    library.run(
        compiler(flavour), *(f for f in FLAGS[flavour] if f != "--coverage"), "-g", "-std=gnu11",
        "-Wall", "-Wno-unused-function", "-Wno-unused-const-variable", "-Wno-unused-variable",
        "-ffp-contract=off", "-I", folder, "-I", HERE, *defined,
        HERE / f"{source or name}.c", replay, without_python(objects, folder / "work"), *objects,
        *LINK[flavour], *counts, "-Wl,--gc-sections", "-lm", "-o", folder / name,
    )  # fmt: skip
    return folder / name


def objects_of_fmus(flavour: str, work: Path) -> dict[str, list[Path]]:
    """Compile the FMUs' models and functions in a flavour; return the objects of each harness."""
    command = (*words(flavour), "-std=gnu11", "-I", SOURCES)

    def compiled(source: Path) -> Path:
        library.run(*command, source, "-o", work / f"{source.stem}.o", cwd=work)
        return work / f"{source.stem}.o"

    def translated(kind: str) -> Path:
        library.translate(kind, work, SOURCES / f"{kind}.pyx")
        return compiled(work / f"{kind}_kernels.c")

    kinds = sorted({kind for kind, *_ in FMUS.values()})
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        models = dict(zip(kinds, pool.map(translated, kinds), strict=True))
        common, *versions = pool.map(compiled, [SOURCES / f"{n}.c" for n in ("instance", *FMI)])
    lanes = sorted(work.glob("*_lanes_*.o"))
    return {
        name: [models[kind], common, versions[fmi - 2], *(lanes if kind == "avoidance" else [])]
        for name, (kind, fmi, *_) in FMUS.items()
    }


def build(flavour: str, folder: Path) -> list[Path]:
    """Build every harness in a flavour; return the programs.

    Those of the FMUs are left out where it is the library that is looked at.
    """
    compiler(flavour)
    work = folder / "work"
    work.mkdir(parents=True, exist_ok=True)
    inputs_of_c(folder)
    objects = objects_of(flavour, work)
    made = [link(flavour, folder, objects, name) for name in HARNESSES]
    if flavour in LINK_FMUS:
        for name, own in objects_of_fmus(flavour, work).items():
            made.append(link(flavour, folder, own, name, "fmu", macros(name, folder)))
    return made


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or sys.argv[1] not in FLAGS:
        raise SystemExit(f"usage: python tests/fuzz/harnesses.py {'|'.join(FLAGS)} [FOLDER]")
    chosen = sys.argv[1]
    build(chosen, Path(sys.argv[2] if sys.argv[2:] else ROOT / "build/fuzz" / chosen).resolve())
