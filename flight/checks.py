"""What is odd about a mission though it can be flown: one line each, with the way out."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence

from farside.flight.faults import FlownFault
from farside.mission import Mission
from farside.mission.instruments import Lidar
from farside.mission.moon import GM, MEAN_RADIUS_M
from farside.sensors.lidar import RANGE_MAX_M

#: A speed at initiation is that of its orbit to within this [m/s]: what one digit of it is worth.
SPEED_WITHIN_MPS = 0.5
#: Landers leave from orbits below this [m]: apolunes flown reach from 90 to 600 km.
HIGHEST_APOLUNE_M = 1000e3
#: An orbit whose perilune is deeper than this below the mean sphere [m] is none: the Moon's lowest
#: ground.
LOWEST_PERILUNE_M = -9.2e3
#: Times the cell that returns may lie apart: each feeds the cells within one cell of it, and a
#: square of two cells' side, turned anyhow, holds a point of any square lattice up to this wide.
FILLED = math.sqrt(2.0)
#: Share of the map's width that the field of view may fall short of.
SEEN_WITHIN = 0.02


class MissionWarning(UserWarning):
    """A mission that can be flown, but hardly as it was meant."""


def check_mission(mission: Mission) -> list[str]:
    """Return what is odd about a mission, a line each; nothing for a mission without oddity.

    Parameters
    ----------
    mission : Mission
        From `farside.mission.load_mission`.

    Returns
    -------
    list of str
        Each names the key, its value and what would do.

    Examples
    --------
    >>> from farside.flight.checks import check_mission
    >>> from farside.mission import load_mission
    >>> check_mission(load_mission("chang-e-6"))
    []
    """
    return [*check_orbit(mission), *check_scan(mission)]


def warn_of_idle(faults: Sequence[FlownFault], abort_at_s: float | None) -> None:
    """Warn of faults and of an abort that never began, for the caller of the caller.

    Parameters
    ----------
    faults : sequence of FlownFault
    abort_at_s : float, optional
        When an abort was commanded that was not flown [s since initiation].
    """
    if abort_at_s is not None:
        line = f"abort at {abort_at_s:g} s: it never began in this flight"
        warnings.warn(MissionWarning(line), stacklevel=3)
    for fault in faults:
        if fault.idle:
            line = f"fault {fault.fault!r}: it never began in this flight"
            warnings.warn(MissionWarning(line), stacklevel=3)


def warn_of(mission: Mission, imaging: bool) -> None:
    """Warn of what is odd about a mission, for the caller of the function that calls this.

    Parameters
    ----------
    mission : Mission
        That is to be flown.
    imaging : bool
        Whether it scans: without, the scan is not checked.

    Warns
    -----
    MissionWarning
        For each oddity, one line.
    """
    found = check_mission(mission) if imaging else [*check_orbit(mission), *check_unseen(mission)]
    for odd in found:
        warnings.warn(odd, MissionWarning, stacklevel=3)


def check_orbit(mission: Mission) -> list[str]:
    """Return where speed and altitude of powered-descent initiation are of two different orbits.

    Altitudes of an orbit count from the mean sphere of 1737.4 km. With `orbit.apolune_altitude_m`
    the speed is held against vis-viva; without it only an orbit that nobody flies is told.

    Parameters
    ----------
    mission : Mission

    Returns
    -------
    list of str
        One line at most.

    Examples
    --------
    >>> from farside.flight.checks import check_orbit
    >>> from farside.mission import load_mission
    >>> check_orbit(load_mission("apollo-11"))
    []
    """
    orbit, r = mission.orbit, mission.orbit.pdi_radius_m
    level = math.cos(math.radians(orbit.pdi_flight_path_deg))
    start = f"orbit.pdi_altitude_m {orbit.pdi_altitude_m:g} above the mean sphere of 1737.4 km"
    if orbit.apolune_altitude_m is not None:
        apolune = MEAN_RADIUS_M + orbit.apolune_altitude_m
        if apolune < r:
            return [
                f"orbit.apolune_altitude_m {orbit.apolune_altitude_m:g} is below {start}: "
                "give the higher of the two as the apolune"
            ]
        # energy and momentum at r and at the apolune R, with u = r cos(path) / R:
        # v^2 (1 - u^2) = 2 GM (1 / r - 1 / R); a circle where both are the same
        ratio = r * level / apolune
        square = 1.0 - ratio * ratio
        speed = (
            math.sqrt(2.0 * GM * (1.0 / r - 1.0 / apolune) / square)
            if square > 1e-9
            else math.sqrt(GM / r)
        )
        if abs(speed - orbit.pdi_speed_mps) > SPEED_WITHIN_MPS:
            return [
                f"orbit.pdi_speed_mps {orbit.pdi_speed_mps:g} is not that of an orbit with "
                f"apolune_altitude_m {orbit.apolune_altitude_m:g} at {start}: that is "
                f"{speed:.1f} m/s; give it, or the apolune that is meant"
            ]
        return []
    energy = 0.5 * orbit.pdi_speed_mps**2 - GM / r
    if energy >= 0.0 and mission.vehicle.retro is None:
        return [
            f"orbit.pdi_speed_mps {orbit.pdi_speed_mps:g} is above the escape speed of "
            f"{math.sqrt(2.0 * GM / r):.1f} m/s at {start}: lower it"
        ]
    if energy >= 0.0:
        return []  # a motor of its own brakes a lander that comes from the Earth
    momentum = r * orbit.pdi_speed_mps * level
    half = -0.5 * GM / energy  # semi-major axis
    eccentricity = math.sqrt(max(0.0, 1.0 - momentum * momentum / (GM * half)))
    low_m, high_m = (half * (1.0 + e) - MEAN_RADIUS_M for e in (-eccentricity, eccentricity))
    if low_m < LOWEST_PERILUNE_M or high_m > HIGHEST_APOLUNE_M:
        return [
            f"orbit.pdi_speed_mps {orbit.pdi_speed_mps:g} at {start} is an orbit of "
            f"{low_m / 1e3:.0f} x {high_m / 1e3:.0f} km: the circular speed there is "
            f"{math.sqrt(GM / r):.1f} m/s; check speed and flight path, or give "
            "orbit.apolune_altitude_m"
        ]
    return []


def check_unseen(mission: Mission) -> list[str]:
    """Return which faults change nothing in a flight that does not scan: those of the lidar.

    Parameters
    ----------
    mission : Mission

    Returns
    -------
    list of str
        One line for each.
    """
    return [
        f"fault {str(fault)!r}: this flight does not scan, so it changes nothing"
        for fault in mission.faults
        if fault.unit_name == "lidar"
    ]


def check_scan(mission: Mission) -> list[str]:
    """Return where the lidar's returns or its field of view do not fill the map of a scan.

    At the altitude of every phase that scans: the distance of returns on level ground against the
    cell of the map, and the square seen against the map and against the lander's footprint.

    Parameters
    ----------
    mission : Mission

    Returns
    -------
    list of str
        A line for each fault, with the number that would do.

    Examples
    --------
    >>> import dataclasses
    >>> from farside.flight.checks import check_scan
    >>> from farside.mission import load_mission
    >>> mission = load_mission("chang-e-6")
    >>> phases = [dataclasses.replace(row, altitude_m=150.0) if row.scan else row
    ...           for row in mission.phases]
    >>> line, = check_scan(dataclasses.replace(mission, phases=tuple(phases)))
    >>> line.split(":")[0]
    'phases[hover].altitude_m 150'
    >>> line.split("or ")[-2:]
    ['hover at 115 m ', 'lower']
    """
    lidar = mission.sensors.lidar
    if lidar is None:
        return []
    return [
        line
        for row in mission.phases
        if row.scan
        for line in _scan_faults(mission, lidar, row.name, row.altitude_m)
    ]


def _scan_faults(mission: Mission, lidar: Lidar, phase: str, height_m: float) -> Iterator[str]:
    """Yield the faults of a scan from a hover above level ground."""
    hazards, where = mission.hazards, f"phases[{phase}].altitude_m {height_m:g}"
    # The head sits at the centre of mass.
    com_m = mission.vehicle.body.com_height_dry_m
    above_m = height_m + com_m
    tangents = [math.tan(math.radians(0.5 * angle)) for angle in lidar.field_of_view_deg]
    wide = [2.0 * above_m * tangent for tangent in tangents]
    apart = [width / returns for width, returns in zip(wide, lidar.returns, strict=True)]
    least_m, side_m = FILLED * hazards.cell_m, hazards.cell_m * hazards.map_cells
    reach_m = above_m * math.hypot(1.0, *tangents)
    if reach_m > RANGE_MAX_M:
        yield (
            f"{where}: the lidar's longest ray is {reach_m:.0f} m there and nothing returns from "
            f"beyond {RANGE_MAX_M:g} m: hover at "
            f"{math.floor(above_m * RANGE_MAX_M / reach_m - com_m)} m or lower"
        )
    if max(apart) > least_m:
        returns = [math.ceil(width / least_m) for width in wide]
        yield (
            f"{where}: the lidar's returns are {max(apart):.3f} m apart there and "
            f"hazards.cell_m is {hazards.cell_m:g}, so cells stay unseen: give hazards.cell_m "
            f"{math.ceil(100.0 * max(apart) / FILLED) / 100.0:g} or more, sensors.lidar.returns "
            f"{returns}, or hover at "
            f"{math.floor(above_m * least_m / max(apart) - com_m)} m or lower"
        )
    clear_m = hazards.footprint_m + 2.0 * hazards.navigation_error_m
    if min(wide) < clear_m:
        yield (
            f"{where}: the lidar sees {wide[0]:.1f} x {wide[1]:.1f} m there, less than "
            f"hazards.footprint_m {hazards.footprint_m:g} with navigation_error_m on both sides, "
            f"{clear_m:.1f} m: no site can be safe; hover at "
            f"{math.ceil(above_m * clear_m / min(wide) - com_m)} m or higher"
        )
    elif min(wide) < (1.0 - SEEN_WITHIN) * side_m:
        seen = min(wide[0], side_m) * min(wide[1], side_m) / (side_m * side_m)
        yield (
            f"{where}: the lidar sees {wide[0]:.1f} x {wide[1]:.1f} m there, the map is "
            f"{side_m:.1f} m wide, so {100.0 * (1.0 - seen):.0f} % of it stays unseen: give "
            f"hazards.map_cells {math.floor(min(wide) / hazards.cell_m)} or hover at "
            f"{math.ceil(above_m * side_m / min(wide) - com_m)} m or higher"
        )
