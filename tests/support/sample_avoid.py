"""libfarside's hazard avoidance as a C host holds it, and the Python package's on the same scan."""

import ctypes
import dataclasses

import numpy as np
from c_library import STRICT, run

from farside.adapters.c.avoid import avoid_c
from farside.avoidance.choice import (
    RULES,
    Criteria,
    ScannedGround,
    clearance_margin_of,
    sort_by_margin,
)
from farside.mission import load_mission
from farside.terrain import ElevationMap, LanderFootprint, Sensing
from farside.terrain.assessment import Workspace

MISSION = load_mission("chang-e-6")
CELLS = 144  # 14.4 m: small and quick
OK, LEAST_BAD, BAD_CONFIG, NOT_STARTED, BAD_SCAN = range(5)
NO_RETURN, BAD_HEIGHT, TOO_COARSE, BELOW_GROUND = range(5, 9)

F64, I32, I64 = ctypes.c_double, ctypes.c_int32, ctypes.c_int64
SITE_NUMBERS = (
    "east_m", "north_m", "height_m", "slope_deg", "roughness_m", "clearance_m", "score", "cost",
    "exceedance", "probability", "bound", "heading_deg",
)  # fmt: skip
MAPS = ("heights", "slope_deg", "roughness_m", "clearance_m", "probability", "reasons")


class Scan(ctypes.Structure):
    _fields_ = [
        ("points", ctypes.c_void_p), ("count", I64), ("sensor", F64 * 3), ("sigma_m", F64),
        ("spacing_m", F64), ("cost_kg", ctypes.c_void_p), ("cost_scale_kg", F64),
        ("ground_m", F64), ("ground_sigma_m", F64),
    ]  # fmt: skip


class Site(ctypes.Structure):
    _fields_ = [*((name, F64) for name in SITE_NUMBERS), ("reasons", I32), ("least_bad", I32)]


class Map(ctypes.Structure):
    _fields_ = [
        *((name, I32) for name in ("status", "count", "rows", "cols")),
        *((name, F64) for name in ("east_m", "north_m", "cell_m", "level_m", "spacing_m")),
        ("lowered_m", F64),
        ("ground_m", F64),
        ("sites", Site * 5),
        *((name, ctypes.c_void_p) for name in MAPS),
    ]


class Memory(ctypes.Structure):
    _fields_ = [("scans", I32), ("held", I32), ("seen_from", F64 * 2 * 32), ("best", Site)]


class Now(ctypes.Structure):
    _fields_ = [("r_site", F64 * 3), ("mass_kg", F64), ("hovered_s", F64)]


class Decision(ctypes.Structure):
    _fields_ = [
        ("action", I32), ("reason", I32), ("aim", F64 * 3), ("heading_rad", F64),
        ("divert_m", F64), ("site", Site),
    ]  # fmt: skip


STRUCTS = {
    "scan": Scan, "site": Site, "map": Map, "memory": Memory, "now": Now, "decision": Decision,
}  # fmt: skip


def with_hazards(**changes):
    return dataclasses.replace(MISSION, hazards=dataclasses.replace(MISSION.hazards, **changes))


def compiled_config(built, mission, name):
    """Return a mission's configuration as C has it: written, compiled and loaded."""
    source, made = built / f"{name}.c", built / f"{name}.so"
    sizes = "\n".join(
        f"const unsigned long size_of_{short} = sizeof(farside_avoid_{short});" for short in STRUCTS
    )
    source.write_text(
        f'#include "farside.h"\n{avoid_c(mission, header=False)}\n{sizes}\n'
        "const unsigned long size_of_config = sizeof(farside_avoid_config);\n"
    )
    run("gcc", "-std=c99", *STRICT, "-shared", "-fPIC", "-I", built, source, "-o", made)
    return ctypes.CDLL(str(made))


