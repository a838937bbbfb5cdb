"""Rays of a row that are packed into full lanes, beside the same rays cast group by group."""

import cv2
import numpy as np
import pytest
from sample_views import camera_of, ground_of, pose_at, sun_at

from farside.ext.common._isa import supported_isas
from farside.ext.sensors import view as kernels
from farside.sensors import scene as scenes
from farside.sensors.scene import SAMPLES, look
from farside.sensors.view_plan import TILE

#: Place of the camera, its tilt, the Sun's azimuth and elevation, and its field of view [deg].
VIEWS = {
    "straight down": ((30.0, -20.0, 300.0), 0.0, (75.0, 15.0), 45.0),
    "rims under a low Sun": ((900.0, 400.0, 2400.0), 30.0, (100.0, 3.0), 45.0),
    "along the ground to the horizon": ((0.0, 0.0, 60.0), 86.0, (80.0, 20.0), 60.0),
    "half of it sky": ((0.0, 0.0, 15e3), 80.0, (80.0, 30.0), 90.0),
    "where the ground ends": ((3.9e5, 3.0e4, 1.0e4), 60.0, (80.0, 25.0), 60.0),
    "at night": ((0.0, 0.0, 500.0), 40.0, (80.0, -1.0), 45.0),
}
PIXELS = 96


@pytest.fixture(autouse=True)
def one_thread():
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    yield
    cv2.setNumThreads(threads)


def group_by_group(scene, samples):
    """Return the mean I/F of the samples of all pixels, each ray cast with its 15 neighbours."""
    side = PIXELS * samples
    traced = np.full((5, side, side), np.nan, np.float32)
    rays = scenes._rays(scene.pinhole, samples)
    scene.lanes.trace(rays, scene.plan.first, TILE * samples, 0, 0, traced)
    light = np.nan_to_num(traced[3], nan=0.0)
    total = np.zeros((PIXELS, PIXELS), np.float32)
    for j in range(samples):
        for i in range(samples):
            total += light[j::samples, i::samples]
    return total * np.float32(1.0 / samples**2), traced[0]


@pytest.mark.parametrize("isa", supported_isas())
@pytest.mark.parametrize("name", VIEWS)
def test_packed_rays_have_the_bits_of_groups(name, isa, monkeypatch):
    r_site, tilt, sun, field = VIEWS[name]
    monkeypatch.setattr(scenes, "View", kernels.load_view(isa).View)
    camera = camera_of(PIXELS, field_of_view_deg=field)
    scene = look(ground_of(), camera, pose_at(r_site, tilt), sun_at(*sun))
    for samples in (1, SAMPLES, 4):
        slow, far = group_by_group(scene, samples)
        fast = scene.radiance_factor((0, 0, PIXELS, PIXELS), samples)
        assert fast.tobytes() == slow.tobytes()
        # a part that begins and ends amid groups
        part = scene.radiance_factor((5, 19, 40, 33), samples)
        assert part.tobytes() == np.ascontiguousarray(slow[5:45, 19:52]).tobytes()
    sky = np.isnan(far).mean()
    assert (0.3 < sky < 0.7) == (tilt >= 60.0) and (sky == 0.0) == (tilt < 60.0)
    assert (slow.max() > 0.0) == (name != "at night")
    if name == "where the ground ends":
        # rays go from window to window
        assert len(scene.plan.windows) > 1 and np.nanmax(far) > 4e5


def test_a_row_with_nothing_to_meet_is_dark():
    camera = camera_of(PIXELS, field_of_view_deg=20.0)
    scene = look(ground_of(), camera, pose_at((0.0, 0.0, 300.0), 80.0), sun_at(80, 30))
    rays = scenes._rays(scene.pinhole, 1)
    up = np.ascontiguousarray(-rays)
    out = np.full((2, PIXELS), 7.0, np.float32)
    scene.lanes.render(up, scene.plan.first, TILE, 1, 0, 0, out)
    slow = np.full((5, 2, PIXELS), 7.0, np.float32)
    scene.lanes.trace(up, scene.plan.first, TILE, 0, 0, slow)
    assert np.array_equal(out, np.nan_to_num(slow[3], nan=0.0))
