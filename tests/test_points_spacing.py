"""How far apart returns are, and what copies of them must not change."""

from dataclasses import replace

import numpy as np
import pytest
import rasterio
from sample_points import write_las
from scipy.spatial import cKDTree

from farside.mission import load_mission
from farside.survey import Query, survey_file
from farside.survey.sources import array_source

SPACING_M = 0.12
QUERY = replace(Query.of(load_mission("chang-e-6")), sigma_m=0.015)


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


@pytest.mark.parametrize("apart_m", [0.0, 0.001])
def test_copies_do_not_make_rocks_safe(tmp_path, apart_m):
    """Rocks of 0.44 m stand 0.22 m high, over the 0.2 m allowed; returns seldom meet the top."""
    place = np.random.default_rng(5).uniform(2.0, 28.0, (12, 2))

    def rocks(at):
        away, _ = cKDTree(place).query(at)
        return np.sqrt(np.maximum(0.22**2 - away**2, 0.0))

    once = returns_over(30.0, 3, rocks)
    rng = np.random.default_rng(6)
    copies = [once + rng.normal(0.0, apart_m, once.shape) * (1, 1, 0) for _ in range(7)]
    sure = []
    for cloud in (once, np.vstack([once, *copies])):
        write_las(tmp_path / "a.las", cloud)
        survey_file(tmp_path / "a.las", tmp_path / "out", QUERY, cell_m=0.1)
        with rasterio.open(tmp_path / "out" / "hazards.tif") as file:
            probability, reason = file.read(4), file.read(6)
        rows, cols = reason.shape
        y, x = (np.arange(n) * 0.1 + 0.05 for n in (rows, cols))
        away, _ = cKDTree(place).query(np.dstack(np.meshgrid(x, y)).reshape(-1, 2))
        under = away.reshape(rows, cols) < 2.3  # inside a footprint of 2.5 m
        good = (reason == 0) & (probability > 0.99)
        sure.append((int((good & under).sum()), int(good.sum())))
    # exact copies change nothing at all; near ones, by less than a part in a hundred of the cells
    if apart_m == 0.0:
        assert sure[0] == sure[1]
    assert abs(sure[1][0] - sure[0][0]) <= 3
    assert abs(sure[1][1] - sure[0][1]) < 0.02 * sure[0][1] + 10
    assert sure[0][1] > 100
