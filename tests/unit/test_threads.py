"""Hazard maps have the same bits whatever number of threads OpenCV uses.

With one thread, or on a map below 16384 cells, OpenCV may use another library for the distance
transform, whose roots differ in the last bit. Campaign workers run it with one thread.
"""

import cv2
import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from farside.survey import survey
from farside.terrain.elevation import ElevationMap
from farside.terrain.hazards import distance_to_bad


@pytest.fixture
def threads():
    """Return a function that runs another with a number of threads."""
    before = cv2.getNumThreads()

    def run(count, function):
        cv2.setNumThreads(count)
        return function()

    yield run
    cv2.setNumThreads(before)


@pytest.mark.parametrize("shape", [(1, 1), (7, 300), (100, 90), (400, 500)])
def test_distances_are_exact_with_any_number_of_threads(threads, shape):
    good = np.random.default_rng(1).random(shape) < 0.98
    good[0, 0] = False
    elevation = ElevationMap.from_array(np.zeros(shape, np.float32), 0.1)
    one, many = (threads(n, lambda: distance_to_bad(good, elevation)) for n in (1, 4))
    assert np.array_equal(one, many)
    # the root of a whole number, rounded once, times the cell, rounded once more
    cells = distance_transform_edt(good).astype(np.float32)
    assert np.array_equal(one, cells * np.float32(0.1))


@pytest.mark.parametrize("size", [100, 260])
def test_a_survey_has_the_same_bits_with_any_number_of_threads(threads, size):
    rng = np.random.default_rng(2)
    y, x = np.mgrid[0:size, 0:size] * 0.1
    heights = 0.5 * np.sin(0.6 * x) * np.cos(0.4 * y) + rng.normal(0.0, 0.01, (size, size))
    one, many = (
        threads(n, lambda: survey(heights, 0.1, sigma_m=0.01, dispersion_m=(0.3, 0.2)))
        for n in (1, 4)
    )
    for name in ("slope_deg", "roughness_m", "clearance_m", "probability", "bound", "reason"):
        assert np.array_equal(getattr(one, name), getattr(many, name), equal_nan=True), name
    assert one.sites == many.sites