class Avoidance:
    """The library's hazard avoidance, held as a C host holds it."""

    def __init__(self, lib, loaded):
        self.lib, self.loaded = lib, loaded
        self.config = ctypes.addressof(ctypes.c_char.in_dll(loaded, "mission_avoid"))
        self.size = lib.farside_avoid_workspace_size(self.config)
        # words behind it that nothing may write to
        self.room = np.zeros(self.size // 8 + 64, np.uint64)
        self.room[self.size // 8 :] = 0x5A5A5A5A5A5A5A5A
        assert lib.farside_avoid_check(self.config) == OK
        assert lib.farside_avoid_start(self.config, self.room.ctypes.data, self.size) == OK

    def scan(self, made, *, spacing_m=-1.0, cost=None, scale=0.0, ground=(0.0, 0.0)):
        """Return the status and the map of a scan; `ground` is what is known beneath, and sigma."""
        self.points = np.ascontiguousarray(made.points, np.float64)
        self.cost = None if cost is None else np.ascontiguousarray(cost, np.float32)
        self.given = Scan(
            self.points.ctypes.data, len(self.points), made.sensor, made.sigma_m, spacing_m,
            None if cost is None else self.cost.ctypes.data, scale, *ground,
        )  # fmt: skip
        out = Map()
        status = self.lib.farside_avoid_map_scan(
            self.room.ctypes.data, ctypes.byref(self.given), ctypes.byref(out)
        )
        assert status == out.status
        assert (self.room[self.size // 8 :] == 0x5A5A5A5A5A5A5A5A).all()
        return status, out

    def decide(self, memory, out, now):
        decision = Decision()
        answer = self.lib.farside_avoid_decide(
            self.room.ctypes.data, ctypes.byref(memory), ctypes.byref(self.given),
            ctypes.byref(out), ctypes.byref(now), ctypes.byref(decision),
        )  # fmt: skip
        assert answer == OK
        return decision


def maps_of(out):
    """Return copies of what a map points at, by name."""
    found = {}
    for name in MAPS:
        kind = ctypes.c_uint16 if name == "reasons" else ctypes.c_float
        pointer = ctypes.cast(getattr(out, name), ctypes.POINTER(kind))
        if pointer:
            found[name] = np.ctypeslib.as_array(pointer, (out.rows, out.cols)).copy()
    return found


def by_python(mission, made, *, spacing_m=None, price=None):
    """Return what the Python package makes of a scan: the map and its sites."""
    hazards, lander = mission.hazards, LanderFootprint.landed(mission)
    shape, cell = (hazards.map_cells, hazards.map_cells), hazards.cell_m
    elevation = ElevationMap.from_points(
        made.points,
        cell,
        shape=shape,
        east_m=made.sensor[0] - 0.5 * (shape[1] - 1) * cell,
        north_m=made.sensor[1] - 0.5 * (shape[0] - 1) * cell,
    )
    if spacing_m is None:
        height_m = made.sensor[2] - float(np.nanmedian(elevation.heights))
        spacing_m = mission.sensors.lidar.spacing_m(height_m)
    seen, sites = RULES[hazards.stand](
        ScannedGround(
            elevation,
            Sensing(made.sigma_m, spacing_m, made.sensor),
            made.sensor,
            Workspace(shape, (cell, cell), lander),
            Criteria.of(mission),
            price,
        )
    )
    accept = mission.avoidance.accept_probability
    return seen, sort_by_margin(sites, clearance_margin_of(mission), accept), spacing_m


@dataclasses.dataclass
class GivenPrice:
    """A cost map in the place of a divert map's."""

    cost_kg: np.ndarray
    cost_scale_kg: float

    @property
    def has_unreachable(self):
        return not np.isfinite(self.cost_kg).all()


def numbers(site):
    return np.array([getattr(site, name) for name in SITE_NUMBERS], np.float64).tobytes()


def python_numbers(site):
    return np.array([float(getattr(site, name)) for name in SITE_NUMBERS], np.float64)


def compare(ours, mission, made, *, spacing_m=None, price=None):
    """Demand the same bits of the library and of the package; return what was found."""
    given = {} if spacing_m is None else {"spacing_m": spacing_m}
    if price is not None:
        given |= {"cost": price.cost_kg, "scale": price.cost_scale_kg}
    status, out = ours.scan(made, **given)
    seen, sites, spacing_m = by_python(mission, made, spacing_m=spacing_m, price=price)
    assert status == (LEAST_BAD if sites[0].least_bad else OK)
    assert out.spacing_m == spacing_m
    assert out.count == len(sites)
    for site, expected in zip(out.sites, sites, strict=False):
        np.testing.assert_array_equal(
            np.frombuffer(numbers(site)), python_numbers(expected), str(expected)
        )
        assert site.reasons == int(expected.reasons) and site.least_bad == expected.least_bad
    maps = maps_of(out)
    for name, array in maps.items():
        wanted = seen.elevation.heights if name == "heights" else getattr(seen, name)
        np.testing.assert_array_equal(array, wanted, name)
    assert ("probability" in maps) == hasattr(seen, "probability")
    return sites, seen


def returns_of(mission):
    return int(1.3 * mission.hazards.map_cells**2)
