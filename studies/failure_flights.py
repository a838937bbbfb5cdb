"""Flights of the failed missions, as flown and with our logic, and the picture of the two."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from farside.ext.common._records import TICK_S
from farside.flight import land
from farside.flight.failures import Comparison, compare_failure
from farside.flight.landing import Landing
from farside.mission import Mission, load_mission
from farside.mission.moon import GM, STANDARD_GRAVITY_MPS2
from farside.report.colours import BLACK, BLUE, GREY, LIMIT
from farside.report.style import canvas, figure_style

SEEDS = (1, 2, 3)
#: Ticks between points of a track that is drawn.
DRAWN_EVERY = 50
#: Rows of a landing's tracks: time, height, speed.
Track = NDArray[np.float64]


@dataclass(frozen=True)
class Flown:
    """What is kept of a flight: telemetry is 40 MB."""

    seed: int
    outcome: str
    safe: bool
    down_mps: float
    across_mps: float
    propellant_kg: float
    slope_deg: float
    steepest_deg: float
    left: str
    compared: tuple[Comparison, ...]
    track: Track
    physics: str

    @property
    def met(self) -> tuple[int, int]:
        """How many of the numbers that are to be reproduced were met, and of how many."""
        holds = [each.holds for each in self.compared if each.holds is not None]
        return sum(holds), len(holds)


def fly(name: str, *, as_flown: bool, seeds: Sequence[int] = SEEDS) -> tuple[Flown, ...]:
    """Fly a mission of `failures/` with each seed."""
    mission = load_mission(name)
    with warnings.catch_warnings():
        # a fault below a height that a flight does not reach
        warnings.simplefilter("ignore")
        return tuple(
            kept(mission, land(mission, seed=s, as_flown=as_flown, cameras=False)) for s in seeds
        )


def kept(mission: Mission, landing: Landing) -> Flown:
    """Return what the page needs of a flight."""
    end = landing.touchdown
    return Flown(
        landing.seed,
        landing.outcome,
        landing.safe,
        -end.vertical_speed_mps,
        end.horizontal_speed_mps,
        landing.propellant_kg,
        end.ground_slope_deg,
        min(mission.hazards.slope_deg, mission.touchdown.rest_tilt_deg),
        left_for(landing),
        compare_failure(landing),
        track_of(landing),
        physics_of(mission, landing),
    )


def left_for(landing: Landing) -> str:
    """Say what the executive left the descent for: nothing where it did not."""
    abort = landing.abort
    if abort is None:
        return ""
    found = "in orbit" if abort.reached else "least harm, no way to orbit"
    return f"{found} from {abort.began_s:.0f} s ({abort.cause})"


def track_of(landing: Landing) -> Track:
    """Return time, height and speed up to the first contact, thinned out."""
    rows = landing.telemetry
    if math.isfinite(landing.duration_s):
        rows = rows[: int(landing.duration_s / TICK_S) + 1]
    # the last row, and from it back
    rows = rows[:: -max(1, min(DRAWN_EVERY, len(rows) // 200))][::-1]
    speed = np.linalg.norm(rows["v_site"], axis=1)
    return np.array([rows["tick"] * TICK_S, rows["height_m"], speed])


def physics_of(mission: Mission, landing: Landing) -> str:
    """Say what no logic could have done better: nothing where there is nothing to say."""
    name = mission.name
    said = {"beresheet": unpowered, "hakuto-r-m2": stop, "im-1": unknown_height}.get(name)
    return said(mission, landing) if said else ""


def unpowered(mission: Mission, landing: Landing) -> str:
    """Return the impact without an engine from where it was cut: two bodies, to the site's level.

    v^2 / 2 - GM / r stays, and so does r v_level.
    """
    cut_s = next(f.from_s for f in mission.faults if f.kind == "cut")
    row = landing.telemetry[round((cut_s or 0.0) / TICK_S)]
    rho = row["r_site"] + np.array([0.0, 0.0, landing.radius_m])
    r = float(np.linalg.norm(rho))
    speed = float(np.linalg.norm(row["v_site"]))
    end = math.sqrt(speed * speed + 2.0 * GM * (1.0 / landing.radius_m - 1.0 / r))
    return f"{end:.0f} m/s"


def stop(mission: Mission, landing: Landing) -> str:
    """Return what full thrust straight up takes to stop, from where the range is first there.

    d = v^2 / (2 (F / m - g)), without a moment lost.
    """
    rows = landing.telemetry
    due_m = next(fault.size for fault in mission.faults if fault.kind == "weak_echo")
    row = rows[np.flatnonzero(rows["height_m"] < due_m)[0]]
    down = -float(row["v_site"][2])
    mass = float(row["mass_kg"])
    spare = mission.vehicle.engine.thrust_max_n / mass - GM / landing.radius_m**2
    height = float(row["height_m"])
    return f"{down * down / (2.0 * spare):.0f} m of {height:.0f} m at {down:.0f} m/s"


def unknown_height(mission: Mission, landing: Landing) -> str:
    """Return what height the propellant can search for the ground, and what is not known of it.

    Hovering takes m g / (Isp g0) each second. A row that sinks at the limit of the touchdown passes
    through `span` until the tanks are dry; the height is known to sigma where the hover ends.
    """
    rows = landing.telemetry
    names = [phase.name for phase in mission.phases]
    here = np.flatnonzero(rows["phase"] == names.index("sink"))
    if not here.size:
        return ""
    row = rows[here[0]]
    mass = float(row["mass_kg"])
    left = mission.vehicle.usable_propellant_kg - (float(rows["mass_kg"][0]) - mass)
    g = GM / landing.radius_m**2
    seconds = left * mission.vehicle.engine.isp_s * STANDARD_GRAVITY_MPS2 / (mass * g)
    span = seconds * mission.touchdown.vertical_speed_mps
    sigma = float(row["nav_height_sigma_m"])
    # the row begins at the hover's altitude, as estimated
    above = next(phase.altitude_m for phase in mission.phases if phase.name == "hover")
    share = 0.5 * (
        math.erf((span - above) / (sigma * math.sqrt(2.0)))
        + math.erf(above / (sigma * math.sqrt(2.0)))
    )
    return (
        f"{left:.0f} kg search {span:.0f} m of height at the touchdown's limit; the height is "
        f"known to {sigma:.0f} m (1 sigma): {100.0 * share:.0f} %"
    )


def draw(name: str, naive: Flown, ours: Flown) -> Figure:
    """Draw height and speed of the two flights."""
    mission = load_mission(name)
    with figure_style():
        figure = canvas(7.2, 2.5)
        left = figure.add_axes((0.095, 0.19, 0.39, 0.66))
        right = figure.add_axes((0.595, 0.19, 0.39, 0.66))
        for axes, column in ((left, 1), (right, 2)):
            for flown, colour, label in (
                (ours, BLUE, "our logic"),
                (naive, LIMIT, "as flown"),
            ):
                style = "-" if flown is ours else "--"
                axes.plot(flown.track[0], flown.track[column], style, color=colour, label=label)
                axes.plot(
                    flown.track[0, -1], flown.track[column, -1], "o" if flown.safe else "x",
                    color=colour, markersize=5,
                )  # fmt: skip
            axes.set_yscale("symlog", linthresh=10.0 if column == 1 else 1.0)
            axes.set_ylim(bottom=0.0)
            axes.yaxis.set_major_formatter(lambda value, _place: f"{value:g}")
            axes.set_xlabel("time since initiation, s")
        left.set_ylabel("height above ground, m")
        right.set_ylabel("speed, m/s")
        left.legend(loc="lower left")
        figure.text(0.095, 0.92, mission.title, fontweight="bold", color=BLACK)
        figure.text(
            0.985, 0.92, f"seed {naive.seed}; dot: within every limit", color=GREY, ha="right"
        )
    return figure
