"""The house: who may import whom, read from the import and cimport lines of every file."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

FLOORS = {
    "ext": 0,
    "mission": 1,
    "raster": 1,
    "ground": 2,
    "terrain": 2,
    "dynamics": 3,
    "sensors": 3,
    "navigation": 3,
    "guidance": 3,
    "flight": 4,
    "report": 5,
    "adapters": 5,
    "scenes": 6,
    "survey": 6,
    "campaign": 6,
    "cli": 7,
}
FLIGHT_SIDE = {"terrain", "navigation", "guidance"}
TRUTH = {"ground", "dynamics", "sensors"}

# The same wall inside ext, by kernel.
FLIGHT_KERNELS = {
    "autopilot",
    "autopilot_chain",
    "autopilot_laws",
    "autopilot_records",
    "table_check",
    "braking",
    "chain",
    "polynomial",
    "classics",
    "beyond",
    "attitude",
    "navigate",
    "onboard",
    "disc",
    "_autopilot",
    "_braking",
    "_classics",
    "_laws",
    "_points",
}
TRUTH_KERNELS = {
    "frozen",
    "ground",
    "gym_reward",
    "legs",
    "motion",
    "plant",
    "sensors",
    "thrusters",
    "vehicle",
    "_ground",
    "_ground_disc",
    "_ground_features",
    "_ground_lattice",
    "_ground_taper",
    "_ideal",
    "_lidar",
    "_plant",
    "_sensing",
}
# Drawing lives above flying; Landing.figures() is the one way up, taken when it is called.
EXCEPTIONS = {("flight/landing.py", "farside.report"): "def figures("}

SUFFIXES = {".py", ".pyi", ".pyx", ".pxd", ".pxi"}
LINE = re.compile(
    r"^[ \t]*(?:from[ \t]+(?P<source>[\w.]+)[ \t]+c?import[ \t]+(?P<names>\([^)]*\)|[^\n]*)"
    r"|c?import[ \t]+(?P<modules>[\w., \t]+))",
    re.MULTILINE,
)


def imports_of(text, package):
    """Dotted names of everything that a file of a package imports or cimports."""
    for match in LINE.finditer(text):
        if match["modules"]:
            for name in match["modules"].split(","):
                yield name.split(" as ")[0].strip()
            continue
        source = match["source"]
        if source.startswith("."):
            source = f"farside.{package}.{source.lstrip('.')}".rstrip(".")
        yield source
        names = match["names"].split("#")[0].strip("() \n\t")
        for name in names.replace("\n", " ").split(","):
            word = name.split(" as ")[0].strip()
            if re.fullmatch(r"\w+", word):
                yield f"{source}.{word}"


def kernel_side(stem):
    """Side of the wall that a module of ext stands on; None for what serves both."""
    if stem in FLIGHT_KERNELS or stem.startswith("disc") or stem.startswith("_disc"):
        return "flight"
    return "truth" if stem in TRUTH_KERNELS else None


def excepted(where, name, text):
    """Whether an import is an exception by name, and stands inside the function it is made for."""
    for (file, room), function in EXCEPTIONS.items():
        if where == file and name.startswith(room):
            return name not in imports_of(text.split(function)[0], where.split("/")[0])
    return False


def violations(root):
    """Every import in the house under root that goes up a floor or through a wall."""
    found = []
    for package, floor in FLOORS.items():
        files = sorted(p for p in (root / package).rglob("*") if p.suffix in SUFFIXES)
        for path in files:
            where = path.relative_to(root).as_posix()
            for name in dict.fromkeys(imports_of(path.read_text(), package)):
                if not name.startswith("farside."):
                    if name.split(".")[0] in FLOORS:
                        found.append(f"{where}: {name} without farside. before it")
                    continue
                parts = name.split(".")
                target = parts[1]
                if target not in FLOORS or target == package:
                    if package == "ext" and len(parts) > 2:
                        sides = kernel_side(path.stem), kernel_side(parts[2])
                        if sides == ("flight", "truth"):
                            found.append(f"{where}: {name} is on the truth side of ext")
                    continue
                if excepted(where, name, path.read_text()):
                    continue
                if FLOORS[target] >= floor:
                    found.append(f"{where}: {name} is on floor {FLOORS[target]}, not below {floor}")
                elif package in FLIGHT_SIDE and target in TRUTH:
                    found.append(f"{where}: {name} is behind the wall: the truth")
                elif package in FLIGHT_SIDE and target == "ext" and len(parts) > 2:
                    if kernel_side(parts[2]) == "truth":
                        found.append(f"{where}: {name} is behind the wall: a kernel of the truth")
    return found


def test_the_house_stands():
    assert violations(ROOT) == []


def test_every_room_is_on_a_floor():
    rooms = {
        p.name
        for p in ROOT.iterdir()
        if p.is_dir() and (p / "__init__.py").exists() and p.name not in ("tests", "benchmarks")
    }
    assert rooms <= set(FLOORS)


def test_every_kernel_of_the_truth_is_named():
    # What reaches the truth, however far, is on the truth side or is the loop itself.
    reach = {}
    for path in (ROOT / "ext").iterdir():
        if path.suffix in SUFFIXES:
            targets = {
                n.split(".")[2]
                for n in imports_of(path.read_text(), "ext")
                if n.startswith("farside.ext.")
            }
            reach.setdefault(path.stem, set()).update(targets - {path.stem})
    truth = set(TRUTH_KERNELS)
    while True:
        grown = truth | {stem for stem, targets in reach.items() if targets & truth}
        if grown == truth:
            break
        truth = grown
    # The FMU of the lander holds truth and navigation, as the loop does; the environment for
    # learners steers the truth by the attitude loop.
    assert truth - TRUTH_KERNELS <= {"_flight", "_fmu", "lander", "gym", "_gym"}


PLANTED = {
    "going up": ("mission/a.py", "from farside.flight import land"),
    "the same floor": ("raster/a.py", "import farside.mission"),
    "two on one line": ("mission/a.py", "import numpy, farside.terrain"),
    "inside a function": ("terrain/a.py", "def f():\n    from farside.report import page"),
    "the wall": ("guidance/a.py", "from farside.ground import Ground"),
    "the wall by package": ("navigation/a.py", "from farside import sensors"),
    "the wall into ext": ("terrain/a.py", "from farside.ext.ground._ground import GroundModel"),
    "behind the wall by name": ("guidance/a.py", "from farside.ext import _plant"),
    "ext imports ours": ("ext/a.pyx", "from farside.mission cimport moon"),
    "a kernel's wall": (
        "ext/navigation/filter.pxd",
        "from farside.ext.ground.rays cimport (\n    Ground,\n)",
    ),
    "a kernel's wall, bare": (
        "ext/guidance/autopilot/_autopilot.pyx",
        "cimport farside.ext.dynamics.plant",
    ),
    "relative": ("ext/guidance/laws/braking.pxd", "from .sensors cimport sense"),
    "relative, bare": ("ext/guidance/laws/braking.pxd", "from . cimport sensors"),
    "shadowed": ("flight/a.py", "from guidance import Autopilot"),
    "not Landing.figures": ("flight/other.py", "from farside.report import figures"),
    "not from the top": (
        "flight/landing.py",
        "from farside.report import figures\n\n\ndef figures():\n    pass",
    ),
    "not the report alone": ("flight/landing.py", "from farside.cli import run"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_violation_is_found(tmp_path, name):
    where, text = PLANTED[name]
    for package in FLOORS:
        (tmp_path / package).mkdir()
    (tmp_path / where).write_text(f'"""A room."""\n\n{text}\n')
    assert len({line.split(":")[0] for line in violations(tmp_path)}) == 1


def test_what_is_allowed_is_allowed(tmp_path):
    for package in FLOORS:
        (tmp_path / package).mkdir()
    (tmp_path / "cli" / "a.py").write_text("from farside.flight import land\nimport typer\n")
    (tmp_path / "ext" / "_flight.pyx").write_text(
        "from farside.ext.dynamics.plant cimport plant_tick\n"
        "from farside.ext.guidance.autopilot.tick cimport (\n    x,\n)\n"
    )
    (tmp_path / "flight" / "landing.py").write_text(
        "def figures():\n    from farside.report import figures\n"
    )
    (tmp_path / "ground" / "a.py").write_text("from farside.raster import read\nfrom . import b\n")
    assert violations(tmp_path) == []
