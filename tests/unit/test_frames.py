"""The lidar's frames: geometry by an independent twin, errors as published, losses as declared."""

import math
from dataclasses import replace

import numpy as np
import pytest
from reference_dynamics import ground_of
from reference_guidance import matrix_of, product, quaternion_about

from farside.ext.common._isa import supported_isas
from farside.ext.common._random import philox_block
from farside.ext.ground._ground import cast_rays
from farside.ext.sensors.frame import load_frame_scanner
from farside.flight.telemetry import ROW
from farside.mission import load_mission
from farside.sensors.frames import frame_setup, frames
from farside.sensors.streams import LIDAR_ALBEDO, LIDAR_DEAD, LIDAR_FRAMES

RADIUS = 1737400.0 - 5256.0
SMALL = (131, 97)
MISSION = load_mission("chang-e-6")
ERRORS = (
    *("boresight_error_mrad", "jitter_mrad", "divergence_mrad", "line_error_m", "range_walk_m"),
    *("albedo_spread", "dropout_share", "dead_share", "glint_share", "dark_share", "bias_m"),
    "noise_m",
)
PERFECT_KEYS = dict.fromkeys(ERRORS, 0.0)


def relief(u, v):
    """Slopes, waves and a row of blocks that hide the ground behind them."""
    blocks = 0.4 * ((np.abs(u % 6.0 - 3.0) < 0.3) & (np.abs(v % 4.0 - 2.0) < 0.3))
    return 0.05 * u - 0.02 * v + 0.3 * np.sin(u / 2.0) * np.cos(v / 3.0) + blocks


ROUGH = ground_of(RADIUS, relief, half_m=60.0)
FLAT = ground_of(RADIUS, lambda u, v: 0.0 * u, half_m=40.0)


def lidar_with(**keys):
    lidar = replace(MISSION.sensors.lidar, **({"returns": SMALL} | keys))
    return replace(MISSION, sensors=replace(MISSION.sensors, lidar=lidar))


def hover(ticks=226, v=(0.0, 0.0, 0.0), q=(1.0, 0.0, 0.0, 0.0), error=(0.0, 0.0, 0.0)):
    rows = np.zeros(ticks, ROW)
    rows["r_site"] = np.array([2.0, -1.0, 100.0]) + 0.01 * np.arange(ticks)[:, None] * np.array(v)
    rows["q_site_body"] = rows["est_q_site_body"] = q
    rows["est_r_site"] = rows["r_site"] + np.asarray(error)
    return rows


def scan(ground, mission, rows=None, seed=3, number=0, perfect=False):
    rows = hover() if rows is None else rows
    given = frames(mission, ground, rows, seed=seed, number=number, perfect=perfect)
    return np.array([frame.copy() for frame in given])


def range_errors(found, ground=FLAT, rows=None):
    """Return reported less true ranges, (frames, N): the truth by the double-precision cast."""
    rows = hover() if rows is None else rows
    origin = np.ascontiguousarray(np.broadcast_to(rows["est_r_site"][0], found[0].shape))
    out = np.full(found.shape[:2], np.nan)
    for frame, points in enumerate(found):
        ray = points - origin
        far = np.linalg.norm(ray, axis=1)
        hit = np.isfinite(far)
        true = np.empty(int(hit.sum()))
        directions = np.ascontiguousarray(ray[hit] / far[hit, None])
        cast_rays(ground, np.ascontiguousarray(origin[hit]), directions, 500.0, true)
        out[frame, hit] = far[hit] - true
    return out


@pytest.mark.parametrize("v", [(0.0, 0.0, 0.0), (0.6, -0.4, -0.2)])
def test_a_perfect_frame_meets_the_ground_that_a_double_precision_cast_meets(v):
    turn = product(quaternion_about([0.3, 1.0, 0.0], 0.06), quaternion_about([0, 0, 1.0], 0.4))
    rows = hover(v=v, q=turn)
    mission = lidar_with()
    across, along = SMALL
    for frame, points in enumerate(scan(ROUGH, mission, rows, perfect=True)):
        # pose at the time of each line, by numpy
        at = 225.0 * (frame + np.repeat(np.arange(along), across) / along) / 9.0
        origin = np.stack(
            [np.interp(at, np.arange(226), rows["r_site"][:, k]) for k in range(3)], 1
        )
        ray = points - origin
        far = np.linalg.norm(ray, axis=1)
        true = np.empty(len(far))
        cast_rays(ROUGH, np.ascontiguousarray(origin), ray / far[:, None], 500.0, true)
        # single precision at 100 m is 8e-6 m, a few of them along a ray; a face of slope 4 that
        # is met at a grazing angle multiplies them
        off = np.abs(far - true)
        assert np.quantile(off, 0.999) < 1e-4
        assert off.max() < 2e-3


