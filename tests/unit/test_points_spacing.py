"""How far apart returns are, and what copies of them must not change."""

import numpy as np
import pytest
from scipy.spatial import cKDTree

from farside.survey import survey
from farside.survey.sources import array_source

SPACING_M = 0.12


def returns_over(side_m, seed, ground=None, spacing_m=SPACING_M):
    """Measure a square by returns on a jittered raster: (N, 3)."""
    rng = np.random.default_rng(seed)
    along = (np.arange(round(side_m / spacing_m)) + 0.5) * spacing_m
    place = np.dstack(np.meshgrid(along, along)).reshape(-1, 2)
    place += rng.uniform(-0.3 * spacing_m, 0.3 * spacing_m, place.shape)
    up = rng.normal(0.0, 0.005, len(place))
    if ground is not None:
        up += ground(place)
    return np.column_stack([place, up])


def spacing(cloud, cell_m=0.1):
    return array_source(cloud, cell_m).spacing_m


@pytest.fixture(scope="module")
def cloud():
    return returns_over(20.0, 1)


def test_once_is_the_spacing_drawn(cloud):
    assert spacing(cloud) == pytest.approx(SPACING_M, rel=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("copies", [2, 8])
@pytest.mark.parametrize("apart_m", [0.0, 0.0005, 0.002, 0.005])
def test_copies_exact_and_near(cloud, copies, apart_m):
    rng = np.random.default_rng(2)
    again = [cloud + rng.normal(0.0, apart_m, cloud.shape) for _ in range(copies - 1)]
    # counted, eight copies would be 0.042 m apart
    assert spacing(np.vstack([cloud, *again])) == pytest.approx(SPACING_M, rel=0.04)


def test_copies_of_a_part_alone(cloud):
    part = cloud[cloud[:, 0] < 12.0]
    assert spacing(np.vstack([cloud, *[part] * 7])) == pytest.approx(SPACING_M, rel=0.04)


@pytest.mark.parametrize("share", [0.3, 0.5, 0.8])
def test_strips_that_overlap_on_a_part(cloud, share):
    other = returns_over(20.0, 7)
    both = np.vstack([cloud, other[other[:, 0] < 20.0 * share]])
    # what was scanned once is as it was; counted it would be 0.105, 0.098, 0.089 m
    assert spacing(both) == pytest.approx(SPACING_M, rel=0.04)


def test_a_second_scan_of_everything_is_closer(cloud):
    both = spacing(np.vstack([cloud, returns_over(20.0, 7)]))
    # 0.085 m if the places were even; two rasters beside each other leave wider gaps
    assert 0.085 < both < 0.1


def test_dense_lines_with_gaps_between(cloud):
    along, across = np.meshgrid(np.arange(0.0, 20.0, 0.01), np.arange(0.0, 20.0, 0.18))
    lines = np.column_stack([along.ravel(), across.ravel(), 0.0 * across.ravel()])
    # counted 0.042 m; a raster as far from its returns as these lines has 0.18 / sqrt(2)
    assert 0.085 < spacing(lines) < 0.18


def test_random_places():
    rng = np.random.default_rng(5)
    place = rng.uniform(0.0, 15.0, (90_000, 2))
    # 400 a square metre
    assert spacing(np.column_stack([place, 0.0 * place[:, 0]])) == pytest.approx(0.05, rel=0.08)


@pytest.mark.parametrize("apart_m", [0.0, 0.001, 0.005])
def test_copies_do_not_make_ground_safe(apart_m):
    """Copies tell nothing of the ground between the returns: where none fell, nothing is seen."""
    place = np.random.default_rng(5).uniform(3.0, 37.0, (30, 2))

    def rocks(at):
        away, _ = cKDTree(place).query(at)
        return np.sqrt(np.maximum(0.22**2 - away**2, 0.0))

    once = returns_over(40.0, 3, rocks, 0.3)
    rng = np.random.default_rng(6)
    copies = [once + rng.normal(0.0, apart_m, once.shape) * (1.0, 1.0, 0.0) for _ in range(7)]
    few, many = (
        survey(cloud, 0.2, sigma_m=0.005, sites=0) for cloud in (once, np.vstack([once, *copies]))
    )
    rows, cols = few.reason.shape
    y, x = (np.arange(n) * 0.2 + 0.1 for n in (rows, cols))
    away, _ = cKDTree(place).query(np.dstack(np.meshgrid(x, y)).reshape(-1, 2))
    under = away.reshape(rows, cols) < 2.3  # inside a footprint of 2.5 m
    if apart_m == 0.0:
        assert np.array_equal(few.reason, many.reason)
        return
    # by their number the copies would make 6368 safe cells 19481, with a rock under 644 of them
    # 955; the grid, centred on the points, moves by a few millimetres, and its holes with it
    safe, safe_of_many = int(few.safe.sum()), int(many.safe.sum())
    assert safe > 5000 and 0.6 * safe < safe_of_many < 1.1 * safe
    both = slice(min(rows, len(many.reason))), slice(min(cols, many.reason.shape[1]))
    assert (many.safe[both] & under[both]).sum() < 1.1 * (few.safe & under).sum()
