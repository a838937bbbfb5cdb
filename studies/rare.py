"""Subset simulation on limit states of known probability: the table in docs/rare.md.

    python -m studies.rare [--seeds N] [--samples N] [--write]

Each limit state is estimated by simulations of different seeds, 500 points a level. The table says
what one of them tells, and what all of them do: the mean over the truth, the coefficient of
variation that is seen beside the two that are said (independent levels, neighbours that err
together), in how many the interval of 95 % holds, in how many noise decides so that an upper bound
is all that is told, and how many plain draws have the coefficient of variation that is seen.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from studies.limit_states import (
    FOUR_BRANCH,
    RP25,
    four_branch,
    linear,
    noisy,
    parallel,
    sum_of_exponentials,
)

from farside.campaign.rare import RareEstimate, rare_probability

PAGE = Path(__file__).parents[1] / "docs" / "rare.md"
BEGIN, END = "<!-- table: limit states -->\n", "<!-- end: limit states -->"
#: Name, response of a seed, inputs, streams, probability.
STATES: tuple[tuple[str, Callable[[int], Callable[..., np.ndarray]], int, int, float], ...] = (
    ("linear, 100 inputs (Au & Beck 2001)", lambda _: linear, 100, 0, 1e-5),
    ("four branches in series (Waarts 2000)", lambda _: four_branch, 2, 0, FOUR_BRANCH),
    ("two in parallel, RP25 (Rozsas & Slobbe 2019)", lambda _: parallel, 2, 0, RP25),
    (
        "sum of 100 exponentials (Engelund & Rackwitz 1993)",
        lambda _: sum_of_exponentials,
        100,
        0,
        1e-6,
    ),
    ("linear, half the variance is noise", lambda seed: noisy(0.5, 1e-5, seed), 40, 1, 1e-5),
    ("the same, more frequent", lambda seed: noisy(0.5, 1e-3, seed), 40, 1, 1e-3),
    ("noise alone", lambda seed: noisy(1.0, 1e-3, seed), 40, 1, 1e-3),
)
HEAD = (
    "| limit state | exact | one simulation, 95 % | mean of all / exact | c.o.v. seen; said | "
    "interval holds | upper bound only | evaluations | plain draws for that c.o.v. | times less |\n"
    "|---|---|---|---|---|---|---|---|---|---|\n"
)


def main() -> None:
    """Estimate, print, and write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--samples", type=int, default=500)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    table = HEAD + "".join(lines(asked.seeds, asked.samples))
    print(table)
    if asked.write:
        page = PAGE.read_text("utf-8")
        before, rest = page.split(BEGIN)
        PAGE.write_text(before + BEGIN + "\n" + table + "\n" + END + rest.split(END)[1], "utf-8")


def lines(seeds: int, samples: int) -> Iterator[str]:
    """Yield the rows of the table."""
    for name, response, dimensions, streams, exact in STATES:
        found = [
            rare_probability(
                response(seed), dimensions, streams=streams, samples=samples, seed=seed
            )
            for seed in range(seeds)
        ]
        yield line(name, exact, found)


def line(name: str, exact: float, found: list[RareEstimate]) -> str:
    """Return a row of the table."""
    values = np.array([each.probability for each in found])
    seen = float(values.std(ddof=1)) / exact
    held = sum(each.low <= exact <= each.high for each in found)
    flown = float(np.mean([each.evaluations for each in found]))
    plain = (1.0 - exact) / (exact * seen * seen)
    one = found[0]
    alone, bound = (np.median([getattr(x, of) for x in found]) for of in ("cov", "cov_bound"))
    only = sum(not each.mixed for each in found)
    # an upper bound alone replaces no plain draws
    cost = f"{plain:,.0f} | {plain / flown:,.0f}" if only < len(found) else "none | none"
    return (
        f"| {name} | {exact:.3g} | {one.probability:.2g}: {one.low:.1g} to {one.high:.1g} "
        f"| {values.mean() / exact:.2f} | {seen:.2f}; {alone:.2f}, {bound:.2f} "
        f"| {held} of {len(found)} | {only} | {flown:,.0f} | {cost} |\n"
    )


if __name__ == "__main__":
    main()
