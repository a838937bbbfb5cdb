"""Write FMUs: a library that was built with farside, a mission's numbers, and their description."""

from __future__ import annotations

import hashlib
import math
import platform
import struct
import sys
import zipfile
import zlib
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from farside.adapters.avoidance_config import config_bytes, unfit
from farside.adapters.fmi.description import Model, description
from farside.adapters.fmi.fault_parameters import fault_parameters
from farside.adapters.fmi.ground import places_asked, terrain_snapshot
from farside.adapters.fmi.parameters import FIRST, parameters_of
from farside.adapters.fmi.variables import VARIABLES, Kind, Variable, arrays
from farside.adapters.navigation_config import planned_navigator
from farside.dynamics import PlantModel
from farside.ext.adapters._fmu import autopilot_block, lander_block
from farside.ext.common.errors import FarsideError
from farside.ext.common.version import version
from farside.flight.assembly import assemble_lander, plant_at_start
from farside.flight.faults import drawn_faults
from farside.flight.inputs import drawn_inputs, mission_of, nominal_inputs
from farside.flight.keys import flight_key
from farside.flight.wiring import wire
from farside.ground import Ground
from farside.guidance import Autopilot, BrakingPlan
from farside.mission import Mission
from farside.mission.faults import Fault, with_faults
from farside.mission.integers import seed_number, whole_number
from farside.mission.writing import cannot_write, write_whole
from farside.terrain import FootprintError

#: What an FMU can be.
KINDS: tuple[Kind, ...] = ("autopilot", "lander", "avoidance", "navigation")
#: The head of resources/model.bin (c/instance.c): mark, version, kind, bytes, CRC-32, number of
#: parameters, token.
HEAD = struct.Struct("<8sIIQII40s")
HEAD_VERSION = 3
HEAD_KIND = {"autopilot": 1, "lander": 2, "avoidance": 3, "navigation": 4}
#: What FMI calls the machines: in version 2.0, in version 3.0.
PLATFORMS = {"x86_64": ("linux64", "x86_64-linux"), "aarch64": ("aarch64-linux",) * 2}
LIBRARIES = Path(__file__).resolve().parent
#: The same export gives the same bytes on any day.
STAMP = (1980, 1, 1, 0, 0, 0)


class FmuError(FarsideError):
    """An FMU cannot be made; one line that says why."""


def fmu_name(mission: Mission, kind: Kind) -> str:
    """Return the file name of an FMU.

    Parameters
    ----------
    mission : Mission
        That it flies.
    kind : {"autopilot", "lander", "avoidance", "navigation"}
        What it is.

    Returns
    -------
    str
        In the folder given to `export_fmu`.

    Examples
    --------
    >>> from farside.adapters.fmi import fmu_name
    >>> from farside.mission import load_mission
    >>> fmu_name(load_mission("chang-e-6"), "lander")
    'chang-e-6-lander.fmu'
    """
    return f"{mission.name}-{kind}.fmu"


