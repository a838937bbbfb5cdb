"""Writes docs/benchmark.md: `python -m farside.scenes.table`, or `make benchmark-table`."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import accumulate
from pathlib import Path
from string import Template

import numpy as np

from farside.scenes.detectors import DETECTORS, PREDICTS
from farside.scenes.scene import CONDITIONS, EVALUATION_FROM, make_scene
from farside.scenes.score import DECILES, Score, score_mask
from farside.scenes.storage import BENCHMARK
from farside.scenes.truth import RULES, truth_of

QUOTED_FROM = 1032
"""The evaluation scenes before it were looked at, though not fitted to, while ours was made."""

Scores = dict[tuple[str, str], Score]  # by detector and rule

_TEXT = """# The benchmark of hazard detectors

Nobody has published a benchmark of safe landing maps with truth. This is one, and any detector can
take part: it gets the elevation of a scene, and its mask is scored against what the ground is.

```
farside scene 1002 --out scene-1002     # elevation.tif, elevation.npy, scene.json, hillshade.png
your-detector scene-1002/elevation.tif mask.tif
farside score mask.tif --scene 1002     # a table; --json for a program
```

**A scene** is 512 x 512 cells of 0.1 m over the real Chang'e 6 base (the whole-Moon DEM), with
synthetic relief, craters and rocks below its resolution, within 4 km of the site. The number of the
scene draws everything from counters: every machine makes the same scene. The number modulo
$conditions_count picks how it is sampled:

| modulo $conditions_count | elevation, and its noise (1 sigma) |
|---|---|
$conditions

*Posted* is the height at each cell's centre with noise of its own; *lidar* the mission's scanner
from 100 m up, its returns gridded, with a bias and unseen cells (NaN).

**The truth** is worked out by the scorer from the ground without noise, in double precision and by
brute force (`scenes/oracle.py`, `scenes/legs.py`), from no kernel of ours. Rule `disc`: over the
2009 cells of the 5 m footprint, the least-squares plane is at most 8 deg steep and no ground
deviates from it by more than 0.2 m. Rule `stand` (`--rule stand`): and on its four legs, turned any
way, the lander rests at most 8 deg tilted and clears the ground with its belly.

**Scenes 0 to $last_training are for training and tuning**, and `farside scene N --truth` writes
their truth and the labels of their craters and rocks; those **from $evaluation on are for scores**.

**Scores** count cells whose whole footprint is on the map; those within 1e-5 m of a limit are left
out. *False safe*: share of the accepted cells that are not safe. *Missed*: share of the safe cells
that are not accepted; *easy* ones deviate by 0.15 m or less on 7.5 deg or less. A mask of
probabilities is accepted from 0.5 up (`--accept`), and its deciles are held against what came true.

Below: scenes $first to $last, $each of each condition, written by `make benchmark-table`; version
$version of the benchmark. Ours was fitted to scenes below 400, and to none of these
(`studies/calibrate.py`). What limits every detector is the noise: a cell whose deviation is
within a noise or two of the limit cannot be known. Ours get the noise of scene.json, and of
gridded returns their spacing: tops that lie between two returns are then raised, and what may still
be missing counts against a cell; *disc* and *3 cm inside* take the map as it is. *Disc* asks the
footprint only, *3 cm inside* keeps a margin to the limit of deviation; *odds* are the probability
of a safe footprint (disc), or of a safe footprint and legs (stand), accepted from 0.5 up; *0.997
sure* accepts where the ground as measured is safe, and that probability 0.997 or more. Cells of a
scene are not independent: scenes differ enough to leave about 1 % (1 sigma) in the middle deciles
of the pooled rows at the end, and 2 % in those of a single noise.

