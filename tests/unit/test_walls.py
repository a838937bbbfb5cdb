"""Walls between the folders, read off the path of every file: who may import and cimport whom.

No file is named here. A folder that is not on a floor fails.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

#: A package imports only from itself and from lower floors.
FLOORS = {
    "ext": 0,
    "mission": 1,
    "raster": 1,
    "ground": 2,
    "terrain": 2,
    "vision": 2,
    "navigation": 2,
    "dynamics": 3,
    "sensors": 3,
    "guidance": 3,
    "avoidance": 4,
    "flight": 5,
    "report": 6,
    "adapters": 6,
    "scenes": 7,
    "survey": 7,
    "campaign": 7,
    "cli": 8,
}
#: The wings of ext, by the same rule.
WINGS = {
    "common": 0,
    "navigation": 2,
    "terrain": 1,
    "vision": 1,
    "ground": 1,
    "guidance.records": 1,
    "guidance.laws": 2,
    "guidance.optimal": 2,
    "guidance.constrained": 3,
    "guidance.ascent": 3,
    "guidance.divert": 3,
    "guidance.autopilot": 4,
    "avoidance": 4,
    "dynamics": 2,
    "sensors": 2,
    "faults": 3,
    "loop": 5,
    "adapters": 6,
}
FLIGHT_SIDE = {"terrain", "vision", "navigation", "guidance", "avoidance"}
TRUTH = {"ground", "dynamics", "sensors", "faults"}
#: Kernels that a package may take beside those of ext.common and of its own wing.
OTHER_WING = {"flight": "loop"}
#: Folders of an adapter whose sources become C without Python: they stand where ext.adapters does.
C_HALVES = {"c", "lib"}
NOT_PACKAGES = {"tests", "benchmarks", "studies", "examples", "docs", "build", "dist"}

SUFFIXES = {".py", ".pyi", ".pyx", ".pxd", ".pxi"}
LINE = re.compile(
    r"^[ \t]*(?:from[ \t]+(?P<source>[\w.]+)[ \t]+c?import[ \t]+(?P<names>\([^)]*\)|[^\n]*)"
    r"|c?import[ \t]+(?P<modules>[\w., \t]+))|^[ \t]*include[ \t]+\"(?P<file>[^\"]+)\"",
    re.MULTILINE,
)


def imports_of(text, folder):
    """Yield the dotted names of what a file imports, cimports and includes.

    `folder` holds the parts of the file's own folder, for relative names.
    """
    for match in LINE.finditer(text):
        if match["file"]:
            if "/" in match["file"]:
                yield match["file"].rpartition(".")[0].replace("/", ".")
            continue
        if match["modules"]:
            for name in match["modules"].split(","):
                yield name.split(" as ")[0].strip()
            continue
        source = match["source"]
        if source.startswith("."):
            up = len(source) - len(source.lstrip(".")) - 1
            base = folder[: len(folder) - up]
            source = ".".join(filter(None, ("farside", *base, source.lstrip("."))))
        names = match["names"].split("#")[0].strip("() \n\t")
        for name in names.replace("\n", " ").split(","):
            word = name.split(" as ")[0].strip()
            yield f"{source}.{word}" if re.fullmatch(r"\w+", word) else source


def wing_of(parts):
    """Return the wing of ext that a path or dotted name below ext lies in, or None."""
    for length in (2, 1):
        name = ".".join(parts[:length])
        if name in WINGS:
            return name
    return None


def side_of(package):
    """Return the side of the wall that a package or wing stands on, or None for neither."""
    name = package.split(".")[0]
    return "flight" if name in FLIGHT_SIDE else "truth" if name in TRUTH else None


def fault_between_wings(here, there):
    """Return what is wrong with an import from one wing of ext by another, or nothing."""
    if here == there:
        return ""
    if WINGS[there] >= WINGS[here]:
        return f"is on floor {WINGS[there]} of ext, not below {WINGS[here]}"
    if {side_of(here), side_of(there)} == {"flight", "truth"}:
        return "is behind the wall inside ext"
    return ""


def fault_of_package(package, parts):
    """Return what is wrong with an import by a package, or nothing."""
    target = parts[0]
    if target == "ext":
        wing = wing_of(parts[1:])
        own = {package, OTHER_WING.get(package, package)}
        if wing is None and len(parts) == 1:
            return "names no wing"
        if wing is None:
            return f"is in no wing of ext: {parts[1]}"
        if wing == "common" or wing.split(".")[0] in own:
            return ""
        return f"is a kernel of {wing}, which {package} does not take"
    if FLOORS[target] >= FLOORS[package]:
        return f"is on floor {FLOORS[target]}, not below {FLOORS[package]}"
    if {side_of(package), side_of(target)} == {"flight", "truth"}:
        return "is behind the wall"
    return ""


def fault(path, name):
    """Return what is wrong with one import of the file at a path, or nothing."""
    here, parts = path.parts, name.split(".")
    if parts[0] != "farside":
        return "has no farside. before it" if parts[0] in FLOORS else ""
    parts = parts[1:]
    if not parts or (parts[0] not in FLOORS and len(parts) == 1):
        return ""
    if parts[0] not in FLOORS:
        return f"is on no floor: {parts[0]}"
    if here[0] == "ext":
        if parts[0] != "ext":
            return "leaves ext"
        wing, target = wing_of(here[1:-1]), wing_of(parts[1:])
        if wing is None or target is None:
            return "is in no wing of ext"
        return fault_between_wings(wing, target)
    if here[0] == "adapters" and C_HALVES & set(here[2:-1]) and parts[0] == "ext":
        target = wing_of(parts[1:])
        return "is in no wing of ext" if target is None else ""
    if parts[0] == here[0]:
        apart = here[0] == "adapters" and len(here) > 2 and len(parts) > 1
        if apart and (parts[1] != here[1]) and (ROOT / "adapters" / parts[1]).is_dir():
            return "is another adapter"
        return ""
    return fault_of_package(here[0], parts)


def violations(root):
    """Return a line for every folder without a floor and every import through a wall."""
    found = []
    for folder in sorted(p for p in root.iterdir() if p.is_dir() and not p.name.startswith(".")):
        if folder.name in NOT_PACKAGES or folder.name.endswith(".egg-info"):
            continue
        files = sorted(p for p in folder.rglob("*") if p.suffix in SUFFIXES)
        if files and folder.name not in FLOORS:
            found.append(f"{folder.name}: this folder is on no floor")
            continue
        for path in files:
            where = path.relative_to(root)
            if where.parts[0] == "ext" and len(where.parts) > 2 and not wing_of(where.parts[1:-1]):
                if where.name != "__init__.py":
                    found.append(f"{where}: this folder is no wing of ext")
                    continue
            for name in dict.fromkeys(imports_of(path.read_text(), where.parts[:-1])):
                wrong = fault(where, name)
                if wrong:
                    found.append(f"{where}: {name} {wrong}")
    return found


def test_no_import_goes_up_or_through_a_wall():
    assert violations(ROOT) == []


def test_no_package_imports_another_in_a_circle():
    # Floors forbid it between packages and wings; the same floor would, too.
    assert all(isinstance(floor, int) for floor in (*FLOORS.values(), *WINGS.values()))
    assert not any(
        fault_between_wings(a, b) == fault_between_wings(b, a) == ""
        for a in WINGS
        for b in WINGS
        if a != b
    )


PLANTED = {
    "going up": ("mission/a.py", "from farside.flight import land"),
    "the same floor": ("raster/a.py", "import farside.mission"),
    "two on one line": ("mission/a.py", "import numpy, farside.terrain"),
    "inside a function": ("terrain/a.py", "def f():\n    from farside.report import page"),
    "the wall": ("guidance/a.py", "from farside.ground import Ground"),
    "the wall, from the truth": ("sensors/a.py", "from farside.terrain import ElevationMap"),
    "the wall by package": ("navigation/a.py", "from farside import sensors"),
    "the wall into ext": ("terrain/a.py", "from farside.ext.ground._ground import GroundModel"),
    "another's wing": ("survey/a.py", "from farside.ext.terrain import _points"),
    "no wing at all": ("guidance/a.py", "from farside.ext import _plant"),
    "ext imports ours": ("ext/guidance/laws/a.pyx", "from farside.mission cimport moon"),
    "a wing's wall": (
        "ext/navigation/a.pxd",
        "from farside.ext.ground.rays cimport (\n    Ground,\n)",
    ),
    "a wing's wall, bare": ("ext/guidance/autopilot/a.pyx", "cimport farside.ext.dynamics.plant"),
    "a wing's wall, from the truth": (
        "ext/sensors/a.pxd",
        "from farside.ext.guidance.laws.attitude cimport follow",
    ),
    "a wing's wall by include": ("ext/terrain/a.pxi", 'include "farside/ext/ground/arcs.pxi"'),
    "up inside ext": ("ext/guidance/laws/a.pxd", "from farside.ext.navigation.filter cimport x"),
    "up inside guidance": ("ext/guidance/optimal/a.pxd", "from ..autopilot.tick cimport tick"),
    "relative": ("ext/guidance/laws/a.pxd", "from ...sensors.sensors cimport sense"),
    "relative, bare": ("ext/guidance/laws/a.pxd", "from ... cimport sensors"),
    "shadowed": ("flight/a.py", "from guidance import Autopilot"),
    "another adapter": ("adapters/udp/a.py", "from farside.adapters.fmi import export_fmu"),
    "drawing from the flight": ("flight/landing.py", "from farside.report import figures"),
    "a folder on no floor": ("engine/a.py", "import math"),
    "a package on no floor": ("cli/a.py", "from farside.engine.a import b"),
    "a folder that is no wing": ("ext/engine/a.pxd", "from libc.math cimport sqrt"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_violation_is_found(tmp_path, name):
    where, text = PLANTED[name]
    (tmp_path / where).parent.mkdir(parents=True)
    (tmp_path / where).write_text(f'"""A file."""\n\n{text}\n')
    assert len({line.split(":")[0] for line in violations(tmp_path)}) == 1


ALLOWED = {
    "cli/a.py": "from farside.flight import land\nimport typer",
    "ext/loop/_flight.pyx": "from farside.ext.dynamics.plant cimport plant_tick\n"
    "from farside.ext.guidance.autopilot.tick cimport (\n    x,\n)",
    "flight/a.py": "from farside.ext.loop._flight import ClosedLoop",
    "guidance/a.py": "from farside.ext.guidance.laws import _braking",
    "ground/a.py": "from farside.raster import read\nfrom . import b",
    "adapters/fmi/c/a.pyx": "from farside.ext.loop.lander cimport lander_step",
    "ext/guidance/divert/a.pxi": 'include "farside/ext/guidance/optimal/extremal.pxi"',
}


@pytest.mark.parametrize("where", ALLOWED)
def test_what_is_allowed_is_allowed(tmp_path, where):
    (tmp_path / where).parent.mkdir(parents=True)
    (tmp_path / where).write_text(f'"""A file."""\n\n{ALLOWED[where]}\n')
    assert violations(tmp_path) == []
