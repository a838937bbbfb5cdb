"""Write FMUs: a library that was built with farside, a mission's numbers, and their description."""

from __future__ import annotations

import hashlib
import math
import platform
import struct
import sys
import zipfile
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

from farside.adapters.fmi.description import description
from farside.adapters.fmi.ground import frozen_ground, places_asked
from farside.adapters.fmi.variables import VARIABLES, Kind
from farside.dynamics import PlantModel, build_vehicle
from farside.dynamics.moon import moon_numbers
from farside.ext.adapters._fmu import autopilot_block, lander_block
from farside.ext.common.errors import FarsideError
from farside.flight.inputs import drawn_inputs, nominal_inputs
from farside.flight.start import start
from farside.flight.wiring import onboard_map, wire
from farside.ground import Ground
from farside.guidance import Autopilot
from farside.mission import FlightConfig, Mission, SiteFrame
from farside.mission.integers import seed_key, seed_number, whole_number
from farside.mission.writing import cannot_write, write_whole
from farside.navigation import initial_estimate, navigator_setup
from farside.sensors import sensor_setup

KINDS: tuple[Kind, ...] = ("autopilot", "lander")
#: The head of resources/model.bin (c/instance.c): mark, version, kind, bytes, CRC-32, token.
HEAD = struct.Struct("<8sIIQII40s")
HEAD_VERSION = 2
HEAD_KIND = {"autopilot": 1, "lander": 2}
#: What FMI calls the machines: in version 2.0, in version 3.0.
PLATFORMS = {"x86_64": ("linux64", "x86_64-linux"), "aarch64": ("aarch64-linux",) * 2}
LIBRARIES = Path(__file__).resolve().parent
#: The same export gives the same bytes on any day.
STAMP = (1980, 1, 1, 0, 0, 0)


class FmuError(FarsideError):
    """An FMU cannot be made; one line that says why."""


