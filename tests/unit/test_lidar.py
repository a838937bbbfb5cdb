"""The scanning lidar: field, posting, errors, and where its points stand."""

import math
from dataclasses import replace

import numpy as np
import pytest
from reference_dynamics import ground_of
from reference_guidance import matrix_of, product, quaternion_about

from farside.ext.sensors._lidar import scan_ground
from farside.flight.telemetry import ROW
from farside.mission import load_mission
from farside.sensors import scan
from farside.sensors.lidar import scan_ticks

MISSION = load_mission("chang-e-6")
LIDAR = MISSION.sensors.lidar
RADIUS = 1737400.0 - 5256.0
ACROSS, ALONG = LIDAR.returns
UPRIGHT = np.array([1.0, 0.0, 0.0, 0.0])
SPHERE = ground_of(RADIUS)
SLOPE = (0.06, -0.03)  # metres up a metre along the arcs u and v
PLANE = ground_of(RADIUS, lambda u, v: SLOPE[0] * u + SLOPE[1] * v, half_m=36.0)


def hover(ticks=226, height=100.0, q=UPRIGHT, v=(0.0, 0.0, 0.0), error=(0.0, 0.0, 0.0), east=0.0):
    """Telemetry of a steady lander; the estimate is off by a constant error."""
    rows = np.zeros(ticks, ROW)
    t = 0.01 * np.arange(ticks)[:, None]
    rows["r_site"] = np.array([east, 0.0, height]) + t * np.asarray(v)
    rows["q_site_body"] = rows["est_q_site_body"] = q
    rows["est_r_site"] = rows["r_site"] + np.asarray(error)
    return rows


def image(ground=SPHERE, rows=None, perfect=True, seed=4, number=0, mission=MISSION):
    rows = hover() if rows is None else rows
    found = scan(mission, ground, rows, seed=seed, number=number, perfect=perfect)
    return found.reshape(ALONG, ACROSS, 3)


def above_sphere(points):
    """Height above the sphere [m], without losing the digits of a millionth of a metre."""
    x, y, z = np.moveaxis(points, -1, 0)
    return (x * x + y * y + z * (2.0 * RADIUS + z)) / (
        np.sqrt(x * x + y * y + (RADIUS + z) ** 2) + RADIUS
    )


def test_nine_frames_take_two_seconds_and_a_quarter():
    assert scan_ticks(MISSION) == 225


def test_points_of_a_perfect_scan_lie_on_flat_ground():
    points = image()
    assert np.isfinite(points).all()
    assert np.abs(above_sphere(points)).max() < 1e-6


@pytest.mark.parametrize("q", [UPRIGHT, quaternion_about([1.0, -2.0, 0.5], 0.05)])
def test_points_of_a_perfect_scan_lie_on_a_slope(q):
    points = image(PLANE, hover(q=q))
    x, y, z = np.moveaxis(points[40:-40, 40:-40], -1, 0)
    # The heights are laid over arcs of the sphere; float32 keeps them to 1e-7 m near the site.
    u = RADIUS * np.arctan2(x, RADIUS + z)
    v = RADIUS * np.arcsin(y / np.sqrt(x * x + y * y + (RADIUS + z) ** 2))
    height = above_sphere(points[40:-40, 40:-40])
    off = height - (SLOPE[0] * u + SLOPE[1] * v)
    assert np.abs(off).max() < 1e-6


def test_the_field_from_100_m_is_as_published():
    points = image()
    # 51.7 x 59.2 m (missions.md 1a), the longer side along body x
    assert np.ptp(points[:, :, 0]) == pytest.approx(59.2, abs=0.1)
    assert np.ptp(points[:, :, 1]) == pytest.approx(51.7, abs=0.1)
    assert points[:, :, 0].mean() == pytest.approx(0.0, abs=0.01)
    assert points[:, :, 1].mean() == pytest.approx(0.0, abs=0.01)


def test_a_return_every_12_cm():
    points = image()
    along = np.linalg.norm(np.diff(points, axis=0), axis=-1)
    across = np.linalg.norm(np.diff(points, axis=1), axis=-1)
    for spacing in (along, across):
        assert spacing.mean() == pytest.approx(0.12, abs=0.001)
        assert np.ptp(spacing) < 1e-3
    assert points.shape[0] * points.shape[1] == pytest.approx(210_000, rel=0.02)


def test_the_field_turns_with_the_body():
    # Body x to the north: the longer side now lies north and south.
    points = image(rows=hover(q=quaternion_about([0.0, 0.0, 1.0], math.pi / 2)))
    assert np.ptp(points[:, :, 1]) == pytest.approx(59.2, abs=0.1)
    assert np.ptp(points[:, :, 0]) == pytest.approx(51.7, abs=0.1)


