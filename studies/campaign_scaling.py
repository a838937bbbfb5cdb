"""Measures what handing out tasks costs: `python -m studies.campaign_scaling`.

The same flights are flown by one and by two processes of each kind: plain ones that know nothing of
each other nor of a campaign (what the machine gives), the campaign's own, and dask's. Each is
timed at two sizes and only the difference counts, so that starting up is left out. Asked are

    scaling    (rate of two workers / of one) / (rate of two plain processes / of one) >= 95 %
    overhead   CPU time of dask's campaign / of plain processes, for the same flights, less 1 <= 5 %

Two minutes without imaging on a quiet machine; figures of a busy one are noise.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from farside.campaign import Plan, fly_campaign, plan_campaign
from farside.campaign.processes import ProcessPool
from farside.campaign.task import fly_task, task_of
from farside.campaign.workers import Dask, WorkerPool

#: Flights of a worker in the shorter of two campaigns; the longer one is asked for.
SHORT = 24


class Cost(NamedTuple):
    """What so many flights took."""

    wall_s: float
    cpu_s: float  # of all processes together

    def __sub__(self, other: Cost) -> Cost:
        """Leave out what both took."""
        return Cost(self.wall_s - other.wall_s, self.cpu_s - other.cpu_s)


def cpu_s() -> float:
    """Return the CPU time of this process and of those that it has outlived."""
    used = [resource.getrusage(whose) for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def timed(work: Callable[[], object]) -> Cost:
    """Time some work."""
    wall, cpu = monotonic(), cpu_s()
    work()
    return Cost(monotonic() - wall, cpu_s() - cpu)


def plain(plan: Plan, workers: int) -> None:
    """Fly in processes that know nothing of each other."""
    each = plan.runs // workers
    command = [sys.executable, "-m", "studies.campaign_scaling", "--busy"]
    imaging = [] if plan.imaging else ["--no-imaging"]
    busy = [
        subprocess.Popen([*command, str(i * each), str((i + 1) * each), *imaging])
        for i in range(workers)
    ]
    assert [process.wait() for process in busy] == [0] * workers


def campaign(pool: Callable[[int], WorkerPool]) -> Callable[[Plan, int], None]:
    """Return what flies a campaign with a pool of so many."""

    def fly(plan: Plan, workers: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            fly_campaign(plan, Path(folder) / "campaign", pool(workers))

    return fly


KINDS: dict[str, Callable[[Plan, int], None]] = {
    "plain": plain,
    "processes": campaign(ProcessPool),
    "dask": campaign(lambda workers: Dask("local", workers)),
}


def measure(fly: Callable[[Plan, int], None], workers: int, flights: int, imaging: bool) -> Cost:
    """Time so many flights of each worker, without what starting them takes."""
    costs = []
    for flown in (SHORT, SHORT + flights):
        plan = plan_campaign("chang-e-6", flown * workers, imaging=imaging)
        costs.append(timed(partial(fly, plan, workers)))
    return costs[1] - costs[0]


def main() -> None:
    """Measure and print, or be one of the plain processes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--no-imaging", action="store_true")
    parser.add_argument("--flights", type=int, default=120, help="of each worker")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--busy", type=int, nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    imaging = not asked.no_imaging
    if asked.busy:
        first, end = asked.busy
        plan = plan_campaign("chang-e-6", end, imaging=imaging)
        for start in range(first, end, SHORT):
            fly_task(task_of(plan, range(start, min(start + SHORT, end))))
        return
    for _ in range(asked.rounds):
        costs = {
            (kind, workers): measure(fly, workers, asked.flights, imaging)
            for kind, fly in KINDS.items()
            for workers in (1, 2)
        }
        gain = {kind: 2.0 * costs[kind, 1].wall_s / costs[kind, 2].wall_s for kind in KINDS}
        print(f"{'':10} {'1 worker':>10} {'2 workers':>10} {'gain':>6} {'of plain':>9} {'CPU':>8}")
        for kind in KINDS:
            one, two = (workers * asked.flights / costs[kind, workers].wall_s for workers in (1, 2))
            extra = costs[kind, 2].cpu_s / costs["plain", 2].cpu_s - 1.0
            print(
                f"{kind:10} {one:8.2f}/s {two:8.2f}/s {gain[kind]:6.2f} "
                f"{100.0 * gain[kind] / gain['plain']:7.1f} % {100.0 * extra:+6.1f} %"
            )


if __name__ == "__main__":
    main()
