"""A million inputs of every kind through the optimal descent, in time: nothing hangs, all end.

    python -m studies.hostile [--count 1000000] [--write]

Most are random lunar states; the others are such states with something wrong. The bound on the work
is 3000 Newton steps after which no attempt is begun, and 25 in one: 3025 a problem. Exit status 1
where a status is none of the three, an answer is not finite, the bound is passed, or the whole
takes more CPU time than the budget. `--write` puts the table into docs/guidance.md.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from studies.page import write
from studies.random_states import states

from farside.ext.guidance.optimal import _optimal

Vector = NDArray[np.float64]
Rng = np.random.Generator

MOST_STEPS = 3000 + 25
#: Of the default build on one core of a 2020s x86-64 machine, twice what was measured [us a input].
BUDGET_US = 200.0
PLACE, SPEED, MASS, LEAST, FULL, EXHAUST = slice(0, 3), slice(3, 6), 12, 13, 14, 15


def not_a_number(rows: Vector, rng: Rng) -> None:
    """Put NaN or an infinity into one column each."""
    at = np.arange(len(rows)), rng.integers(0, 16, len(rows))
    rows[at] = rng.choice([np.nan, np.inf, -np.inf], len(rows))


def no_thrust(rows: Vector, rng: Rng) -> None:
    """Take all thrust away."""
    rows[:, LEAST : FULL + 1] = 0.0


def least_above_full(rows: Vector, rng: Rng) -> None:
    """Swap the limits of thrust."""
    rows[:, [LEAST, FULL]] = rows[:, [FULL, LEAST]]


def no_mass(rows: Vector, rng: Rng) -> None:
    """Return a mass of nothing or less."""
    rows[:, MASS] = -rng.uniform(0, 100, len(rows)) * (rng.random(len(rows)) < 0.5)


def almost_no_propellant(rows: Vector, rng: Rng) -> None:
    """Let the exhaust be so slow that the mass would be gone on the way."""
    rows[:, EXHAUST] = rng.uniform(1.0, 60.0, len(rows))


def too_weak(rows: Vector, rng: Rng) -> None:
    """Return less thrust than the weight."""
    rows[:, LEAST] = 100.0
    rows[:, FULL] = rng.uniform(200.0, 4000.0, len(rows))


def one_thrust(rows: Vector, rng: Rng) -> None:
    """Let the thrust be one or full."""
    rows[:, LEAST] = rows[:, FULL]


def under_the_ground(rows: Vector, rng: Rng) -> None:
    """Put the lander beneath its target."""
    rows[:, 2] *= -1.0


def at_the_target(rows: Vector, rng: Rng) -> None:
    """Put the lander at its target, or within a micrometre, most of them at rest."""
    rows[:, PLACE] *= 1e-9 * (rng.random((len(rows), 1)) < 0.5)
    rows[:, SPEED] *= rng.random((len(rows), 1)) < 0.2


def huge(rows: Vector, rng: Rng) -> None:
    """Multiply every number by up to 1e150."""
    rows *= 10.0 ** rng.uniform(0, 150, rows.shape)


def denormal(rows: Vector, rng: Rng) -> None:
    """Divide numbers until some are denormal."""
    rows *= 10.0 ** -rng.uniform(0, 320, rows.shape)


def no_gravity(rows: Vector, rng: Rng) -> None:
    """Let nothing pull, or hardly."""
    rows[:, 9:12] *= 10.0 ** -rng.uniform(2, 320, (len(rows), 1))


#: What is done to a state, and its share of all inputs; the rest stays as it is drawn.
KINDS: dict[str, tuple[Callable[[Vector, Rng], None], float]] = {
    "NaN or infinite": (not_a_number, 0.03),
    "no thrust": (no_thrust, 0.02),
    "least thrust above full": (least_above_full, 0.02),
    "no mass": (no_mass, 0.02),
    "propellant gone on the way": (almost_no_propellant, 0.005),
    "less thrust than weight": (too_weak, 0.005),
    "least thrust is full thrust": (one_thrust, 0.02),
    "target above the lander": (under_the_ground, 0.03),
    "at the target": (at_the_target, 0.02),
    "huge numbers": (huge, 0.01),
    "denormal numbers": (denormal, 0.03),
    "next to no gravity": (no_gravity, 0.01),
}


def main() -> int:
    """Run all kinds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--write", action="store_true", help="into docs/guidance.md")
    asked = parser.parse_args()
    rng = np.random.default_rng(3)
    kinds = dict(KINDS)
    kinds["random lunar states"] = (lambda rows, rng: None, 1.0 - sum(s for _, s in KINDS.values()))
    lines = [
        "| inputs | count | optimal | not found | refused | most Newton steps | mean CPU time |",
        "|---|---|---|---|---|---|---|",
    ]
    whole_s, most, wrong = 0.0, 0, 0
    for seed, (name, (spoil, share)) in enumerate(kinds.items()):
        rows = states(round(share * asked.count), seed=100 + seed)
        with np.errstate(over="ignore", under="ignore"):
            spoil(rows, rng)
        landers, nothing = rows.view(_optimal.LANDER)[:, 0], np.zeros(len(rows), _optimal.EXTREMAL)
        found, status = np.empty_like(nothing), np.full(len(rows), 255, np.uint8)
        began = time.process_time()
        _optimal.solve(landers, nothing, found, status)
        spent_s = time.process_time() - began
        whole_s += spent_s
        solved = status == 0
        wrong += np.count_nonzero(status > 2)
        answers = found[solved]
        wrong += sum(np.count_nonzero(~np.isfinite(answers[name])) for name in answers.dtype.names)
        left = answers["mass_final"] / rows[solved, MASS]
        wrong += np.count_nonzero(~((left > 0.0) & (left <= 1.0) & (answers["residual"] < 1e-9)))
        steps = int(found["steps"].max())
        most = max(most, steps)
        counts = " | ".join(f"{np.count_nonzero(status == k)}" for k in range(3))
        lines.append(
            f"| {name} | {len(rows)} | {counts} | {steps} | {1e6 * spent_s / len(rows):.1f} us |"
        )
        print(lines[-1], flush=True)
    budget_s = 1e-6 * BUDGET_US * asked.count
    lines.append(
        f"\n{asked.count} inputs took {whole_s:.0f} s of CPU time, {budget_s:.0f} s allowed; "
        f"no problem took more than {most} Newton steps, {MOST_STEPS} allowed; "
        f"{wrong} answers wrong."
    )
    print(lines[-1])
    if asked.write:
        write("hostile", lines)
    return int(wrong > 0 or most > MOST_STEPS or whole_s > budget_s)


if __name__ == "__main__":
    raise SystemExit(main())