def test_a_tilt_moves_the_field_by_its_tangent():
    tilt = 0.05
    points = image(rows=hover(q=quaternion_about([0.0, 1.0, 0.0], tilt)))
    middle = points[ALONG // 2, ACROSS // 2]
    assert middle[0] == pytest.approx(-100.0 * math.tan(tilt), abs=0.01)


ERRORS = [(0.0, 0.0, 0.0), (30.0, -12.0, 4.0)]


@pytest.mark.parametrize("error", ERRORS)
def test_the_map_stands_in_the_estimates_frame(error):
    points = image(PLANE, hover(error=error))
    assert np.abs(points - image(PLANE) - error).max() < 1e-9


def test_an_error_of_attitude_turns_the_map_about_the_lander():
    rows = hover()
    turn = quaternion_about([0.0, 0.0, 1.0], 0.01)
    rows["est_q_site_body"] = product(turn, UPRIGHT)
    points, true = image(rows=rows), image()
    about = np.array([0.0, 0.0, 100.0])
    assert np.abs(points - about - (true - about) @ matrix_of(turn).T).max() < 1e-9


def test_the_motion_of_the_sweep_is_taken_out():
    # 0.5 m/s for 2.25 s: over a metre, of which a perfect estimate leaves nothing.
    points = image(PLANE, hover(v=(0.5, -0.3, 0.1)))
    x, y = points[..., 0], points[..., 1]
    inside = (np.abs(x) < 25.0) & (np.abs(y) < 22.0)
    off = above_sphere(points) - (SLOPE[0] * x + SLOPE[1] * y)
    # Arcs and coordinates differ by less than a micrometre here, but for height times angle.
    assert np.abs(off[inside]).max() < 1e-4
    assert np.ptp(points[..., 0]) > 59.9


def test_the_motion_that_the_estimate_does_not_see_shears_the_map():
    rows = hover(v=(0.2, 0.0, 0.0))
    rows["est_r_site"] = rows["r_site"][0]
    points = image(PLANE, rows)
    # The last line was seen 0.45 m further east than it is written down.
    height = above_sphere(points)
    off = height - (SLOPE[0] * points[..., 0] + SLOPE[1] * points[..., 1])
    assert off[0, ACROSS // 2] == pytest.approx(0.0, abs=1e-3)
    assert off[-1, ACROSS // 2] == pytest.approx(SLOPE[0] * 0.45, abs=1e-3)


#: A bound that 1 sample in 10^7 passes by chance, in its standard deviations.
RARE = 5.3


def errors_along_rays(number=0, seed=4):
    """Range errors of a noisy scan, (ALONG, ACROSS)."""
    noisy, true = image(perfect=False, seed=seed, number=number), image()
    rays = true - [0.0, 0.0, 100.0]
    rays /= np.linalg.norm(rays, axis=-1)[..., None]
    error = noisy - true
    along = np.sum(error * rays, axis=-1)
    # All of the error lies along the ray.
    assert np.linalg.norm(error - along[..., None] * rays, axis=-1).max() < 1e-9
    return along


def test_noise_of_nine_frames_is_a_third_of_one():
    error = errors_along_rays()
    sigma = LIDAR.noise_m / math.sqrt(LIDAR.frames)
    assert sigma == pytest.approx(0.017, abs=0.001)
    n = error.size
    assert error.std() == pytest.approx(sigma, rel=RARE / math.sqrt(2 * n))
    # White over the image: neighbours share nothing but the bias.
    free = error - error.mean()
    for a, b in ((free[1:], free[:-1]), (free[:, 1:], free[:, :-1])):
        assert abs(np.mean(a * b)) < RARE * sigma**2 / math.sqrt(a.size)


def test_one_frame_is_noisier():
    lidar = replace(LIDAR, frames=1, bias_m=0.0)
    one = replace(MISSION, sensors=replace(MISSION.sensors, lidar=lidar))
    error = (image(perfect=False, mission=one) - image())[ALONG // 2, ACROSS // 2 - 40 :, 2]
    assert error.std() == pytest.approx(LIDAR.noise_m, rel=0.2)


@pytest.mark.slow
def test_the_bias_is_common_to_a_scan_and_drawn_anew_for_the_next():
    biases = []
    for seed in range(12):
        for number in range(3):
            error = errors_along_rays(number, seed)
            biases.append(error.mean())
            quarter = [
                part.mean()
                for half in np.array_split(error, 2)
                for part in np.array_split(half, 2, axis=1)
            ]
            assert np.ptp(quarter) < 2.0 * RARE * 0.017 / math.sqrt(error.size / 4)
    biases = np.array(biases)
    assert len(np.unique(biases)) == len(biases)
    # 36 draws of 0.05 m
    assert biases.std() == pytest.approx(LIDAR.bias_m, rel=RARE / math.sqrt(2 * 36))
    assert abs(biases.mean()) < RARE * LIDAR.bias_m / 6.0


def test_the_same_scan_gives_the_same_points():
    a, b = image(perfect=False), image(perfect=False)
    assert a.tobytes() == b.tobytes()
    assert not np.array_equal(a, image(perfect=False, number=1))


def test_rays_without_return_are_holes():
    # Turned on its side the head sees the sky in half of its field.
    points = image(rows=hover(q=quaternion_about([0.0, 1.0, 0.0], math.pi / 2)))
    missing = np.isnan(points).any(axis=-1)
    assert 0.4 < missing.mean() < 1.0
    assert np.isnan(points[missing]).all()


def test_a_scan_of_one_tick_is_refused():
    with pytest.raises(ValueError, match="two ticks"):
        image(rows=hover(1))


def test_a_buffer_of_the_wrong_size_is_refused():
    setup = {"half_across": 0.2, "half_along": 0.2, "across": 5, "along": 5}
    setup |= {"head_axes": np.eye(3).tolist(), "sigma_m": 0.0, "bias_m": 0.0, "max_range_m": 500.0}
    with pytest.raises(ValueError, match="one place for each return"):
        scan_ground(SPHERE, hover(2), setup, 0, 32, np.empty((24, 3)))
