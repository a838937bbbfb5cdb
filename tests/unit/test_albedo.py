"""Normal albedo of the ground: its mean, its patches, fresh craters and rocks."""

from dataclasses import replace

import numpy as np
import pytest

from farside.ground import Ground
from farside.ground.detail import Box
from farside.ground.lattice import Block, cell_of
from farside.mission import load_mission

MISSION = load_mission("chang-e-6")
STATED = MISSION.ground


def ground_of(seed=0, **changes):
    return Ground(replace(MISSION, ground=replace(STATED, **changes)), seed=seed)


def square(level, u, v, half):
    col, row = round(u / cell_of(level)), round(v / cell_of(level))
    return Block(row - half, row + half, col - half, col + half)


@pytest.fixture(scope="module")
def ground():
    return ground_of()


@pytest.mark.parametrize("level", [0, 2, 5, 7, 9, 13])
def test_blocks_that_overlap_agree_to_the_bit(ground, level):
    for u, v in ((150.0, 90.0), (4700.0, 300.0), (-96e3, 7e3)):
        a = square(level, u, v, 70)
        b = Block(a.row + 41, a.row_end + 33, a.col - 29, a.col_end - 50)
        both = Block(b.row, a.row_end, a.col, b.col_end)
        left, right = (ground.albedo(level, each) for each in (a, b))
        assert left.dtype == np.float32 and left.shape == a.shape
        np.testing.assert_array_equal(left[both.within(a)], right[both.within(b)])


def test_the_same_seed_is_the_same_albedo_and_another_is_not(ground):
    block = square(4, -50e3, 0.0, 100)
    a, b, c = (each.albedo(4, block) for each in (ground, ground_of(), ground_of(seed=1)))
    np.testing.assert_array_equal(a, b)
    assert np.mean(np.abs(a - c)) > 0.01 * STATED.albedo_mean


@pytest.mark.parametrize("level", [1, 4, 7])
def test_craters_and_rocks_leave_the_mean_as_stated(level):
    """Whatever a posting leaves out: the mean of ten places, all craters and rocks there."""
    ground = ground_of(albedo_spread=0.0)
    means = [ground.albedo(level, square(level, -9e3 * n, 0.0, 200)).mean() for n in range(1, 11)]
    assert np.mean(means) == pytest.approx(STATED.albedo_mean, rel=0.02)


def test_patches_vary_by_the_stated_spread_over_the_track(ground):
    patchy, rng = ground_of(albedo_fresh_gain=0.0, rock_abundance=0.0), np.random.default_rng(0)
    places = np.stack([rng.uniform(-400e3, 50e3, 300), rng.uniform(-40e3, 40e3, 300)], axis=-1)
    found = [patchy.albedo(0, square(0, u, v, 1))[0, 0] for u, v in places]
    # 450 x 80 km hold some 18 of the longest waves
    assert np.std(found) / STATED.albedo_mean == pytest.approx(STATED.albedo_spread, rel=0.15)
    assert np.mean(found) == pytest.approx(STATED.albedo_mean, rel=0.05)
    # and they have no scale of their own: less, but not nothing, in a frame of a kilometre
    near = ground.albedo(3, square(3, -30e3, 0.0, 600)).std() / STATED.albedo_mean
    assert 0.1 * STATED.albedo_spread < near < 0.9 * STATED.albedo_spread


@pytest.mark.parametrize("level", [0, 2])
def test_rocks_are_brighter_by_the_stated_ratio_where_they_stand(level):
    changes = {"albedo_spread": 0.0, "albedo_fresh_gain": 0.0}
    with_rocks, without = ground_of(**changes), ground_of(**changes, rock_abundance=0.0)
    for u in (300.0, 4750.0, -60e3):
        block = square(level, u, 0.0, 200)
        ratio = with_rocks.albedo(level, block) / np.float32(STATED.albedo_mean)
        stands = (with_rocks.window(level, block).heights
                  - without.window(level, block).heights) > 1e-3  # fmt: skip
        assert stands.any()
        assert ratio[stands] == pytest.approx(STATED.albedo_rock_ratio, rel=1e-5)
        assert np.unique(ratio) == pytest.approx([1.0, STATED.albedo_rock_ratio], rel=1e-6)
        # but for rocks of less than a millimetre above the ground
        assert np.mean((ratio > 1.0) != stands) < 1e-3


def test_fresh_craters_are_brighter_and_old_ones_are_not():
    ground = ground_of(albedo_spread=0.0, rock_abundance=0.0)
    detail = ground._windows.detail
    least, most = STATED.crater_depth_ratio
    rows = detail.draw_craters(detail.craters[7][0], Box(-90e3, -80e3, -5e3, 5e3))
    young = (rows[:, 3] / rows[:, 2] - least) / (most - least)
    at = [(rows[np.argmax(young)], 1.0), (rows[np.argmin(young)], 0.0)]
    for row, share in at:
        block = square(7, row[0], row[1], 2)
        found = ground.albedo(7, block)[1:3, 1:3].mean() / STATED.albedo_mean - 1.0
        want = STATED.albedo_fresh_gain * share
        assert found == pytest.approx(want, abs=0.15 * STATED.albedo_fresh_gain)


def test_craters_all_of_one_age_are_not_brighter():
    ground = ground_of(albedo_spread=0.0, rock_abundance=0.0, crater_depth_ratio=(0.05, 0.05))
    found = ground.albedo(5, square(5, -30e3, 0.0, 100))
    assert found == pytest.approx(STATED.albedo_mean, rel=1e-6)


def test_albedo_stays_an_albedo_whatever_is_stated():
    wild = ground_of(albedo_mean=0.5, albedo_spread=0.5, albedo_fresh_gain=2.0)
    found = wild.albedo(6, square(6, -80e3, 0.0, 300))
    assert np.isfinite(found).all() and found.min() > 0.05


def test_a_flat_ground_has_the_mean_all_over():
    ground = Ground(MISSION, flat=True)
    found = ground.albedo(3, Block(-3, 4, 0, 9))
    assert found.shape == (7, 9) and found.dtype == np.float32
    assert (found == np.float32(STATED.albedo_mean)).all()


def test_an_albedo_that_there_is_not_is_refused_in_one_line(ground):
    for ask in (ground, Ground(MISSION, flat=True)):
        with pytest.raises(ValueError, match="a window has a level from 0 to 15, not 99"):
            ask.albedo(99, Block(0, 5, 0, 5))
