"""What became of a flight: its facts, from the truth and the telemetry."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.ext.common._records import TICK_S
from farside.ext.common.version import version
from farside.flight.aborted import Aborted, abort_facts
from farside.flight.camera_facts import camera_facts
from farside.flight.computer import aboard
from farside.flight.eyes import Eyes
from farside.flight.faults import flown_faults
from farside.flight.gate_passages import gate_passages
from farside.flight.imaging import Scanner
from farside.flight.landing import Landing, PhaseStart, Scene, Site, Timing, Touchdown
from farside.flight.lean import angle_deg, contact_axis_site, rest_axis_site
from farside.flight.ramp import ramp_slope_deg
from farside.flight.relay import relay_view
from farside.flight.track import base_of
from farside.flight.tracking import count_taken
from farside.flight.wiring import Flight
from farside.ground import Disc, Ground
from farside.mission.attitude import body_z
from farside.mission.moon import MEAN_RADIUS_M
from farside.mission.phases import flown_phases

#: Half width [m] and posting [m] of the true ground kept for the pictures.
SCENE_HALF_M = 30.0
SCENE_CELL_M = 0.1
#: In a row's flags: a site has been chosen.
CHOSEN = 4


def conclude(flight: Flight, scanner: Scanner, eyes: Eyes | None = None) -> Landing:
    """Gather the facts of a flight that has ended."""
    seeing = eyes if eyes is not None and eyes.tasks else None
    rows = flight.flown
    ended = flight.loop.ended_how
    last = rows[-1]
    x, y = float(last["r_site"][0]), float(last["r_site"][1])
    disc = flight.ground.disc_at(*flight.ground.arcs_below(last["r_site"]))
    touchdown = touchdown_facts(flight, disc)
    abort = abort_facts(flight, rows)
    outcome = name_outcome(flight, ended, abort)
    engine_kg, thrusters_kg = flight.loop.propellant_kg
    contact = flight.loop.touchdown
    seconds = contact[0] * TICK_S if contact else math.nan
    if outcome == "aborted":
        seconds = float(last["tick"]) * TICK_S
    return Landing(
        farside=version(),
        mission=flight.mission.name,
        seed=flight.seed,
        run=flight.run,
        inputs=flight.inputs,
        nominal=flight.nominal,
        outcome=outcome,
        safe=outcome == "landed" and within_limits(flight, touchdown),
        duration_s=seconds,
        propellant_kg=engine_kg + thrusters_kg,
        landed_mass_kg=float(last["mass_kg"]),
        touchdown=touchdown,
        site=site_facts(flight, scanner, x, y),
        phases=phase_starts(flight, rows),
        timing=timing_facts(rows, scanner),
        telemetry=rows,
        plan=flight.mission,
        radius_m=flight.frame.radius_m,
        look_about=partial(scene_about, flight.ground, np.array(last["r_site"])),
        imaging=scanner.imaging,
        gates=gate_passages(flight),
        relay=relay_view(flight),
        ground=flight.ground,
        ended_how=ended,
        faults=flown_faults(
            flight.mission, flight.happening, flight.loop.fault_ticks, flight.loop.tick_count
        ),
        aboard=aboard(flight),
        abort=abort,
        cameras=camera_facts(flight, seeing) if seeing else None,
        looks=seeing.looks if seeing else (),
        moves=tuple(flight.moves),
    )


def name_outcome(flight: Flight, ended: dict[str, bool], abort: Aborted | None = None) -> str:
    """Return how it ended: crashed is every arrival on the ground that no leg was made for.

    Tipped is a lander on another side than it was made for: upright, too, where that is another.
    It stands with its belly struck where the nozzle's rim has touched the ground: legs crushed and
    pads sunk too far, or ground too high between them.
    """
    contact = flight.loop.touchdown
    if contact is None:
        if abort is not None and abort.stopped_s is not None:
            # No engine works any more: an orbit, or a fall that nothing stops.
            return "aborted" if abort.reached else "crashed"
        if ended["empty"]:
            return "out_of_propellant"
        # Still in flight when its time was over, or its state had left all bounds.
        return "crashed" if ended["lost"] else "unfinished"
    limits, at = flight.mission.touchdown, contact[1]
    speed = -vertical(flight, at["r_site"], at["v_site"])
    if ended["empty"] and speed > limits.vertical_speed_mps:
        return "out_of_propellant"
    most = deterministic.length([limits.vertical_speed_mps, limits.horizontal_speed_mps])
    if (
        speed > 2.0 * limits.vertical_speed_mps
        or deterministic.length([speed, horizontal(flight, at["r_site"], at["v_site"])])
        > 2.0 * most
    ):
        # Legs hold about four times the energy that they are rated for, no more.
        return "crashed"
    if ended["tipped"]:
        return "tipped"
    if ended["lost"] or ended["body"] or not ended["rest"]:
        return "crashed"
    return "belly_struck" if ended["belly"] else "landed"


def up_at(flight: Flight, r_site: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the local vertical, site axes."""
    rho = np.asarray(r_site) - flight.frame.centre_site
    unit: NDArray[np.float64] = rho / deterministic.length(rho)
    return unit


