"""What noise can do to a stand: against noisy stands, and against sums over every error."""

import numpy as np
import pytest
from reference_disc import moonscape
from scipy.special import ndtr

from farside.ext.terrain.legs import pad_places
from farside.terrain import ElevationMap, LanderFootprint
from farside.terrain.legs import LegContact
from farside.terrain.sensitivity import legs_sensitivity

LANDER = LanderFootprint(5.0, 4, 4.8, 0.4, 0.45)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("legs", "cell_m"), [(4, (0.1, 0.1)), (3, (0.1, 0.1)), (6, (0.2, 0.1)), (4, (0.2, 0.2))]
)
def test_no_stand_spreads_more_than_the_largest_gain(legs, cell_m):
    """Var f <= L^2 sigma^2 for f of Lipschitz constant L (Poincare), and some stand comes near."""
    lander = LanderFootprint(5.0, legs, 4.8, 0.4, 0.45, headings=12)
    heights = 0.3 * moonscape(90, seed=legs)
    workspace = LegContact(heights.shape, cell_m, lander)
    rng = np.random.default_rng(legs)
    sigma, draws = 0.003, 150
    slopes, rises = [], []
    for _ in range(draws):
        noisy = (heights + rng.normal(0, sigma, heights.shape)).astype(np.float32)
        elevation = ElevationMap.from_array(noisy, cell_m[0], cell_north_m=cell_m[1])
        planes = workspace.measure(elevation, workspace.known(elevation)[0])
        slopes.append(np.tan(np.radians(planes.slope_worst_deg)))
        rises.append(planes.rise_worst_m)
    for drawn, excess in zip((slopes, rises), legs_sensitivity(lander, cell_m), strict=True):
        spread = np.std(drawn, axis=0)
        greatest = spread[np.isfinite(spread)].max() / sigma
        # A sample's deviation is itself off by 6 %, and it is the greatest of thousands.
        assert 0.5 * excess.gain < greatest < 1.25 * excess.gain


def test_one_term_is_no_less_than_the_sum_over_every_error():
    """On three legs that is sum over headings, cells and pads, written out with solved planes."""
    lander, cell = LanderFootprint(5.0, 3, 4.8, 0.4, 0.45, headings=6), 0.25
    tilt, rise = legs_sensitivity(lander, (cell, cell))
    e, d = np.meshgrid(np.arange(-10, 11), np.arange(-10, 11))
    inside = e**2 + d**2 <= 10.0**2 + 5.0
    points = np.stack([e[inside], d[inside]], axis=1).astype(float)
    pad_cells = 5  # 0.4 m on 0.25 m: the middle cell and its neighbours
    stands = {tuple(map(tuple, at)) for at in pad_places(3, 6, 2.4, (cell, cell))}
    largest = 0.0
    for x in (8.0, 10.0, 12.0):
        total = 0.0
        for stand in stands:
            plane = np.array([[1.0, *place] for place in stand])
            # shares: heights of the pads that make 1, x and y at the point
            shares = np.array([np.linalg.solve(plane.T, [1.0, *q]) for q in points])
            gains = np.sqrt(1.0 + (shares**2).sum(axis=1))
            down, up = (shares > 1e-9).sum(axis=1), (shares < -1e-9).sum(axis=1)
            total += (float(pad_cells) ** np.maximum(down, up) * ndtr(-x / gains)).sum()
            largest = max(largest, gains.max())
        assert total <= rise.count * ndtr(-x / rise.gain) < 30.0 * total
    assert largest <= rise.gain < largest + 0.005
    assert tilt.count == len(stands) * pad_cells**3


def test_pads_that_overlap_add_up():
    """Two pads on the same cells share their errors: nothing is gained from their number."""
    apart = legs_sensitivity(LANDER, (0.1, 0.1))
    touching = legs_sensitivity(LanderFootprint(5.0, 4, 4.8, 2.4, 0.45), (0.1, 0.1))
    # Sums of the parts, against roots of the sums of their squares.
    assert touching[0].gain > 1.4 * apart[0].gain
    assert touching[1].gain > 1.8 * apart[1].gain
