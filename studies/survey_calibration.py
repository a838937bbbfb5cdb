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
from pathlib import Path

import numpy as np

from farside.ground import Ground
from farside.ground.footprint import disc_residuals
from farside.mission.schema import Mission
from farside.survey import survey_region
from farside.survey.landing_mission import site_keys
from farside.survey.landing_survey import RegionSurvey
from farside.survey.landing_templates import planes, step_of

PAGE = Path(__file__).parents[1] / "docs" / "survey.md"
BEGIN, END = "<!-- calibration -->", "<!-- end of calibration -->"
SITES, FIRST_SEED, PER_SITE, SPREAD_M = 20, 300_000, 1000, 300.0
REGIONS = ("apollo", "von-karman", "ingenii", "schrodinger")
MISSION, DATES = "chang-e-6", "2024-06-01..2024-06-03"


def main() -> None:
    """Draw, count, print, and write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--grounds", type=int, default=100)
    parser.add_argument("--places", type=int, default=2)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    begin = time.process_time()
    rows = []
    for number, (found, cell) in enumerate(_cells()):
        first = FIRST_SEED + PER_SITE * number  # no two sites share a draw
        said = [float(found.layers[f"{name}_probability"][cell]) for name in ("holds", "footprint")]
        plan = found.mission.replace(site_keys(found, *cell))
        drawn = np.array(
            [
                scan
                for seed in range(asked.grounds)
                for scan in _scans(plan, first + seed, asked.places)
            ]
        )
        rows.append((*said, drawn[:, 0].mean(), drawn[:, 1].mean(), len(drawn)))
        print(" ".join(f"{x:.3f}" for x in rows[-1][:4]), plan.site, flush=True)
    text = table(np.array(rows), asked.grounds, time.process_time() - begin)
    print(text)
    if asked.write:
        page = PAGE.read_text("utf-8")
        head, _, rest = page.partition(BEGIN)
        tail = rest.partition(END)[2]
        PAGE.write_text(f"{head}{BEGIN}\n{text}\n{END}{tail}", "utf-8")


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
    """Return the page's table: said and found by decile of what was said."""
    lines = [
        f"{grounds * len(rows)} grounds, {int(rows[:, 4].sum())} scans at {len(rows)} sites "
        f"({seconds / 60:.0f} min of CPU time).",
        "",
        "| said: a scan holds a safe place | sites | scans | said | found | found less said |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for low in np.arange(0.0, 1.0, 0.1):
        held = rows[(rows[:, 0] >= low) & (rows[:, 0] < low + 0.1 + 1e-9)]
        if len(held):
            said, came = held[:, 0].mean(), held[:, 2].mean()
            lines.append(
                f"| {low:.1f}-{low + 0.1:.1f} | {len(held)} | {int(held[:, 4].sum())} | "
                f"{100 * said:.1f} % | {100 * came:.1f} % | {100 * (came - said):+.1f} % |"
            )
    said, came = rows[:, 0].mean(), rows[:, 2].mean()
    lines.append(
        f"| all | {len(rows)} | {int(rows[:, 4].sum())} | {100 * said:.1f} % | {100 * came:.1f} % "
        f"| {100 * (came - said):+.1f} % |"
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