$tables
"""


def measure(number: int) -> Scores:
    """Score every detector on a scene, by both rules."""
    scene = make_scene(number)
    truths = {rule: truth_of(number, rule) for rule in RULES}
    masks = {name: detect(scene) for name, detect in DETECTORS.items()}
    return {
        (name, rule): score_mask(mask, truths[rule])
        for name, mask in masks.items()
        for rule in RULES
    }


def pooled(scores: Sequence[Scores]) -> Scores:
    """Pool the scores of scenes, detector by detector."""
    return {key: list(accumulate(each[key] for each in scores))[-1] for key in scores[0]}


def measure_all(per_condition: int, workers: int) -> dict[int, Scores]:
    """Score every detector on evaluation scenes, so many of each condition."""
    numbers = range(QUOTED_FROM, QUOTED_FROM + per_condition * len(CONDITIONS))
    with ProcessPoolExecutor(workers) as pool:
        return dict(zip(numbers, pool.map(measure, numbers), strict=True))


def write_up(scores: dict[int, Scores]) -> str:
    """Write the document about the scores of scenes, by number."""
    each = len(scores) // len(CONDITIONS)
    held: dict[str, Scores] = {}
    for row, condition in enumerate(CONDITIONS):
        held[str(condition)] = pooled([s for n, s in scores.items() if n % len(CONDITIONS) == row])
    parts = [f"## {condition}\n\n{_shares(pool)}" for condition, pool in held.items()]
    noisy = {str(c): held[str(c)] for c in CONDITIONS if c.noise_m > 0.0}
    posted = [held[str(c)] for c in CONDITIONS if c.noise_m > 0.0 and c.kind == "posted"]
    parts += _calibrations(noisy | {"posted, noisy, together": pooled(posted)})
    return Template(_TEXT).substitute(
        conditions_count=len(CONDITIONS),
        conditions="\n".join(f"| {row} | {name} |" for row, name in enumerate(CONDITIONS)),
        last_training=EVALUATION_FROM - 1,
        evaluation=EVALUATION_FROM,
        first=min(scores),
        last=max(scores),
        each=each,
        version=BENCHMARK,
        tables="\n\n".join(parts),
    )


def _shares(scores: Scores) -> str:
    """Tabulate one condition."""
    lines = [
        "| detector | disc: false safe | missed | missed easy "
        "| stand: false safe | missed | missed easy |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for name in DETECTORS:
        shares = [
            _percent(share)
            for rule in RULES
            for share in (
                scores[name, rule].false_safe_share,
                scores[name, rule].missed_share,
                scores[name, rule].missed_easy_share,
            )
        ]
        lines.append(f"| {name} | {' | '.join(shares)} |")
    disc, stand = (scores[next(iter(DETECTORS)), rule] for rule in RULES)
    lines.append(
        f"\n{disc.scored:,} cells; {100.0 * disc.safe / disc.scored:.1f} % are safe by the disc, "
        f"{100.0 * stand.safe / disc.scored:.1f} % by the stand, and "
        f"{100.0 * disc.easy / max(disc.safe, 1):.1f} % of the former easy; "
        f"{disc.ties} ties left out."
    )
    return "\n".join(lines)


def _calibrations(conditions: dict[str, Scores]) -> list[str]:
    """Tabulate what came true of each detector's probabilities."""
    parts = []
    for name, rule in PREDICTS.items():
        lines = [
            f"## {name}: truly safe less predicted, by decile [%]\n",
            f"| elevation | {' | '.join(f'{k / 10:.1f}-' for k in range(DECILES))} "
            "| fewest cells | Brier |",
            f"|---|{'---:|' * (DECILES + 2)}",
        ]
        for condition, scores in conditions.items():
            odds = scores[name, rule].odds
            if odds is None:
                continue
            gaps = [_gap(gap) for gap in odds.observed - odds.predicted]
            lines.append(
                f"| {condition} | {' | '.join(gaps)} | {odds.cells.min():,} | {odds.brier:.4f} |"
            )
        parts.append("\n".join(lines))
    return parts


def _gap(share: float) -> str:
    return "-" if np.isnan(share) else f"{100.0 * share:+.1f}"


def _percent(share: float) -> str:
    return "-" if np.isnan(share) else f"{100.0 * share:.2f} %"


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Measure the detectors and write the table.")
    parser.add_argument("--out", type=Path, default=Path("docs/benchmark.md"))
    parser.add_argument("--scenes", type=int, default=28, help="of each condition")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    given.out.write_text(write_up(measure_all(given.scenes, given.jobs)), encoding="utf-8")


if __name__ == "__main__":
    main()
