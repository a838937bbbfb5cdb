"""Counts false safe cells over as many sites as asked, against brute force in double precision.

    python studies/oracle.py --disc 1e8 --legs 1e6 --out docs/oracle.md

Ground is drawn with every kind of hazard and without noise; sites are all those of a map (disc) or
drawn from it (legs, half of them from what our map accepts). The force is compiled by numba from
the definitions, and knows nothing of our kernels: of every disc the least-squares plane and the
greatest deviation from it, of every stand all headings, all triples of pads that carry the middle,
all cells under the footprint. Cells within 1e-5 m of a limit, and the tilt that this makes over the
footprint, are ties, counted apart.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numba
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from reference_disc import disc_offsets, moonscape

from farside.terrain import ElevationMap, HazardLimits, LanderFootprint, assess

CELL_M = 0.1
SIDE = 900
LIMITS = HazardLimits(8.0, 0.2)
LANDER = LanderFootprint(5.0, 4, 4.8, 0.4, 0.45)
TIE_M = 1e-5
TIE_TANGENT = TIE_M / 2.5  # over the radius of the footprint
RELIEF = 0.4
"""Of the drawn ground: as it is, hardly any leg stand is safe."""
PAGE = """# Accepted sites counted against brute force

`python studies/oracle.py --disc 1e8 --legs 1e6 --out docs/oracle.md` writes this page: sites on
drawn ground without noise, accepted by our maps, against the definitions in double precision,
compiled by numba. Ties are within 1e-5 m of a limit (a slope: 1e-5 m over 2.5 m). Half of the
legs' sites are drawn from those accepted; 72 headings each.