def test_sample_points_lie_in_the_field_and_are_each_frames_own():
    found = scan(FLAT, lidar_with(), perfect=True)
    ray = (found - hover()["r_site"][0]) @ np.diag([1.0, 1.0, -1.0])
    # body x and y are east and north: lines lie across (y), the field's longer side is along x
    for axis, angle, samples in ((0, 33.0, SMALL[1]), (1, 29.0, SMALL[0])):
        tangent = ray[..., axis] / ray[..., 2]
        step = 2.0 * math.tan(math.radians(angle / 2)) / (samples - 1)
        assert np.abs(tangent).max() < math.tan(math.radians(angle / 2)) + 1.01 * step
        assert np.ptp(tangent) == pytest.approx(2.0 * math.tan(math.radians(angle / 2)), rel=0.03)
        # Uniform within their step: between frames a sample moves by 0.41 of it, r.m.s. and more.
        assert np.std(tangent - tangent.mean(axis=0)) > 0.25 * step


def test_the_range_noise_and_the_random_words_are_those_of_the_published_generator():
    """Residuals of a frame: 0.15 m at 3 sigma (LUNAP), and sample n by block (n, frame)."""
    mission = lidar_with(**(PERFECT_KEYS | {"noise_m": 0.05}))
    error = range_errors(scan(FLAT, mission))
    # weaker off the nadir by cos(i) (100 m / range)^2 = cos^3
    rows, found = hover(), scan(FLAT, mission, perfect=True)
    down = np.abs((found - rows["r_site"][0])[..., 2])
    cosine = down / np.linalg.norm(found - rows["r_site"][0], axis=-1)
    sigma = 0.05 * np.abs(100.0 / down) ** -1.0 * cosine**-1.5
    whitened = error / sigma
    n = whitened.size
    assert whitened.std() == pytest.approx(1.0, abs=5.0 / math.sqrt(2 * n) + 2e-3)
    assert abs(whitened.mean()) < 5.0 / math.sqrt(n)
    assert 3.0 * error.std() == pytest.approx(0.15, abs=0.02)
    assert np.mean(np.abs(whitened) > 3.0) == pytest.approx(0.0027, abs=5e-4)
    # the sign of the first sample's error is the first bit of its first word
    for frame in (0, 4):
        for sample in (0, 17, 130):
            word = philox_block(sample, frame, LIDAR_FRAMES, 0, 3, 0)[0]
            assert (error[frame, sample] < 0.0) == bool(word >> 31)


