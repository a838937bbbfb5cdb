"""Derivatives of pixels by a camera's pose, beside twelve views moved and projected one by one."""

import numpy as np
import pytest

from farside.ext.common import deterministic
from farside.mission.camera import Camera
from farside.vision.pose import _STEP, slopes
from farside.vision.view import CameraView


def one_by_one(view, p_site):
    reach = max(deterministic.length(p_site[0] - view.r_site), 1.0)
    out = np.empty((2 * len(p_site), 6))
    for k in range(6):
        step = np.zeros(6)
        step[k] = _STEP * (reach if k < 3 else 1.0)
        ahead = view.moved(step[:3], step[3:]).project(p_site)
        behind = view.moved(-step[:3], -step[3:]).project(p_site)
        out[:, k] = ((ahead - behind) / (2.0 * step[k])).ravel()
    return out


@pytest.mark.parametrize("count", [1, 4, 131])
@pytest.mark.parametrize("distortion", [(0.0,) * 5, (-0.2, 0.035, 0.001, -0.002, 0.0)])
def test_views_projected_at_once_have_the_bits_of_one_by_one(count, distortion):
    rng = np.random.default_rng(count)
    camera = Camera(name="eye", distortion=distortion)
    for _ in range(20):
        q = np.array([1.0, 0.0, 0.0, 0.0]) + 0.2 * rng.normal(size=4)
        view = CameraView.of(
            camera, 500.0 * rng.normal(size=3) + [0.0, 0.0, 2000.0], q / np.linalg.norm(q)
        )
        places = rng.normal(size=(count, 3)) * [500.0, 500.0, 30.0]
        found = slopes(view, places)
        assert found.flags.c_contiguous and found.tobytes() == one_by_one(view, places).tobytes()
