"""Closed-loop consistency of the navigator: its errors against its own covariance.

    python -m studies.consistency [--flights 200] [--workers 2] [--write]

flies dispersed landings without imaging, each at a place of its own, and
looks at each at 20 epochs, evenly spaced from 5 s to
the last tick before contact. At an epoch, over all flights:

    NEES   of position, velocity, attitude and both biases, three states each
    NIS    of each sensor: the last innovation before the epoch, squared over its variance
    ratio  of an error to its sigma, root mean squares: of the altitude (up in the site frame) and
           of the height over the ground beneath

A mean over N flights of a quantity with n degrees of freedom is chi-square with n N, over N; inside
its two-sided 95 % band a filter is consistent (Bar-Shalom, Li & Kirubarajan 2001, 5.4). All is done
again with a tenth and with ten times the process noise, which must fail.

A filter's covariance speaks of gravity and ground that are drawn anew. Over one site they are not:
all flights pass through the same residual of gravity and over the same relief, and a mean over them
is that of one draw. So each flight lands elsewhere on the Moon, from another direction: its gravity
and its ground are those of the same field and the same elevation model. With `--one-site` all land
at the mission's own. `--write` makes
docs/consistency.md and its picture. Exit status 1 where a block is outside too often.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import repeat
from typing import Any
from unittest.mock import patch
from warnings import catch_warnings, simplefilter

import numpy as np
from numpy.typing import NDArray
from studies.consistency_page import Judged, judge, write_page

from farside.flight.consistency import BLOCKS, errors_now
from farside.flight.wiring import Flight, wire
from farside.ground.measured import measure
from farside.mission import Mission, load_mission
from farside.mission.moon import MEAN_RADIUS_M
from farside.navigation import navigator_setup

Floats = NDArray[np.float64]

EPOCHS = 20
FIRST_S = 5.0
#: Ticks between looks at a flight: epochs are the nearest looks.
LOOK_EVERY = 100
#: Longest flight [ticks].
LONGEST = 180_000
#: Farthest latitude of a site, as a sine: beyond it azimuths have no meaning.
SINE_MOST = 0.985
#: Fields of `NavigatorSetup` that are variances of Q, and those that are deviations of it.
VARIANCES = (
    "accel_psd", "gyro_psd", "gyro_bias_drive", "accel_bias_drive", "relief_walk_m2pm",
)  # fmt: skip
DEVIATIONS = ("gravity_sigma_mps2", "gyro_mount_rad", "relief_share")
NOISES = (1.0, 0.1, 10.0)


@contextmanager
def process_noise(factor: float) -> Iterator[None]:
    """Wire flights whose navigator takes its process noise for so many times as large."""

    def scaled(config: Any) -> dict[str, Any]:
        setup = navigator_setup(config)
        setup |= {name: factor * setup[name] for name in VARIANCES}
        return setup | {name: math.sqrt(factor) * setup[name] for name in DEVIATIONS}

    with patch("farside.flight.assembly.navigator_setup", scaled):
        yield


@dataclass(frozen=True, eq=False)
class Flown:
    """One flight at its epochs; NaN where there is nothing yet."""

    seed: int
    time_s: Floats  # (epochs,)
    nees: Floats  # (epochs, blocks)
    nis: Floats  # (epochs, sensors)
    height_error_m: Floats  # (epochs,) of the centre of mass above the ground beneath
    height_sigma_m: Floats
    altitude_error_m: Floats  # up in the site frame
    altitude_sigma_m: Floats
    speed_error_mps: Floats  # (2,) east and north, at the last epoch


def height_error(flight: Flight) -> float:
    """Return true less estimated height above the ground beneath [m]; NaN before any range."""
    said, at = flight.loop.estimated, np.array(flight.flown["r_site"][-1])
    if not said["last_range_m"] > 0.0:
        return math.nan
    u, v = flight.ground.arcs_below(at)
    centre = flight.frame.centre_site
    true_m = np.linalg.norm(at - centre) - float(flight.ground.height(u, v))
    estimated_m = np.linalg.norm(np.array(said["r_site"]) - centre)
    return float(true_m - (estimated_m - said["ground_m"]))


def elsewhere(mission: Mission, seed: int) -> Mission:
    """Return a mission at a place and from a direction that are drawn from all over the Moon."""
    rng = np.random.default_rng([51, seed])
    latitude = math.degrees(math.asin(rng.uniform(-SINE_MOST, SINE_MOST)))
    longitude, azimuth = rng.uniform(0.0, 360.0, 2).tolist()
    measured = measure(latitude, longitude, azimuth, mission.ground.radius_m, ())
    for key, value in (
        ("site.latitude_deg", latitude),
        ("site.longitude_deg", longitude),
        ("site.elevation_m", measured.arcs.arc_m - MEAN_RADIUS_M),
        ("orbit.arrival_azimuth_deg", azimuth),
    ):
        mission = mission.replace(key, value)
    return mission


def fly(mission: str, seed: int, factor: float, one_site: bool = False) -> Flown | None:
    """Fly a seed, with the process noise so many times as large, and look at it.

    None where the descent's plan runs into a mountain: it was made for the mission's own site.
    """
    flown = load_mission(mission)
    with process_noise(factor), catch_warnings():
        simplefilter("ignore")
        flown = flown if one_site else elsewhere(flown, seed)
        flight = wire(flown, seed=seed, nominal=False, dems=(), imaging=False)
    loop = flight.loop
    loop.timed = False
    flight.autopilot.retarget((0.0, 0.0, 0.0))
    flight.advance(round(100.0 * FIRST_S) + 1)
    saved, tick = [loop.save()], -1
    while loop.touchdown is None and tick < loop.tick_count < LONGEST:
        tick = loop.tick_count
        flight.advance(LOOK_EVERY)
        saved.append(loop.save())
    if loop.touchdown is None:
        return None
    # the last was behind contact: go back, to the last tick of the descent
    contact = loop.touchdown[0]
    loop.restore(saved[-2])
    flight.advance(contact - loop.tick_count)
    saved[-1] = loop.save()
    return at_epochs(flight, saved, seed)


def at_epochs(flight: Flight, saved: Sequence[bytes], seed: int) -> Flown:
    """Look at a flight at evenly spaced ones of the moments that were saved."""
    rows, nees, height = [], [], []
    for i in np.linspace(0, len(saved) - 1, EPOCHS).round().astype(int):
        flight.loop.restore(saved[i])
        rows.append(flight.loop.tick_count - 1)
        told = errors_now(flight).nees()
        nees.append([told[name] for name in BLOCKS])
        height.append(height_error(flight))
    told = flight.telemetry
    velocity = told["v_site"][rows[-1]] - told["est_v_site"][rows[-1]]
    return Flown(
        seed,
        0.01 * np.array(rows),
        np.array(nees),
        nis_before(told["innovation"], told["innovation_sigma"], np.array(rows)),
        np.array(height),
        told["nav_height_sigma_m"][rows].astype(np.float64),
        told["r_site"][rows, 2] - told["nav_r_site"][rows, 2],
        np.sqrt(told["nav_r_cov"][rows, 5].astype(np.float64)),
        velocity[:2].copy(),
    )


def nis_before(innovation: Floats, sigma: Floats, rows: NDArray[np.int64]) -> Floats:
    """Return the squared innovation over its variance, of the last report at or before some rows.

    Parameters
    ----------
    innovation, sigma : (ticks, sensors)
        The telemetry's columns; both stay as they are until the next report.
    rows : (epochs,)

    Returns
    -------
    (epochs, sensors) float64
        NaN where a sensor has not reported since the row before.
    """
    found = np.full((len(rows), innovation.shape[1]), np.nan)
    begin = np.concatenate([[0], rows[:-1]])
    for i, (first, last) in enumerate(zip(begin, rows, strict=True)):
        moved = (innovation[first : last + 1] != innovation[first]).any(axis=0)
        x, s = innovation[last].astype(np.float64), sigma[last].astype(np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            found[i] = np.where(moved & (s > 0.0), (x / s) ** 2, np.nan)
    return found


def study(
    mission: str, seeds: range, workers: int, factor: float, one_site: bool = False
) -> list[Flown]:
    """Fly seeds; those that come down are returned."""
    words = (repeat(mission), seeds, repeat(factor), repeat(one_site))
    if workers == 1:
        found = list(map(fly, *words))
    else:
        with ProcessPoolExecutor(workers) as pool:
            found = list(pool.map(fly, *words))
    return [each for each in found if each is not None]


def judged(flown: Sequence[Flown]) -> Judged:
    """Hold flights against the bands."""

    def of(name: str) -> Floats:
        return np.array([getattr(each, name) for each in flown])

    pairs = {
        "altitude": (of("altitude_error_m"), of("altitude_sigma_m")),
        "height": (of("height_error_m"), of("height_sigma_m")),
    }
    times = of("time_s").mean(axis=0)
    return judge(times, of("nees"), of("nis"), pairs, of("speed_error_mps"))


def main() -> int:
    """Fly all, print the page, and write it if asked."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--mission", default="chang-e-6", help="name or path")
    parser.add_argument("--flights", type=int, default=200)
    parser.add_argument(
        "--others", type=int, default=0, help="so many flights of other seeds, the noise as it is"
    )
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--one-site", action="store_true", help="all land at the mission's site")
    parser.add_argument("--nominal", action="store_true", help="only with the noise as it is")
    parser.add_argument("--write", action="store_true", help="docs/consistency.md, its picture")
    asked = parser.parse_args()
    if asked.flights < 2 or asked.workers < 1:
        parser.error("--flights is at least 2, --workers at least 1")
    factors = NOISES[:1] if asked.nominal else NOISES

    def fly_all(seeds: range, factor: float) -> Judged:
        return judged(study(asked.mission, seeds, asked.workers, factor, asked.one_site))

    found = {factor: fly_all(range(asked.flights), factor) for factor in factors}
    last = asked.flights + asked.others
    others = fly_all(range(asked.flights, last), 1.0) if asked.others else None
    print(write_page(asked.mission, found, others, to_docs=asked.write))
    return 0 if found[1.0].consistent and not any(found[f].consistent for f in factors[1:]) else 1


if __name__ == "__main__":
    sys.exit(main())
