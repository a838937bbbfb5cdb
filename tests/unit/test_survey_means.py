"""Means over a landing ellipse, against the normal's integral over cells."""

import math

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from farside.survey import LandingEllipse
from farside.survey.landing_region import Region, plane_of


@pytest.mark.parametrize("region", ["10S,20E,150", "south-pole"])
@pytest.mark.parametrize("axes", [(0.26, 0.26), (0.6, 0.6), (2.0, 1.0), (8.0, 4.0), (16.0, 8.0)])
def test_a_cell_counts_by_the_mass_of_the_ellipse_in_it(region, axes):
    """Means of a map that is 1 in a few cells, against the normal's integral over each of them."""
    grid = plane_of(Region.of(region), 6000.0)
    row, col = grid.shape[0] // 3, grid.shape[1] // 3
    side = float(grid.ground_m[row, col])
    ellipse = LandingEllipse.of_axes(axes[0] * 6000.0, axes[1] * 6000.0, 40.0)
    turn = math.radians(float(grid.geometry.turn_at(row, col)))
    # columns and rows of the grid, northwards, from east and north
    ways = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    normal = multivariate_normal([0.0, 0.0], ways @ ellipse.covariance @ ways.T / side**2)
    for down, right, half in ((0, 0, 0), (1, 0, 0), (0, 1, 0), (-1, 1, 0), (3, -2, 2)):
        values = np.zeros(grid.shape)
        i, k = row + down, col + right
        values[i - half : i + half + 1, k - half : k + half + 1] = 1.0
        reach = half + 0.5
        want = normal.cdf([right + reach, reach - down], lower_limit=[right - reach, -down - reach])
        # cut at 3 sigma: 1.1 % of the mass is shared out; nearest turn and size: 1.4 % at most
        assert ellipse.mean_at(values, grid, row, col)[0] == pytest.approx(want, abs=0.02)


@pytest.mark.parametrize("axes", [(6.0, 6.0), (1.0, 0.0), (18.0, 3.0), (18.0, 14.0)])
def test_layer_and_site_agree_to_the_bit(axes):
    grid = plane_of(Region.of("south-pole"), 16_000.0)
    values = np.random.default_rng(6).random(grid.shape)
    values[grid.shape[0] // 2 + 3, grid.shape[1] // 2] = np.nan
    ellipse = LandingEllipse.of_axes(axes[0] * 16_000.0, axes[1] * 16_000.0, 70.0)
    mapped = ellipse.mean_map(values, grid)
    for row in range(0, grid.shape[0], 9):
        for col in range(0, grid.shape[1], 11):
            assert mapped[row, col] == ellipse.mean_at(values, grid, row, col)[0]
    assert mapped.min() >= 0.0 and mapped.max() <= 1.0
