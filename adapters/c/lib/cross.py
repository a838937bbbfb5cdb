"""Build farside's plain C for other platforms, and fly it there: `make cross`.

    python adapters/c/lib/cross.py FOLDER [--mission NAME] [--seed N]

It writes farside.c (amalgamate.py) and builds it, the examples and the FMUs for this machine, for
Windows x86-64 and for Linux on aarch64; the programs run under wine and qemu. Every platform must
print what this machine prints, digests of all bits included. What cannot be built or run here is
said in one line and left out; exit status 1 where a digest differs.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
import zipfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from amalgamate import FLAGS, write
from build import setting
from header import ROOT

#: -O2 takes a third of the time less than -O3; the bits are the same.
CROSS_FLAGS = (*(flag for flag in FLAGS if flag != "-O3"), "-O2", "-g0")
PROGRAMS = ("land", "avoid", "navigate")
LONGEST_RUN_S = 300.0
#: As examples/fmu_landing.py couples them.
VECTORS = {"r_site": 3, "v_site": 3, "q_site_body": 4, "omega_body": 3, "torque": 3}
ESTIMATE = ("r_site", "v_site", "q_site_body", "omega_body", "mass", "accel", "height")
WIRES = {
    "estimate": ("lander", "autopilot", (*ESTIMATE, "height_sigma")),
    "flags": ("lander", "autopilot", ("height_valid", "contact", "rest")),
    "command": ("autopilot", "lander", ("thrust", "torque")),
    "phase": ("autopilot", "lander", ("phase", "stage")),
}


@dataclass(frozen=True)
class Target:
    """A platform: how FMI 3.0 calls it, what compiles for it and what runs its programs."""

    name: str
    compiler: str
    runner: tuple[str, ...] = ()
    package: str = ""
    suffix: str = ""
    library: str = ".so"
    links: tuple[str, ...] = ("-lm",)
    shared: tuple[str, ...] = ("-fPIC",)
    environment: dict[str, str] = field(default_factory=dict)

    def missing(self) -> str | None:
        """Return what is not there of what this platform needs, or None."""
        needed = [self.compiler, *self.runner[:1]]
        lacking = [name for name in needed if shutil.which(name) is None]
        if not lacking:
            return None
        return f"{self.name}: left out, no {' and no '.join(lacking)} ({self.package})"


WINE = next((p for p in ("/usr/lib/wine/wine64",) if Path(p).exists()), "wine64")
NATIVE = Target("x86_64-linux", "gcc", package="apt install gcc", links=("-lm", "-ldl"))
TARGETS = (
    NATIVE,
    Target(
        "aarch64-linux",
        "aarch64-linux-gnu-gcc",
        ("qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu"),
        "apt install gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static",
        links=("-lm", "-ldl"),
    ),
    Target(
        "x86_64-windows",
        "x86_64-w64-mingw32-gcc",
        (WINE,),
        "apt install gcc-mingw-w64-x86-64 wine64",
        ".exe",
        ".dll",
        ("-static-libgcc",),
        (),
        {"WINEDEBUG": "-all"},
    ),
)


def main(words: Sequence[str] | None = None) -> int:
    """Build and fly on every platform that can be had; 0 where all give the same digits."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--mission", default="chang-e-6")
    parser.add_argument("--seed", default="3", help="of the lander's FMU")
    asked = parser.parse_args(words)
    folder, start = asked.folder.resolve(), time.monotonic()
    write(folder)
    export(folder, "mission", asked.mission, "--c", "--out", folder / "mission.h")
    for kind in ("autopilot", "lander"):
        unpack(folder, kind, asked)
    (folder / "wires.h").write_text(wires(folder))
    here = []
    for target in TARGETS:
        lacking = target.missing()
        print(lacking if lacking else f"{target.name}: {target.compiler}", flush=True)
        here += [] if lacking else [target]
    if NATIVE not in here:
        return 2
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for job in [pool.submit(*job) for target in here for job in jobs(folder, target)]:
            job.result()
    for target in here:
        link(folder, target)
    print(f"built in {time.monotonic() - start:.0f} s: {folder}", flush=True)
    return compare({target.name: flights(folder, target) for target in here})


def run(*words: object) -> str:
    """Run a command that has to end well; what it prints.

    Raises
    ------
    SystemExit
        With what it said, where it does not.
    """
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, words))}\n{done.stdout}{done.stderr}")
    return done.stdout


def export(folder: Path, *words: object) -> None:
    """Run farside export."""
    run(sys.executable, "-m", "farside", "export", *words)


def unpack(folder: Path, kind: str, asked: argparse.Namespace) -> None:
    """Write an FMU of the mission, and unpack it."""
    seed = ("--seed", asked.seed, "--kind", kind)
    export(folder, "fmu", "--mission", asked.mission, *seed, "--out", folder / "fmu")
    with zipfile.ZipFile(folder / "fmu" / f"{asked.mission}-{kind}.fmu") as archive:
        archive.extractall(folder / "fmu" / kind)


def description(folder: Path, kind: str) -> ElementTree.Element:
    """Return the description of an unpacked FMU, which this process has just written."""
    return ElementTree.parse(folder / "fmu" / kind / "modelDescription.xml").getroot()


