"""The track of a scan: by the velocity alone, and what it keeps out of a fused map."""

import numpy as np
import pytest
from scipy.integrate import cumulative_trapezoid
from test_frames import ROUGH, hover, lidar_with

from farside.navigation.scan_track import steady_track
from farside.sensors.frames import frames
from farside.terrain.fusion import FrameFusion


def test_the_track_is_the_integral_of_the_velocity_up_to_the_last_place():
    rng = np.random.default_rng(1)
    r, v = rng.normal(size=(2, 50, 3))
    twin = cumulative_trapezoid(v, dx=0.01, axis=0, initial=0.0)
    assert np.abs(steady_track(r, v) - (twin - twin[-1] + r[-1])).max() < 1e-14


def test_corrections_of_the_place_do_not_enter():
    """A lander that brakes its drift: the rule is exact for a velocity linear in time."""
    t = 0.01 * np.arange(226)[:, None]
    v = np.array([0.3, -0.1, 0.05]) + t * np.array([-0.2, 0.1, 0.02])
    true = np.array([1.0, 2.0, 100.0]) + np.cumsum(
        np.vstack([0.0 * v[:1], 0.005 * (v[1:] + v[:-1])]), 0
    )
    told = true.copy()
    told[:100, 2] += 0.6
    told[100:170, 2] -= 0.3
    assert np.abs(steady_track(told, v) - true).max() < 1e-12


@pytest.mark.parametrize("steady", [True, False])
def test_a_step_of_the_height_is_no_noise_of_the_map(steady):
    rows, mission = hover(), lidar_with(returns=(280, 320))
    rows["est_r_site"][:160, 2] += 0.4
    if steady:
        rows["est_r_site"] = steady_track(rows["est_r_site"], rows["est_v_site"])
    fusion = FrameFusion((128, 128), 0.2)
    fusion.begin(-10.7, -13.7)
    for points in frames(mission, ROUGH, rows, seed=3, number=0, perfect=False):
        fusion.add(points)
    sigma_m = float(np.median(fusion.finish().sigma_m))
    # 0.05 m of a return, about twenty of them to a cell; a third of the frames stands 0.4 m off, in
    # both halves of the scan alike, so that only the draws of a cell tell
    assert sigma_m < 0.015 if steady else sigma_m > 0.03