def fmu_name(mission: Mission, kind: Kind) -> str:
    """Return the file name of an FMU.

    Returns
    -------
    str
        Such as chang-e-6-lander.fmu.
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
) -> Path:
    """Write an FMU for co-simulation, steps of 10 ms.

    Parameters
    ----------
    mission : Mission
        From `farside.mission.load_mission`.
    folder : path
        Where to; made if it is not there.
    kind : {"autopilot", "lander"}
        The lander is the truth over the surveyed ground, its sensors and its navigation.
    fmi : int
        Version of the standard, 2 or 3.
    seed, nominal
        As in `farside.flight.land`. The autopilot takes the site's elevation from them; over flat
        ground it is the same for all.
    flat : bool
        An exact sphere through the mission's site instead of the surveyed ground.

    Returns
    -------
    Path

    Raises
    ------
    FmuError
        Where no library was built (FMUs are Linux's), or the folder cannot be written to.
    BrakingError
        When no flight reaches the mission's first gate.
    """
    if kind not in KINDS:
        raise FmuError(f"an FMU is one of {', '.join(KINDS)}, not {kind!r}")
    try:
        fmi, seed = whole_number("fmi", fmi, 2, 3), seed_number(seed)
    except ValueError as why:
        raise FmuError(str(why)) from None
    library = LIBRARIES / f"{kind}-{fmi}.so"
    machine = platform.machine()
    if sys.platform != "linux" or machine not in PLATFORMS or not library.is_file():
        raise FmuError(
            f"no FMU library for {sys.platform} {machine} in this farside: FMUs are built on Linux"
        )
    block, starts, stop_s = contents(mission, kind, seed, nominal, flat)
    code = library.read_bytes()
    who = "seed " + str(seed) if not nominal else "nominal"
    title = f"{mission.title}, flat ground" if flat else mission.title
    title = title if kind == "autopilot" else f"{title}, {who}"

    def describe(token: str) -> bytes:
        return description(fmi, kind, title, VARIABLES[kind], starts, stop_s, token, generator())

    digest = hashlib.sha256(b"\0".join([code, block, describe("")])).hexdigest()
    token = f"{{{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}}}"
    head = HEAD.pack(
        b"FARSIDE", HEAD_VERSION, HEAD_KIND[kind], len(block), zlib.crc32(block), 0, token.encode()
    )
    where = PLATFORMS[machine][fmi - 2]
    files = {
        "modelDescription.xml": describe(token),
        f"binaries/{where}/farside_{kind}.so": code,
        "resources/model.bin": head + block,
    }
    path = Path(folder) / fmu_name(mission, kind)
    try:
        write_whole(path, zipped(files))
    except OSError as why:
        raise FmuError(cannot_write(path, why)) from None
    return path


def zipped(files: dict[str, bytes]) -> bytes:
    """Pack files into a zip that holds no date."""
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, STAMP)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = (0o755 if name.endswith(".so") else 0o644) << 16
            archive.writestr(info, data)
    return out.getvalue()


def generator() -> str:
    """Name this farside."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"farside {version('farside')}"
    except PackageNotFoundError:
        return "farside"


def contents(
    mission: Mission, kind: Kind, seed: int, nominal: bool, flat: bool
) -> tuple[bytes, dict[str, Any], float]:
    """Return constants, start values of the inputs, and the time of a flight [s].

    Everything is built as `farside.flight.wiring.wire` builds it. A lander over surveyed ground is
    flown once, to learn where it needs ground at 0.1 m.
    """
    frozen = None
    if kind == "lander" and not flat:
        flight = wire(mission, seed=seed, nominal=nominal, dems=(), imaging=False, timed=False)
        ground = flight.ground
        frozen = frozen_ground(ground, places_asked(flight))
        # as before a flight
        frozen["grids"]["site"].lay(ground.model, "patch")
    else:
        ground = Ground(mission, seed=seed, flat=flat)
    frame = SiteFrame(mission.site.latitude_deg, mission.site.longitude_deg, ground.radius_m)
    autopilot = Autopilot(mission, ground.radius_m)
    # The autopilot's inputs start where the mission plans to, whatever the lander's seed.
    as_planned = nominal or kind == "autopilot"
    inputs = nominal_inputs(mission) if as_planned else drawn_inputs(mission, seed, 0)
    first = start(mission, frame, autopilot.plan, inputs)
    vehicle = build_vehicle(mission, first.vehicle)
    state = {
        "r_site": list(first.r_site),
        "v_site": list(first.v_site),
        "q_site_body": list(first.q_site_body),
        "omega_body": list(first.omega_body),
        "mass_kg": vehicle["mass_full_kg"],
    }
    plant = PlantModel(vehicle, moon_numbers(frame), ground.model, state)
    stop_s = round(1.25 * float(autopilot.plan.unknowns[5]) + 300.0, 0)
    if kind == "autopilot":
        began = plant.plant["state"]
        starts = {name: list(began[name]) for name in ("r_site", "v_site", "omega_body")}
        starts |= {"q_site_body": list(began["q_site_body"]), "mass": [began["mass_kg"]]}
        starts |= {
            "target_heading": [math.radians(mission.guidance.heading_deg)],
            "target_final": [1.0],
        }
        return autopilot_block(autopilot.core, plant), starts, stop_s
    chart = onboard_map(ground)
    aboard = FlightConfig.of(mission)
    block = lander_block(
        autopilot.core,
        plant,
        sensor_setup(mission, None if nominal else inputs.as_dict()),
        seed_key(seed),
        navigator_setup(aboard),
        initial_estimate(
            aboard,
            first.known_r_site,
            first.known_v_site,
            first.q_site_body,
            first.omega_body,
            exact=nominal,
        ),
        {
            "u0_m": chart.u0_m,
            "v0_m": chart.v0_m,
            "cell_m": chart.cell_m,
            "radius_m": ground.arcs.arc_m,
            "along_site": ground.arcs.axes[0],
            "across_site": ground.arcs.axes[1],
        },
        chart.heights,
        chart.sigma,
        frozen,
    )
    return block, {}, stop_s