def export_fmu(
    mission: Mission,
    folder: str | Path,
    *,
    kind: Kind,
    fmi: int = 2,
    seed: int = 0,
    nominal: bool = False,
    flat: bool = False,
    faults: Sequence[Fault | str] | None = (),
) -> Path:
    """Write an FMU for co-simulation, steps of 10 ms.

    Parameters
    ----------
    mission : Mission
        From `farside.mission.load_mission`.
    folder : path
        Where to; made if it is not there.
    kind : {"autopilot", "lander", "avoidance", "navigation"}
        The lander is the truth over the surveyed ground, its sensors and its navigation. Hazard
        avoidance needs arrays, and so FMI 3.
    fmi : int
        Version of the standard, 2 or 3.
    seed, nominal
        As in `farside.flight.land`. The autopilot takes the site's elevation from them, and the
        keys that the mission disperses; else it is the same for all over flat ground.
    flat : bool
        An exact sphere through the mission's site instead of the surveyed ground.
    faults : sequence of Fault or str
        What fails of the lander, beside the mission's own faults: as in `farside.flight.land`. Each
        is a set of parameters, such as `faults[1].enabled` (docs/integrate/fmi.md).

    Returns
    -------
    Path

    Raises
    ------
    FmuError
        Where no library was built (FMUs are Linux's), the folder cannot be written to, or hazard
        avoidance is asked for with FMI 2 or for a mission without a lidar; for a fault of what the
        lander's FMU does not hold.
    BrakingError
        When no flight reaches the mission's first gate.
    MissionError
        When dispersed keys break a rule together at this seed, or a fault cannot be read or can
        never happen.

    References
    ----------
    .. [1] Modelica Association, "Functional Mock-up Interface Specification", versions 2.0.4
       and 3.0.1, 2022.

    Examples
    --------
    >>> import zipfile
    >>> from farside.adapters.fmi import export_fmu
    >>> from farside.mission import load_mission
    >>> fmu = export_fmu(load_mission("chang-e-6"), "fmu", kind="autopilot", fmi=3, flat=True)
    >>> sorted(zipfile.ZipFile(fmu).namelist())[1:]
    ['modelDescription.xml', 'resources/model.bin']
    """
    if kind not in KINDS:
        raise FmuError(f"an FMU is one of {', '.join(KINDS)}, not {kind!r}")
    mission = with_faults(mission, faults)
    check_faults(mission, kind, asked=bool(faults))
    try:
        fmi, seed = whole_number("fmi", fmi, 2, 3), seed_number(seed)
    except ValueError as why:
        raise FmuError(str(why)) from None
    if kind == "avoidance":
        check_avoidance(mission, fmi)
    library = LIBRARIES / f"{kind}-{fmi}.so"
    machine = platform.machine()
    if sys.platform != "linux" or machine not in PLATFORMS or not library.is_file():
        raise FmuError(
            f"no FMU library for {sys.platform} {machine} in this farside: FMUs are built on Linux"
        )
    if not nominal:  # keys that are dispersed have one value in lander and autopilot, as in flight
        mission = mission_of(mission, drawn_inputs(mission, seed, 0))
    constants, starts, stop_s = contents(mission, kind, seed, nominal, flat)
    parameters = parameters_of(mission, kind, nominal=nominal)
    if kind == "lander":
        parameters += fault_parameters(
            mission, happening(mission, seed, nominal), FIRST + len(parameters)
        )
    entries = [entry for each in parameters for entry in each.entries()]
    block = b"".join(entries) + constants
    starts |= {each.variable.name: [each.value] for each in parameters}
    variables = [*variables_of(mission, kind), *(each.variable for each in parameters)]
    code = library.read_bytes()
    title = title_of(mission, kind, "nominal" if nominal else f"seed {seed}", flat)
    model = Model(kind, title, variables, starts, stop_s, f"farside {version()}")
    digest = hashlib.sha256(b"\0".join([code, block, description(fmi, model, "")])).hexdigest()
    token = f"{{{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}}}"
    where = PLATFORMS[machine][fmi - 2]
    files = {
        "modelDescription.xml": description(fmi, model, token),
        f"binaries/{where}/farside_{kind}.so": code,
        "resources/model.bin": sealed(kind, block, len(entries), token),
    }
    path = Path(folder) / fmu_name(mission, kind)
    try:
        write_whole(path, zipped(files))
    except OSError as why:
        raise FmuError(cannot_write(path, why)) from None
    return path


def check_avoidance(mission: Mission, fmi: int) -> None:
    """Refuse an FMU of hazard avoidance that cannot be made."""
    if fmi == 2:
        raise FmuError("an FMU of hazard avoidance needs fmi 3: FMI 2 has no arrays for its points")
    if unfit(mission):
        raise FmuError(f"no FMU of hazard avoidance: {unfit(mission)}")


def happening(mission: Mission, seed: int, nominal: bool) -> tuple[int, ...]:
    """Return the faults that happen to a lander, as those of run 0 in flight."""
    return drawn_faults(mission, flight_key(seed, 0), nominal=nominal)


def sealed(kind: Kind, block: bytes, entries: int, token: str) -> bytes:
    """Return the constants behind their head."""
    mark = (b"FARSIDE", HEAD_VERSION, HEAD_KIND[kind], len(block), zlib.crc32(block))
    return HEAD.pack(*mark, entries, token.encode()) + block


def check_faults(mission: Mission, kind: Kind, *, asked: bool) -> None:
    """Refuse faults that an FMU cannot have.

    Raises
    ------
    FmuError
        For faults asked of another FMU than the lander's, or of what that one does not hold.
    """
    if kind != "lander":
        if asked:
            raise FmuError(f"faults are the lander's; an FMU of kind {kind} takes none")
        return
    for fault in mission.faults:
        if fault.unit_name in ("computer", "lidar", "camera"):
            raise FmuError(
                f"fault {str(fault)!r}: the lander's FMU has no {fault.unit_name}; leave it out"
            )


def title_of(mission: Mission, kind: Kind, who: str, flat: bool) -> str:
    """Return what an FMU is called in its description."""
    title = f"{mission.title}, flat ground" if flat and kind != "avoidance" else mission.title
    return f"{title}, {who}" if kind == "lander" else title