def vertical(flight: Flight, r_site: NDArray[np.float64], v_site: NDArray[np.float64]) -> float:
    """Return the vertical speed [m/s], positive up."""
    return deterministic.dot(v_site, up_at(flight, r_site))


def horizontal(flight: Flight, r_site: NDArray[np.float64], v_site: NDArray[np.float64]) -> float:
    """Return the horizontal speed [m/s], Moon-fixed."""
    v = np.asarray(v_site)
    return deterministic.length(v - vertical(flight, r_site, v) * up_at(flight, r_site))


def tilt_deg(flight: Flight, r_site: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    """Return the angle of the thrust axis off what is asked for at contact [deg]: the vertical."""
    return angle_deg(body_z(q), contact_axis_site(flight.mission, up_at(flight, r_site)))


def rest_tilt_deg(flight: Flight, r_site: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    """Return the angle from the vertical of what is to point up at rest [deg]: the thrust axis."""
    if flight.mission.touchdown.stands:
        return angle_deg(body_z(q), up_at(flight, r_site))
    return angle_deg(rest_axis_site(flight.mission, q), up_at(flight, r_site))


def heading_deg(q: NDArray[np.float64]) -> float:
    """Return the azimuth of body x [deg], east of north."""
    w, x, y, z = (float(part) for part in q)
    east, north = 1 - 2 * (y * y + z * z), 2 * (x * y + w * z)
    return math.degrees(deterministic.angle_of(east, north)) % 360.0


def touchdown_facts(flight: Flight, disc: Disc) -> Touchdown:
    """Return the state at first contact and the place of rest.

    Of a flight that never touched the ground only the place beneath its end is known.
    """
    last, contact, nan = flight.flown[-1], flight.loop.touchdown, math.nan
    x, y, z = (float(part) for part in last["r_site"])
    place = flight.frame.lat_lon_radius(np.array([x, y, z]))
    u, v = flight.ground.arcs_below(last["r_site"])
    height = float(flight.ground.height(u, v))
    miss_east_m, miss_north_m = miss(flight, x, y)
    at = contact[1] if contact else None
    return Touchdown(
        latitude_deg=float(place.latitude_deg),
        longitude_deg=float(place.longitude_deg),
        elevation_m=flight.frame.radius_m + height - MEAN_RADIUS_M,
        vertical_speed_mps=vertical(flight, at["r_site"], at["v_site"]) if at else nan,
        horizontal_speed_mps=horizontal(flight, at["r_site"], at["v_site"]) if at else nan,
        tilt_deg=tilt_deg(flight, at["r_site"], at["q_site_body"]) if at else nan,
        rate_dps=math.degrees(deterministic.length(at["omega_body"])) if at else nan,
        heading_deg=heading_deg(at["q_site_body"]) if at else nan,
        rest_tilt_deg=rest_tilt_deg(flight, last["r_site"], last["q_site_body"]) if at else nan,
        ground_slope_deg=disc.slope_deg if at else nan,
        ground_roughness_m=disc.roughness_m if at else nan,
        miss_m=deterministic.length([miss_east_m, miss_north_m]),
        miss_east_m=miss_east_m,
        miss_north_m=miss_north_m,
        absolute_miss_m=absolute_miss(flight, last["r_site"]),
        ramp_slope_deg=ramp_slope_deg(flight) if at else nan,
    )


def miss(flight: Flight, x: float, y: float) -> tuple[float, float]:
    """Return how far east and north of the chosen site it rests [m], both as true places.

    The site was chosen on the flight side's own map; truth less estimate when the scan was made
    takes it to the ground it was seen on.
    """
    east, north, _ = flight.autopilot.core.site
    return float(x - east - flight.map_shift[0]), float(y - north - flight.map_shift[1])


def absolute_miss(flight: Flight, r_site: NDArray[np.float64]) -> float:
    """Return how far a place lies from the mission's target on the Moon [m].

    It is the arc between the two verticals on the sphere through the target. The target is the
    origin of the site axes, so no map, scan or estimate is in this number.
    """
    at_target = up_at(flight, np.zeros(3))
    here = up_at(flight, r_site)
    angle = deterministic.angle_of(
        deterministic.length(np.cross(at_target, here)), deterministic.dot(at_target, here)
    )
    return float(flight.frame.radius_m * angle)


def within_limits(flight: Flight, touchdown: Touchdown) -> bool:
    """Return whether every touchdown limit holds and the truth disc is safe."""
    limits, hazards = flight.mission.touchdown, flight.mission.hazards
    return (
        -touchdown.vertical_speed_mps <= limits.vertical_speed_mps
        and touchdown.horizontal_speed_mps <= limits.horizontal_speed_mps
        and touchdown.tilt_deg <= limits.tilt_deg
        and touchdown.rate_dps <= limits.rate_dps
        and touchdown.rest_tilt_deg <= limits.rest_tilt_deg
        and touchdown.ground_slope_deg <= hazards.slope_deg
        and touchdown.ground_roughness_m <= hazards.obstacle_m
    )


def site_facts(flight: Flight, scanner: Scanner, x: float, y: float) -> Site:
    """Return the choice that was made, beside the truth of the square it was made in."""
    truth = scanner.truth_square()
    imaging, nan = scanner.imaging, float("nan")
    chosen = imaging.chosen if imaging else None
    cost = imaging.divert_cost if imaging else None
    frames = scanner.tracking.frames if scanner.tracking else []
    fixes = count_taken(frames)
    least_kg, least_s = cost.of(chosen) if cost and chosen else (nan, nan)
    return Site(
        divert_m=scanner.divert_m,
        clearance_m=float(chosen.clearance_m) if chosen else nan,
        candidates=len(imaging.sites) if imaging else 0,
        truth_safe_share=truth.safe_share,
        truth_has_safe_point=truth.has_safe_point,
        map_safe_cells=int(np.count_nonzero(imaging.hazards.safe)) if imaging else 0,
        least_bad=scanner.least_bad,
        scans=scanner.scans,
        fixes=fixes,
        fixes_refused=len(frames) - fixes,
        stand=flight.mission.hazards.stand,
        probability=chosen.probability if chosen else nan,
        bound=chosen.bound if chosen else nan,
        heading_deg=float(np.degrees(flight.flown["cmd_heading_rad"][-1]) % 360.0),
        ranked_by=flight.mission.hazards.price,
        least_propellant_kg=least_kg,
        least_time_s=least_s,
        above_cheapest_kg=least_kg - cost.cheapest_kg if cost else nan,
        flown_propellant_kg=flown_since_choice(flight) if imaging else nan,
    )


def flown_since_choice(flight: Flight) -> float:
    """Return the propellant from the choice of the site to first contact [kg], or to the end."""
    rows, contact = flight.flown, flight.loop.touchdown
    chosen = np.flatnonzero(rows["flags"] & CHOSEN)
    if not len(chosen):
        return float("nan")
    end = min(contact[0], len(rows) - 1) if contact else len(rows) - 1
    return float(rows["mass_kg"][chosen[0]] - rows["mass_kg"][end])


def phase_starts(flight: Flight, rows: NDArray[np.void]) -> tuple[PhaseStart, ...]:
    """Return the true state where each phase flown began."""
    numbers, first = np.unique(rows["phase"], return_index=True)
    found = []
    for number, index in zip(numbers, first, strict=True):
        row = rows[index]
        base = base_of(flight.mission, row) - flight.frame.centre_site
        found.append(
            PhaseStart(
                name=flown_phases(flight.mission.phases)[int(number)].name,
                start_s=float(row["tick"]) * TICK_S,
                altitude_m=deterministic.length(base) - flight.frame.radius_m,
                height_m=float(row["height_m"]),
                vertical_speed_mps=vertical(flight, row["r_site"], row["v_site"]),
                horizontal_speed_mps=horizontal(flight, row["r_site"], row["v_site"]),
                mass_kg=float(row["mass_kg"]),
            )
        )
    return tuple(found)


def timing_facts(rows: NDArray[np.void], scanner: Scanner) -> Timing:
    """Return the wall-clock figures of this flight."""
    guided = rows["tick_ns"][rows["guided"] == 1] / 1000.0
    tick_us: dict[str, float] = {"count": len(guided)}
    if len(guided):
        shares = np.percentile(guided, [50.0, 99.0, 99.9, 100.0])
        tick_us |= zip(("p50", "p99", "p99_9", "max"), shares.tolist(), strict=True)
    return Timing(
        tick_us=tick_us,
        hazard_map_ms=scanner.hazard_map_ms,
        slips=int(np.count_nonzero(rows["tick_ns"] > 10_000_000)),
    )


def scene_about(ground: Ground, r_site: NDArray[np.float64]) -> Scene:
    """Return the true ground about the point beneath a place, for the pictures."""
    steps = np.arange(-SCENE_HALF_M, SCENE_HALF_M + 0.5 * SCENE_CELL_M, SCENE_CELL_M)
    u, v = ground.arcs_below(r_site)
    (east_u, north_u, _), (east_v, north_v, _), _ = ground.arcs.axes
    heights = ground.height(
        u + east_u * steps + north_u * steps[:, None], v + east_v * steps + north_v * steps[:, None]
    )
    return Scene(heights.astype(np.float32), SCENE_CELL_M, float(r_site[0]), float(r_site[1]))
