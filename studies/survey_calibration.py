"""Calibration of the survey's hazard model: said against found over drawn ground.

    python -m studies.survey_calibration [--grounds N] [--places N] [--write]

Twenty cells of the far side, evenly over the probability that a scan holds a safe footprint as
the survey says it, chosen before any ground is drawn. At each, grounds of other seeds than the
model's templates are drawn by `farside.ground`, as a flight to the site would have them, and
scans are laid at places of a normal distribution about the site. A scan's square is then looked
over footprint by footprint. The result is the table in docs/survey.md.
"""

from __future__ import annotations

import argparse
import math
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from farside.ground import Ground
from farside.ground.footprint import disc_residuals
from farside.mission.schema import Mission
from farside.survey import survey_region
from farside.survey.landing_hazards import probabilities
from farside.survey.landing_mission import site_keys
from farside.survey.landing_slopes import HURST_BELOW
from farside.survey.landing_survey import RegionSurvey
from farside.survey.landing_templates import mean_of, of_seeds, planes, step_of

PAGE = Path(__file__).parents[1] / "docs" / "survey.md"
BEGIN, END = "<!-- calibration -->", "<!-- end of calibration -->"
SITES, FIRST_SEED, PER_SITE, SPREAD_M = 20, 700_000, 1000, 300.0
REGIONS = ("apollo", "von-karman", "ingenii", "schrodinger")
MISSION, DATES = "chang-e-6", "2024-06-01..2024-06-03"


def main() -> None:
    """Draw, count, print, and write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--grounds", type=int, default=100)
    parser.add_argument("--places", type=int, default=4)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    begin = time.process_time()
    rows = []
    cells = _cells()
    blurs = _template_errors(cells)
    for number, (found, cell) in enumerate(cells):
        first = FIRST_SEED + PER_SITE * number  # no two sites share a draw
        said = [float(found.layers[f"{name}_probability"][cell]) for name in ("holds", "footprint")]
        plan = found.mission.replace(site_keys(found, *cell))
        seeds = range(first, first + asked.grounds)
        drawn = np.array([_scans(plan, seed, asked.places) for seed in seeds])
        # scans of one ground may be alike: the error is that of means over grounds
        off = drawn[..., 0].mean(axis=1).std(ddof=1) / math.sqrt(asked.grounds)
        held, safe = drawn.mean(axis=(0, 1))
        rows.append((*said, held, safe, drawn[..., 0].size, off, blurs[number]))
        print(" ".join(f"{x:.3f}" for x in rows[-1]), plan.site, flush=True)
    text = table(np.array(rows), asked.grounds, time.process_time() - begin)
    print(text)
    if asked.write:
        page = PAGE.read_text("utf-8")
        head, _, rest = page.partition(BEGIN)
        tail = rest.partition(END)[2]
        PAGE.write_text(f"{head}{BEGIN}\n{text}\n{END}{tail}", "utf-8")


def _template_errors(cells: list[tuple[RegionSurvey, tuple[int, int]]]) -> list[float]:
    """Return the error, 1 sigma, that the number of templates leaves in what is said at cells.

    Jackknife over the seeds of the templates: squares of one seed share their largest waves.
    """
    out = []
    parts: dict[float, np.ndarray] = {}
    for found, cell in cells:
        plan, layers = found.mission, found.layers
        posting = float(2.0 ** np.round(np.log2(float(found.ground.post_m[cell]))))
        if posting not in parts:
            ground = replace(plan.ground, hurst_regional=HURST_BELOW)
            parts[posting] = of_seeds(ground, posting, found.limits)
        asked = [
            np.array([math.tan(math.radians(float(layers[name][cell])))])
            for name in ("slope_deg", "tilt_sigma_deg")
        ]
        rough = np.array([layers["deviation_474_m"][cell] / plan.ground.deviation_474_m])
        whole = parts[posting]
        left = np.array(
            [
                probabilities(mean_of(np.delete(whole, n, axis=0)), *asked, rough)[1][0]
                for n in range(len(whole))
            ]
        )
        out.append(math.sqrt((len(left) - 1) * left.var()))
    return out


def _cells() -> list[tuple[RegionSurvey, tuple[int, int]]]:
    """Return the cells nearest to even steps of the probability that is said, by region in turn."""
    surveys = [survey_region(name, MISSION, dates=DATES, sites=0) for name in REGIONS]
    out = []
    for k in range(SITES):
        wanted = (k + 0.5) / SITES
        found = surveys[k % len(surveys)]
        layer = found.layers["holds_probability"]
        off = np.abs(np.where(np.isfinite(layer), layer, 9.0) - wanted)
        row, col = np.unravel_index(int(off.argmin()), off.shape)
        out.append((found, (int(row), int(col))))
    return out


def _scans(plan: Mission, seed: int, count: int) -> list[tuple[float, float]]:
    """Return for scans of one ground whether each holds a safe footprint, and their share."""
    ground = Ground(plan, seed=seed)
    places = np.random.Generator(np.random.Philox(key=[seed, 7])).normal(0.0, SPREAD_M, (count, 2))
    hazards = plan.hazards
    limit = math.tan(math.radians(hazards.slope_deg))
    out = []
    for u, v in places:
        z = ground.patch(float(u), float(v), 0.5 * hazards.map_cells * hazards.cell_m).heights
        z = np.ascontiguousarray(z - z.mean(), np.float32)
        _, x, y = planes(z, hazards.footprint_m)
        level = (
            disc_residuals(z, step_of(hazards.footprint_m, z.shape[0]), hazards.footprint_m)
            <= hazards.obstacle_m
        )
        safe = level & (x * x + y * y <= limit * limit)
        out.append((float(safe.any()), float(safe.mean())))
    return out


def table(rows: np.ndarray, grounds: int, seconds: float) -> str:
    """Return the page's table: said and found by decile of what was said, and the error of both."""
    lines = [
        f"{grounds * len(rows)} grounds, {int(rows[:, 4].sum())} scans at {len(rows)} sites "
        f"({seconds / 60:.0f} min of CPU time).",
        "",
        "| said: a scan holds a safe place | sites | scans | said | found | found less said | "
        "1 sigma of the grounds | of the templates |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    bounds = [(low, low + 0.1) for low in np.arange(0.0, 1.0, 0.1)]
    for low, high in [*bounds, (0.0, 1.0)]:
        held = rows[(rows[:, 0] >= low) & (rows[:, 0] < high + 1e-9)]
        if not len(held):
            continue
        said, came = held[:, 0].mean(), held[:, 2].mean()
        drawn = math.sqrt((held[:, 5] ** 2).sum()) / len(held)
        name = "all" if len(held) == len(rows) else f"{low:.1f}-{high:.1f}"
        lines.append(
            f"| {name} | {len(held)} | {int(held[:, 4].sum())} | {100 * said:.1f} % | "
            f"{100 * came:.1f} % | {100 * (came - said):+.1f} % | {100 * drawn:.1f} % | "
            f"{100 * held[:, 6].mean():.1f} % |"
        )
    said, came = rows[:, 1], rows[:, 3]
    lines += [
        "",
        f"Share of safe footprints at random: said {100 * said.mean():.1f} %, found "
        f"{100 * came.mean():.1f} %; the sites differ by {100 * np.abs(came - said).mean():.1f} % "
        f"in the mean and {100 * np.abs(came - said).max():.1f} % at most.",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