def zipped(files: dict[str, bytes]) -> bytes:
    """Pack files into a zip that holds no date."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, STAMP)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (0o755 if name.endswith((".so", ".dll")) else 0o644) << 16
            archive.writestr(info, data)
    return out.getvalue()


def variables_of(mission: Mission, kind: Kind) -> list[Variable]:
    """Return inputs and outputs of an FMU; the arrays of hazard avoidance are the mission's."""
    if kind != "avoidance":
        return VARIABLES[kind]
    return [*VARIABLES[kind], *arrays(scan_points(mission), mission.hazards.map_cells)]


def scan_points(mission: Mission) -> int:
    """Return the points of a scan of the mission's lidar."""
    lidar = mission.sensors.lidar
    return math.prod(lidar.returns) if lidar is not None else 0


def avoidance_contents(mission: Mission) -> tuple[bytes, dict[str, Any], float]:
    """Return constants, start values and the time of hazard avoidance: a hover's."""
    try:
        config, tables = config_bytes(mission)
    except FootprintError:
        raise FmuError(
            "no FMU of hazard avoidance: the cells of the map are too large for the lander"
        ) from None
    lidar = mission.sensors.lidar
    sigma_m = lidar.image_sigma_m if lidar is not None else 0.0
    points = scan_points(mission)
    tail = struct.pack("<qd", points, sigma_m) + tables.whole.tobytes() + tables.real.tobytes()
    starts = {"sigma": [sigma_m], "count": [points], "points": [math.nan]}
    return config + tail, starts, mission.hazards.hover_limit_s


def navigation_contents(mission: Mission, flat: bool) -> tuple[bytes, dict[str, Any], float]:
    """Return constants, start values and the time of a navigator: a descent's."""
    plan = Autopilot(mission).plan
    table, first = planned_navigator(mission, plan, flat=flat)
    state = ("r_site", "v_site", "q_site_body", "omega_body")
    numbers = [*(first[name] for name in state), [first["mass_kg"]], np.ravel(first["P"])]
    tables = b"".join(values.tobytes() for values in table.tables)
    starts = {f"start_{name}": [float(x) for x in first[name]] for name in state}
    starts["start_mass"] = [first["mass_kg"]]
    starts |= {"fix_axis": [1.0, 0.0], "map_tick": [-1]}
    block = table.block + np.concatenate(numbers).astype(np.float64).tobytes() + tables
    return block, starts, descent_s(plan)


def descent_s(plan: BrakingPlan) -> float:
    """Return a time in which a descent is over [s]."""
    return round(1.25 * float(plan.unknowns[5]) + 300.0, 0)


def contents(
    mission: Mission, kind: Kind, seed: int, nominal: bool, flat: bool
) -> tuple[bytes, dict[str, Any], float]:
    """Return constants, start values of the inputs, and the time of a flight [s].

    Autopilot and lander are assembled as `farside.flight.wiring.wire` does it. A lander over
    surveyed ground is flown once, to learn where it needs ground at 0.1 m.
    """
    if kind == "avoidance":
        return avoidance_contents(mission)
    if kind == "navigation":
        return navigation_contents(mission, flat)
    # The autopilot's inputs start where the mission plans to, whatever the lander's seed.
    as_planned = nominal or kind == "autopilot"
    inputs = nominal_inputs(mission) if as_planned else drawn_inputs(mission, seed, 0)
    mission = mission_of(mission, inputs)
    snapshot = None
    if kind == "lander" and not flat:
        flight = wire(mission, seed=seed, nominal=nominal, dems=(), imaging=False)
        flight.loop.timed = False
        ground = flight.ground
        snapshot = terrain_snapshot(ground, places_asked(flight))
        # as before a flight
        snapshot["grids"]["site"].set_in(ground.model, "patch")
    else:
        ground = Ground(mission, seed=seed, flat=flat)
    autopilot = Autopilot(mission, ground.radius_m)
    key = flight_key(seed, 0)
    built = plant_at_start(
        mission, ground, autopilot.plan, inputs, noise_key=None if nominal else key
    )
    stop_s = descent_s(autopilot.plan)
    if kind == "autopilot":
        block = autopilot_block(autopilot.core, built.plant)
        return block, start_values(mission, built.plant), stop_s
    lander = assemble_lander(
        mission,
        ground,
        autopilot,
        built,
        key=key,
        inputs=None if nominal else inputs,
        faults=happening(mission, seed, nominal),
    )
    return lander_block(lander, ground.model, snapshot), {}, stop_s


def start_values(mission: Mission, plant: PlantModel) -> dict[str, Any]:
    """Return the start values of the autopilot's inputs: the state at the start of a flight."""
    began = plant.plant["state"]
    starts = {name: list(began[name]) for name in ("r_site", "v_site", "omega_body", "q_site_body")}
    return starts | {
        "mass": [began["mass_kg"]],
        "target_heading": [math.radians(mission.guidance.heading_deg)],
        "target_final": [1.0],
    }