def wires(folder: Path) -> str:
    """Return wires.h: the value references that belong together, by their names."""
    found = {
        kind: {
            each.attrib["name"]: each.attrib["valueReference"]
            for each in description(folder, kind).iter("ScalarVariable")
        }
        for kind in ("autopilot", "lander")
    }

    def listed(name: str, kind: str, names: Sequence[str]) -> str:
        elements = [
            f"{n}[{k + 1}]" if n in VECTORS else n for n in names for k in range(VECTORS.get(n, 1))
        ]
        numbers = ", ".join(found[kind][element] for element in elements)
        return f"static const unsigned {name}[] = {{{numbers}}};"

    lines = []
    for name, (out, into, names) in WIRES.items():
        lines += [listed(f"{name}_out", out, names), listed(f"{name}_in", into, names)]
    true = ", ".join(number for n, number in found["lander"].items() if n.startswith("true_"))
    lines.append(f"static const unsigned true_out[] = {{{true}}};")
    for name, kind in (("pilot", "autopilot"), ("lander", "lander")):
        lines.append(f"static const unsigned {name}_status = {found[kind]['status']};")
    return "\n".join(lines) + "\n"


def jobs(folder: Path, target: Target) -> list[tuple[object, ...]]:
    """Return what is to be compiled for a platform, the longest first."""
    sources = [folder / "farside.c", *sorted((folder / "fmi").glob("*.c"))]
    sources += [ROOT / "examples/c" / f"{program}.c" for program in PROGRAMS]
    sources.append(ROOT / "adapters/c/lib/fmu_host.c")
    sources.sort(key=lambda source: -source.stat().st_size)
    return [(compiled, folder, target, source) for source in sources]


def made(folder: Path, target: Target, name: str) -> Path:
    """Return where an object or a program of a platform goes."""
    return folder / "work" / target.name / name


def compiled(folder: Path, target: Target, source: Path) -> None:
    """Compile one source for a platform."""
    path = made(folder, target, f"{source.stem}.o")
    path.parent.mkdir(parents=True, exist_ok=True)
    cached = ["ccache"] if shutil.which("ccache") else []
    hidden = ["-fvisibility=hidden"] if source.parent.name == "fmi" else []
    includes = ["-I", folder, "-I", ROOT / "examples/c"]
    words = [*CROSS_FLAGS, *target.shared, *hidden, *includes, "-c", source, "-o", path]
    run(*cached, target.compiler, *words)


def link(folder: Path, target: Target) -> None:
    """Link the programs and the FMUs' libraries of a platform."""
    for program in (*PROGRAMS, "fmu_host"):
        objects = [made(folder, target, f"{program}.o")]
        objects += [] if program == "fmu_host" else [made(folder, target, "farside.o")]
        path = made(folder, target, program + target.suffix)
        run(target.compiler, *objects, *target.links, "-o", path)
    for kind, versions in setting("FMU_KINDS").items():
        for version in versions:
            parts = (kind, "instance", f"fmi{version}")
            objects = [made(folder, target, f"{part}.o") for part in parts]
            path = folder / "fmu" / target.name / f"{kind}-{version}{target.library}"
            path.parent.mkdir(parents=True, exist_ok=True)
            run(target.compiler, "-shared", "-s", *objects, *target.links, "-o", path)


def flights(folder: Path, target: Target) -> dict[str, str]:
    """Fly with every program of a platform; what each printed."""
    prefix = {"WINEPREFIX": str(folder / "work" / "wine")}
    environment = {**os.environ, **target.environment, **prefix}

    def said(program: str, *words: object) -> str:
        path = made(folder, target, program + target.suffix)
        done = subprocess.run(
            [str(word) for word in (*target.runner, path, *words)],
            capture_output=True, text=True, env=environment, timeout=LONGEST_RUN_S,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(f"{target.name}: {program} failed\n{done.stdout}{done.stderr}")
        return done.stdout

    found = {program: said(program) for program in PROGRAMS}
    kinds = ("autopilot", "lander")
    libraries = {kind: folder / "fmu" / target.name / f"{kind}-2{target.library}" for kind in kinds}
    found["FMUs"] = said("fmu_host", *models(folder, target, libraries))
    if target is NATIVE:
        own = {k: folder / "fmu" / k / "binaries/linux64" / f"farside_{k}.so" for k in kinds}
        if said("fmu_host", *models(folder, target, own)) != found["FMUs"]:
            raise SystemExit("the FMUs of the package and those of plain C fly differently")
    return found


def models(folder: Path, target: Target, libraries: dict[str, Path]) -> list[str]:
    """Return the arguments of fmu_host: each model's library, guid and resources."""
    drive = "Z:" if target.suffix == ".exe" else ""
    words = []
    for kind, library in libraries.items():
        resources = (folder / "fmu" / kind / "resources").as_posix()
        uri = f"file:///{drive}{resources}" if drive else f"file://{resources}"
        words += [f"{drive}{library}", description(folder, kind).attrib["guid"], uri]
    return words


def compare(found: dict[str, dict[str, str]]) -> int:
    """Print each platform's digests; 1 where one differs from this machine's in any letter."""
    wrong = 0
    for name, said in found.items():
        for program, text in said.items():
            same = text.split() == found[NATIVE.name][program].split()
            digest = re.search(r"digest (\w+)", text)
            digits = f"digest {digest[1]}" if digest else f"{len(text.splitlines())} lines"
            verdict = "" if same else ", not this machine's"
            print(f"{name}: {program}, {digits}{verdict}")
            wrong += not same
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