| rule | sites | accepted | false safe | ties left out |
|---|---:|---:|---:|---:|
"""


@numba.njit(cache=False)
def force_discs(z, offsets):
    """Tangent of the slope [m per cell] and deviation [m] of every disc; 0 where it leaves."""
    reach = offsets.max()
    tangent, deviation = np.zeros(z.shape), np.zeros(z.shape)
    n, square = len(offsets), (offsets[:, 0] ** 2).sum()
    for i in range(reach, z.shape[0] - reach):
        for j in range(reach, z.shape[1] - reach):
            s = sx = sy = 0.0
            for k in range(n):
                h = z[i + offsets[k, 0], j + offsets[k, 1]]
                s += h
                sy += offsets[k, 0] * h
                sx += offsets[k, 1] * h
            c, a, b = s / n, sx / square, sy / square
            worst = 0.0
            for k in range(n):
                h = z[i + offsets[k, 0], j + offsets[k, 1]]
                d = abs(h - c - a * offsets[k, 1] - b * offsets[k, 0])
                if d > worst:
                    worst = d
            tangent[i, j] = np.hypot(a, b)
            deviation[i, j] = worst
    return tangent, deviation


@numba.njit(cache=False)
def force_stands(z, tops, rows, cols, offsets, pads):
    """Tangent [m per cell] of the steepest plane of any heading, and the greatest rise [m]."""
    steepest, highest = np.zeros(len(rows)), np.full(len(rows), -1e30)
    triples = np.array([[0, 1, 2], [0, 1, 3], [0, 2, 3], [1, 2, 3]])
    for n in range(len(rows)):
        i, j = rows[n], cols[n]
        for k in range(pads.shape[0]):
            for t in range(4):
                m, h = np.ones((3, 3)), np.zeros(3)
                for q in range(3):
                    pad = pads[k, triples[t, q]]
                    m[q, 1], m[q, 2] = pad[1], pad[0]
                    h[q] = tops[i + pad[0], j + pad[1]]
                inverse = np.linalg.inv(m)
                if inverse[0].min() < -1e-9:
                    continue  # the middle is not over the three
                c, a, b = inverse @ h
                rests = True
                for q in range(4):
                    pad = pads[k, q]
                    if tops[i + pad[0], j + pad[1]] > c + a * pad[1] + b * pad[0] + 1e-12:
                        rests = False
                if not rests:
                    continue
                steepest[n] = max(steepest[n], np.hypot(a, b))
                for o in range(len(offsets)):
                    y, x = offsets[o]
                    rise = z[i + y, j + x] - a * x - b * y - c
                    if rise > highest[n]:
                        highest[n] = rise
    return steepest, highest


def pad_places() -> np.ndarray:
    """Row and column of every pad at every heading: (headings, 4, 2)."""
    turn = np.pi / 2 * (np.arange(LANDER.headings)[:, None] / LANDER.headings + np.arange(4))
    away = 0.5 * LANDER.span_m / CELL_M * np.stack([np.sin(turn), np.cos(turn)], axis=2)
    away = np.round(away, 9)
    return (np.sign(away) * np.floor(np.abs(away) + 0.5)).astype(np.int64)


def tops_of(z, offsets):
    """Highest ground under a pad at every place; the rim is not used."""
    tops = z.copy()
    for y, x in offsets:
        np.maximum(tops, np.roll(z, (-y, -x), (0, 1)), out=tops)
    return tops


def count_discs(sites: int) -> tuple[int, int, int, int]:
    """Return sites judged, accepted, accepted though not safe, and ties."""
    offsets = disc_offsets(25.0).astype(np.int64)
    limit = np.tan(np.radians(LIMITS.slope_deg))
    judged = accepted = false_safe = ties = 0
    seed = 10_000
    while judged < sites:
        ground = moonscape(SIDE, seed=seed)
        seed += 1
        found = assess(ElevationMap.from_array(ground, CELL_M), LANDER, LIMITS, leg_cells="none")
        tangent, deviation = force_discs(ground.astype(float), offsets)
        inside = np.s_[25 : SIDE - 25, 25 : SIDE - 25]
        steep = (tangent / CELL_M - limit)[inside]
        rough = (deviation - LIMITS.roughness_m)[inside]
        ours = found.safe[inside]
        tie = (np.abs(steep) < TIE_TANGENT) | (np.abs(rough) < TIE_M)
        judged += ours.size
        accepted += int(ours.sum())
        ties += int(tie.sum())
        false_safe += int((ours & ((steep > 0) | (rough > 0)) & ~tie).sum())
        print(f"disc: {judged:.3e} sites, {accepted} accepted, {false_safe} false", flush=True)
    return judged, accepted, false_safe, ties


def count_stands(sites: int, per_map: int = 20_000) -> tuple[int, int, int, int]:
    """Return the same of legs at every heading, with the disc out of the way."""
    lander, limits = LANDER, HazardLimits(LIMITS.slope_deg, 1e6)
    offsets, pads = disc_offsets(25.0).astype(np.int64), pad_places()
    under_pad = disc_offsets(0.5 * lander.pad_m / CELL_M).astype(np.int64)
    limit = np.tan(np.radians(limits.slope_deg))
    judged = accepted = false_safe = ties = 0
    seed = 20_000
    while judged < sites:
        rng = np.random.default_rng(seed)
        ground = (RELIEF * moonscape(SIDE, seed=seed)).astype(np.float32)
        seed += 1
        found = assess(ElevationMap.from_array(ground, CELL_M), lander, limits, leg_cells="all")
        stood = np.isfinite(found.stand_slope_worst_deg)
        ours = (
            stood
            & (found.stand_slope_worst_deg <= limits.slope_deg)
            & (found.rise_worst_m <= lander.belly_clearance_m)
        )
        yes, others = np.nonzero(ours.ravel())[0], np.nonzero((stood & ~ours).ravel())[0]
        half = min(per_map // 2, len(yes))
        at = np.concatenate(
            [
                rng.choice(yes, half, replace=False),
                rng.choice(others, min(per_map - half, len(others)), replace=False),
            ]
        )
        rows, cols = np.unravel_index(at, ours.shape)
        z = ground.astype(float)
        tangent, rise = force_stands(z, tops_of(z, under_pad), rows, cols, offsets, pads)
        steep, high = tangent / CELL_M - limit, rise - lander.belly_clearance_m
        tie = (np.abs(steep) < TIE_TANGENT) | (np.abs(high) < TIE_M)
        safe = (steep <= 0) & (high <= 0)
        judged += len(at)
        accepted += int(ours.ravel()[at].sum())
        ties += int(tie.sum())
        false_safe += int((ours.ravel()[at] & ~safe & ~tie).sum())
        missed = int((~ours.ravel()[at] & safe & ~tie).sum())
        print(
            f"legs: {judged:.2e} sites, {accepted} accepted, {false_safe} false, "
            f"{missed} of this map's missed",
            flush=True,
        )
    return judged, accepted, false_safe, ties


def main() -> None:
    """Count, and print the two rows of the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--disc", type=float, default=1e6, help="sites of the disc")
    parser.add_argument("--legs", type=float, default=2e4, help="sites of the legs")
    parser.add_argument("--out", type=Path, help="page to write the table to")
    given = parser.parse_args()
    rows = [("disc", count_discs(int(given.disc))), ("legs", count_stands(int(given.legs)))]
    page = PAGE + "".join(
        f"| {name} | {' | '.join(f'{n:,}' for n in counts)} |\n" for name, counts in rows
    )
    print(f"\n{page}")
    if given.out:
        given.out.write_text(page, encoding="utf-8")
    if any(counts[2] for _, counts in rows):
        sys.exit(1)


if __name__ == "__main__":
    main()
