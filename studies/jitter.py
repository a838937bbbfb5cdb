"""A 100 Hz loop against the wall clock, in Python: how late it wakes, how long its ticks take.

    python studies/jitter.py --seconds 20

A report and no gate: the numbers are the scheduler's, and change with what else the machine does.
"""

import argparse
import gc
import time

import numpy as np

from farside.flight.imaging import Scanner
from farside.flight.land import fly
from farside.flight.wiring import wire
from farside.guidance import Autopilot
from farside.guidance.records import ESTIMATE
from farside.mission import load_mission

PERIOD_NS = 10_000_000


def estimates(ticks: int) -> tuple[np.ndarray, float]:
    """Record what a flight's autopilot reads in its first ticks; and the radius of its site [m]."""
    flight = wire(load_mission("chang-e-6"), seed=0, nominal=False, dems=(), imaging=False)
    fly(flight, Scanner(flight))
    rows = flight.flown[:ticks]
    read = np.zeros(len(rows), ESTIMATE)
    for name in ESTIMATE.names or ():
        if name not in ("contact", "rest"):
            read[name] = rows[f"est_{name}"]
    read["contact"] = rows["flags"] & 1
    read["rest"] = rows["flags"] >> 1 & 1
    return read, flight.ground.radius_m


def beat(ticks: int) -> tuple[np.ndarray, np.ndarray]:
    """Run the loop: lateness of each wake-up and length of each tick [ns]."""
    read, radius_m = estimates(ticks)
    autopilot = Autopilot(load_mission("chang-e-6"), radius_m)
    autopilot.retarget((0.0, 0.0, 0.0))
    late, took = np.zeros(len(read), np.int64), np.zeros(len(read), np.int64)
    gc.collect()
    gc.freeze()
    gc.disable()
    start = time.perf_counter_ns() + PERIOD_NS
    for k in range(len(read)):
        due = start + k * PERIOD_NS
        wait = due - time.perf_counter_ns()
        if wait > 0:
            time.sleep(wait * 1e-9)
        woke = time.perf_counter_ns()
        autopilot.estimate[:] = read[k : k + 1]
        autopilot.tick(k)
        took[k] = time.perf_counter_ns() - woke
        late[k] = woke - due
    gc.enable()
    return late, took


def main() -> None:
    """Beat for as long as the command line asks."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seconds", type=float, default=20.0)
    late, took = beat(round(100.0 * parser.parse_args().seconds))
    shares = (50.0, 99.0, 99.9, 100.0)
    print(f"{len(late)} ticks at 100 Hz          p50      p99    p99.9      max   [us]")
    for name, values in (("wake-up late by", late), ("tick, from Python", took)):
        print(f"{name:20}" + "".join(f"{p / 1e3:9.1f}" for p in np.percentile(values, shares)))
    print(f"slips (a whole period late): {int(np.count_nonzero(late > PERIOD_NS))}")


if __name__ == "__main__":
    main()
