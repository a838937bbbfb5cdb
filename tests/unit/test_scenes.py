"""Scenes and their truth: the same every time, and what an independent reckoning finds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_disc import disc_by_force, moonscape
from reference_legs import stands_by_force

from farside.ground import Ground
from farside.mission import load_mission
from farside.scenes import CONDITIONS, SceneError, make_scene, truth_of
from farside.scenes import scene as scene_module
from farside.scenes.detectors import DETECTORS
from farside.scenes.legs import Stand, judge_stands
from farside.scenes.oracle import disc_cells, judge_discs
from farside.scenes.scene import scene_and_ground
from farside.terrain import LanderFootprint

LANDER = Stand(5.0, 4, 4.8, 0.4, 0.45)


def stands(z, stand=LANDER):
    """Judge the middle of a square map."""
    middle = np.array([len(z) // 2])
    judged = judge_stands(z, 0.1, stand, judge_discs(z, 0.1, stand.footprint_m), middle, middle)
    return judged.slope_deg[0], judged.rise_m[0]


def plane(side, east_deg, north_deg):
    y, x = np.mgrid[0:side, 0:side] * 0.1
    return np.tan(np.radians(east_deg)) * x + np.tan(np.radians(north_deg)) * y


# ---- scenes ----------------------------------------------------------------------------------


@pytest.mark.parametrize("number", range(len(CONDITIONS)))
def test_a_scene_is_the_same_every_time(number):
    first, ground = scene_and_ground(number)
    scene_module._scene_and_ground.cache_clear()
    again, ground_again = scene_and_ground(number)
    assert again is not first
    assert first.elevation_m.tobytes() == again.elevation_m.tobytes()
    assert ground.heights_m.tobytes() == ground_again.heights_m.tobytes()
    assert ground.rocks.tobytes() == ground_again.rocks.tobytes()


@pytest.mark.parametrize("number", range(len(CONDITIONS)))
def test_a_scene_is_as_noisy_as_it_says(number):
    scene, ground = scene_and_ground(number)
    error = scene.elevation_m.astype(float) - ground.heights_m
    if scene.sampling.kind == "posted":
        # 262 144 cells: the deviation is known to 0.14 %, six times that is allowed
        assert error.std() == pytest.approx(scene.sampling.noise_m, rel=0.0084, abs=1e-9)
        # neighbours know nothing of each other: 262 144 pairs, five times their deviation
        assert abs(np.mean(error[:, 1:] * error[:, :-1])) <= 0.01 * scene.sampling.noise_m**2
    else:
        seen = np.isfinite(error)
        assert seen.mean() > 0.97
        # gridding averages returns, and rocks are cut: about a return's noise, and no shift
        assert 0.5 < error[seen].std() / scene.sampling.noise_m < 1.1
        assert abs(error[seen].mean()) < 4 * 0.05  # the bias of a scan, 1 sigma 0.05 m


def test_the_lidar_lies_on_the_truth_and_not_a_cell_beside_it():
    scene, ground = scene_and_ground(5)

    def misfit(down, right):
        error = np.roll(scene.elevation_m, (down, right), (0, 1)) - ground.heights_m
        return np.nanstd(error[4:-4, 4:-4])

    assert min((misfit(i, j), i, j) for i in (-1, 0, 1) for j in (-1, 0, 1))[1:] == (0, 0)


def test_labels_lie_where_the_ground_has_them():
    # the tops of the largest rocks stand out of the ground about them by most of their height
    out = []
    for number in range(4):
        _, ground = scene_and_ground(number)
        large = ground.rocks[ground.rocks["diameter_m"] > 0.25]
        for rock in large:
            i, j = round(rock["row"]), round(rock["col"])
            if 8 <= i < 504 and 8 <= j < 504:
                about = ground.heights_m[i - 8 : i + 9, j - 8 : j + 9]
                out.append((about[8, 8] - np.median(about)) / rock["height_m"])
    assert len(out) > 10
    assert 0.5 < np.median(out) < 1.2


def test_north_is_up_and_east_is_right():
    scene, ground = scene_and_ground(3)
    world = Ground(load_mission("chang-e-6"), seed=3)
    step = np.degrees(20.0 / scene.radius_m)
    places = {
        (255.5 - 200, 255.5): (scene.latitude_deg + step, scene.longitude_deg),
        (255.5, 255.5 + 200): (
            scene.latitude_deg,
            scene.longitude_deg + step / np.cos(np.radians(scene.latitude_deg)),
        ),
    }
    for (row, col), place in places.items():
        u, v = world.arcs.arcs(*place)
        height = world.height(u, v) + world.radius_m - 1737400.0 - scene.datum_m
        i, j = int(row), int(col)
        near = ground.heights_m[i - 1 : i + 3, j - 1 : j + 3]
        # meridians converge: 0.13 deg, 0.05 m in 20 m
        assert near.min() - 0.02 < height < near.max() + 0.02


def test_scenes_differ_and_there_is_no_other():
    assert abs(make_scene(0).elevation_m - make_scene(6).elevation_m).max() > 0.5
    for number in (-1, 1_000_000):
        with pytest.raises(SceneError, match="there is no scene"):
            make_scene(number)
    with pytest.raises(SceneError, match="no rule is called legs"):
        truth_of(0, "legs")


# ---- the oracle of the disc --------------------------------------------------------------------


@pytest.mark.parametrize("footprint_m", [5.0, 1.7])
def test_the_oracle_is_the_reference(footprint_m):
    z = moonscape(90, seed=4)
    found = judge_discs(z, 0.1, footprint_m)
    slope, deviation = disc_by_force(z, 0.1, 0.5 * footprint_m / 0.1)
    np.testing.assert_allclose(found.slope_deg, slope, atol=1e-9)
    np.testing.assert_allclose(found.deviation_m, deviation, atol=1e-12)


def test_a_map_smaller_than_the_footprint_is_judged_nowhere():
    assert np.isnan(judge_discs(np.zeros((40, 60)), 0.1, 5.0).slope_deg).all()


@pytest.mark.slow
def test_truth_of_a_scene():
    truth = truth_of(3)
    hazards = make_scene(3).mission.hazards
    whole = np.isfinite(truth.slope_deg)
    assert whole.sum() == (512 - 50) ** 2
    assert (truth.scored == whole & ~truth.tie).all()
    assert not (truth.easy & ~truth.safe).any()
    assert truth.deviation_m[truth.safe].max() <= hazards.obstacle_m
    assert truth.slope_deg[truth.easy].max() <= 7.5
    assert 0.05 < truth.safe[truth.scored].mean() < 0.95
    stand = truth_of(3, "stand")
    assert not (stand.safe & ~truth.safe).any()
    assert (stand.scored | stand.tie).sum() == (512 - 52) ** 2  # pads reach a cell further
    assert stand.safe.sum() > 0.3 * truth.safe.sum()


# ---- the oracle of the legs ----------------------------------------------------------------------


@given(st.floats(-20, 20), st.floats(-20, 20), st.sampled_from([3, 4, 5, 6]))
@settings(max_examples=12, deadline=None)
def test_a_plane_is_stood_on_at_its_own_slope(east_deg, north_deg, legs):
    # each pad stands on its uphill rim, and all rims are the same: the plane, a little higher
    z = plane(61, east_deg, north_deg)
    slope, rise = stands(z, Stand(5.0, legs, 4.8, 0.4, 0.0))
    gradient = np.hypot(*np.tan(np.radians([east_deg, north_deg])))
    assert slope == pytest.approx(np.degrees(np.arctan(gradient)), abs=1e-7)
    uphill = np.tan(np.radians([north_deg, east_deg])) * 0.1
    assert rise == pytest.approx(-(disc_cells(2.0) @ uphill).max(), abs=1e-9)


def test_a_rock_under_one_pad_tilts_the_lander():
    z = np.zeros((61, 61))
    z[30, 30 + 24] = 0.3  # under the pad that a heading puts there
    slope, rise = stands(z, Stand(5.0, 4, 4.8, 0.4, 0.0))
    # the rock's diagonal falls by 0.3 m in 4.8 m; its middle is 0.15 m up, and the lander leans to
    # a pad 2.4 m aside on the ground: as steep across as along
    assert slope == pytest.approx(np.degrees(np.arctan(np.sqrt(2.0) * 0.3 / 4.8)), rel=0.02)
    assert 0.0 <= rise <= 0.3 + 1e-9


def test_a_rock_under_the_belly_is_its_height_above_the_pads():
    z = np.zeros((61, 61))
    z[33, 28] = 0.37
    slope, rise = stands(z, Stand(5.0, 4, 4.8, 0.4, 0.1))
    assert slope == 0.0
    assert rise == pytest.approx(0.37, abs=1e-12)


@pytest.mark.slow
def test_a_bound_of_the_rise_never_hides_a_belly_strike():
    z = moonscape(120, seed=9)
    discs = judge_discs(z, 0.1, 5.0)
    row, col = (x[::37] for x in np.nonzero(np.isfinite(discs.slope_deg)))
    exact, bounded = (
        judge_stands(z, 0.1, Stand(5.0, 4, 4.8, 0.4, belly), discs, row, col).rise_m
        for belly in (-10.0, 0.45)
    )
    assert (bounded >= exact - 1e-12).all()
    assert ((bounded <= 0.45) == (exact <= 0.45)).all()
    assert (exact > 0.45).any() and (exact < 0.45).any()


@pytest.mark.parametrize("legs", [3, 4])
def test_the_legs_are_the_reference(legs):
    z = moonscape(100, seed=2)
    lander = LanderFootprint(5.0, legs, 4.8, 0.4, 0.0)
    row, col = np.array([30, 49, 52, 61, 68]), np.array([33, 50, 31, 66, 68])
    found = judge_stands(
        z, 0.1, Stand(5.0, legs, 4.8, 0.4, -10.0), judge_discs(z, 0.1, 5.0), row, col
    )
    by_force = stands_by_force(z, 0.1, lander, np.stack([row, col], axis=1))
    np.testing.assert_allclose(found.slope_deg, by_force.slope_deg.max(axis=1), atol=1e-6)
    np.testing.assert_allclose(found.rise_m, by_force.rise_m.max(axis=1), atol=1e-9)


@given(st.integers(0, 2**32))
@settings(max_examples=5, deadline=None)
def test_four_pads_on_any_ground(seed):
    # by hand: of four pads the lander rests on the higher diagonal, leaning either way
    rng = np.random.default_rng(seed)
    z = 0.3 * rng.random((61, 61))
    steepest = 0.0
    disc = disc_cells(2.0)
    for heading in range(72):
        angle = np.radians(90.0 * heading / 72 + np.array([0, 90, 180, 270]))
        feet = np.rint(24 * np.array([np.sin(angle), np.cos(angle)])).astype(int)
        h = [max(z[30 + i + d, 30 + j + e] for d, e in disc) for i, j in feet.T]
        a, b = (0, 2) if h[0] + h[2] >= h[1] + h[3] else (1, 3)
        for third in {0, 1, 2, 3} - {a, b}:
            three = [a, b, third]
            places = np.column_stack([feet.T[three], np.ones(3)])
            gradient = np.linalg.solve(places, [h[k] for k in three])[:2]
            steepest = max(steepest, np.hypot(*gradient) / 0.1)
    slope, _ = stands(z)
    assert np.tan(np.radians(slope)) == pytest.approx(steepest, abs=1e-9)


def test_disc_cells_of_the_lander():
    assert len(disc_cells(25.0)) == 2009
    assert {(int(i), int(j)) for i, j in disc_cells(2.0)} == {
        (int(j), int(i)) for i, j in disc_cells(2.0)
    }


# ---- detectors ---------------------------------------------------------------------------------


def test_every_detector_answers_for_every_cell():
    scene = make_scene(5)
    for detect in DETECTORS.values():
        mask = detect(scene)
        assert mask.shape == scene.elevation_m.shape
        assert mask.dtype in (np.bool_, np.float32)
        if mask.dtype == np.float32:
            assert (mask >= 0).all() and (mask <= 1).all()
