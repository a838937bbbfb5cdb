"""Build the fuzz harnesses of the FMUs: fmu.c with each kind of model, for FMI 2.0 or 3.0.

`find` and `fast` link the model's own C, compiled as the library is for them; a test links the
FMU's library as it is shipped. A harness reads its constants from a folder beside it.
"""

from __future__ import annotations

import dataclasses
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from farside.mission import Mission

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "adapters/fmi/c"
#: Harness: kind of model, version of FMI, its first output (all of a scan's may be NaN), whether
#: one tick may take a scan.
FMUS = {
    "fmu2_autopilot": ("autopilot", 2, 21, 0),
    "fmu2_lander": ("lander", 2, 4, 0),
    "fmu2_navigation": ("navigation", 2, 56, 0),
    "fmu3_lander": ("lander", 3, 4, 0),
    "fmu3_avoidance": ("avoidance", 3, 116, 1),
}
#: Returns along each side of a scan, and cells along its map.
RETURNS, CELLS = 40, 72
#: A fault of each kind of unit, so that their state is part of the lander's.
FAULTS = (
    "engine weak 0.95 from 30 s",
    "gyro bias from 60 s",
    "altimeter stuck from 90 s",
    "imu late from 120 s",
    "contact duplicated from 100 s",
)


def small_scan() -> Mission:
    """Return a mission whose map and scans are small: an FMU's state of 80 kB, a step of 2 ms."""
    from farside.mission import load_mission

    mission = load_mission("chang-e-6")
    lidar = dataclasses.replace(mission.sensors.lidar, returns=(RETURNS, RETURNS))
    return dataclasses.replace(
        mission,
        hazards=dataclasses.replace(mission.hazards, map_cells=CELLS),
        sensors=dataclasses.replace(mission.sensors, lidar=lidar),
    )


def resources(name: str, folder: Path) -> Path:
    """Write the constants of a harness's FMU; return their folder."""
    from farside.adapters.fmi import export_fmu
    from farside.mission import load_mission

    kind, fmi, *_ = FMUS[name]
    scans = kind == "avoidance"
    mission = small_scan() if scans else load_mission("chang-e-6")
    made = folder / f"{name}_resources"
    made.mkdir(parents=True, exist_ok=True)
    path = export_fmu(
        mission, made, kind=kind, fmi=fmi, nominal=not scans, flat=not scans,
        faults=FAULTS if kind == "lander" else (),
    )  # fmt: skip
    with zipfile.ZipFile(path) as fmu:
        (made / "model.bin").write_bytes(fmu.read("resources/model.bin"))
    path.unlink()
    return made


def macros(name: str, folder: Path) -> list[str]:
    """Return what fmu.c is compiled with for a harness."""
    _, fmi, first_output, short = FMUS[name]
    where = resources(name, folder).resolve()
    return [
        f"-DFMI={fmi}", f'-DFOLDER="{where}"', f"-DFIRST_OUTPUT={first_output}", f"-DSHORT={short}",
    ]  # fmt: skip


def shipped(name: str) -> Path:
    """Return the library of a harness's FMU."""
    kind, fmi, *_ = FMUS[name]
    return ROOT / f"adapters/fmi/{kind}-{fmi}.so"