def test_bias_and_mounting_are_common_to_all_frames_and_the_mounting_to_all_scans():
    mission = lidar_with(**(PERFECT_KEYS | {"bias_m": 0.05, "boresight_error_mrad": 2.0}))
    first, second = (scan(FLAT, mission, number=n) for n in (0, 1))
    setups = [frame_setup(mission.sensors.lidar, 3, n, perfect=False) for n in (0, 1)]
    assert setups[0]["boresight_rad"] == setups[1]["boresight_rad"]
    assert setups[0]["bias_m"] != setups[1]["bias_m"]
    off = range_errors(first)
    middle = off.reshape(9, SMALL[1], SMALL[0])[:, SMALL[1] // 2, SMALL[0] // 2]
    assert np.ptp(middle) < 0.02
    assert middle.mean() == pytest.approx(setups[0]["bias_m"], abs=5e-3)
    assert np.isfinite(second).all()


def test_each_loss_takes_the_share_it_declares():
    keys = PERFECT_KEYS | {"signal_lost": 1e-6, "signal_sure": 2e-6}
    n = 9 * SMALL[0] * SMALL[1]
    for name, share in (("dropout_share", 0.1), ("dead_share", 0.1), ("glint_share", 0.1)):
        missing = np.isnan(scan(FLAT, lidar_with(**(keys | {name: share})))[..., 0])
        # dead samples are the same in all frames: a ninth of the draws
        draws = n / 9 if name == "dead_share" else n
        assert missing.mean() == pytest.approx(share, abs=5.0 * math.sqrt(0.09 / draws))
        alike = (missing == missing[0]).all()
        assert alike == (name == "dead_share")
    dark = np.isnan(scan(FLAT, lidar_with(**(keys | {"dark_share": 0.2})))[..., 0])
    assert dark.mean() == pytest.approx(0.2, abs=0.03)  # of 4800 patches


def test_a_steep_face_and_a_far_one_return_less():
    steep = ground_of(RADIUS, lambda u, v: 2.5 * np.abs(u % 8.0 - 4.0), half_m=40.0)
    keys = PERFECT_KEYS | {"signal_lost": 0.1, "signal_sure": 0.4}
    seen = np.isfinite(scan(steep, lidar_with(**keys))[..., 0]).mean()
    level = np.isfinite(scan(FLAT, lidar_with(**keys))[..., 0]).mean()
    assert level == 1.0
    assert 0.2 < seen < 0.95


def test_a_footprint_over_an_edge_is_mixed():
    step = ground_of(RADIUS, lambda u, v: 0.3 * (u > 0.0), half_m=40.0)
    sharp = lidar_with(**PERFECT_KEYS)
    blurred = lidar_with(**(PERFECT_KEYS | {"divergence_mrad": 6.0}))
    between = []
    for mission in (sharp, blurred):
        points = scan(step, mission)
        near = points[(np.abs(points[..., 0]) < 0.6)]
        between.append(np.mean((near[:, 2] > 0.08) & (near[:, 2] < 0.22)))
    # half the footprints within 0.15 m of the edge hang over it, less those on its ramp
    assert between[0] == 0.0
    assert between[1] > 0.03


def test_the_estimates_error_between_frames_moves_the_later_frames():
    rows = hover()
    rows["est_r_site"][:, 2] += np.linspace(0.0, 0.09, len(rows))
    found = scan(FLAT, lidar_with(), rows, perfect=True)
    level = np.nanmean(found[..., 2], axis=1)
    assert np.diff(level) == pytest.approx(0.01, abs=1e-3)


def test_the_frame_stands_in_the_estimates_frame():
    error = np.array([30.0, -12.0, 4.0])
    away = scan(ROUGH, lidar_with(), hover(error=error), perfect=True)
    assert np.abs(away - scan(ROUGH, lidar_with(), perfect=True) - error).max() < 1e-9
    turn = quaternion_about([0.0, 0.0, 1.0], 0.01)
    rows = hover()
    rows["est_q_site_body"] = turn
    about = rows["r_site"][0]
    turned = scan(ROUGH, lidar_with(), rows, perfect=True) - about
    true = scan(ROUGH, lidar_with(), perfect=True) - about
    assert np.abs(turned - true @ matrix_of(turn).T).max() < 1e-4


def test_every_instruction_set_gives_the_same_bits():
    mission = lidar_with()
    setup = frame_setup(mission.sensors.lidar, 3, 0, perfect=False)
    found = []
    for isa in supported_isas():
        scanner = load_frame_scanner(isa)(ROUGH, setup, 3, (LIDAR_ALBEDO, LIDAR_DEAD))
        points = np.empty((SMALL[0] * SMALL[1], 3))
        scanner.scan(hover(), 2, 3, LIDAR_FRAMES, points)
        found.append(points.tobytes())
    assert len(set(found)) == 1
    assert scan(ROUGH, mission)[2].tobytes() == found[0]


def test_ground_without_a_patch_is_scanned_too():
    sphere = ground_of(RADIUS)
    keys = PERFECT_KEYS | {"returns": (9, 7)}
    assert np.abs(range_errors(scan(sphere, lidar_with(**keys)), sphere)).max() < 1e-4


def test_a_buffer_of_another_size_and_a_frame_that_is_none_are_refused():
    setup = frame_setup(lidar_with().sensors.lidar, 3, 0, perfect=False)
    scanner = load_frame_scanner(supported_isas()[0])(ROUGH, setup, 3, (LIDAR_ALBEDO, LIDAR_DEAD))
    with pytest.raises(ValueError, match="one place for each return"):
        scanner.scan(hover(), 0, 3, LIDAR_FRAMES, np.empty((5, 3)))
    with pytest.raises(ValueError, match="frame 9 of 9"):
        scanner.scan(hover(), 9, 3, LIDAR_FRAMES, np.empty((SMALL[0] * SMALL[1], 3)))
    with pytest.raises(ValueError, match="two ticks"):
        scanner.scan(hover(1), 0, 3, LIDAR_FRAMES, np.empty((SMALL[0] * SMALL[1], 3)))
