"""Hazards in an image: shadows, slopes, craters and rocks of scenes that are known."""

import math

import numpy as np
import pytest

from farside.ext.vision._fourier import transform
from farside.mission.pinhole import Pinhole
from farside.vision import VisionError
from farside.vision.bowl_cover import cover, responses, slope_levels
from farside.vision.ground_view import CELLS_MOST, GroundGrid, lay_on_ground, sample_m
from farside.vision.hazards import map_image_hazards
from farside.vision.level_ground import relative_brightness
from farside.vision.light import light_of
from farside.vision.means import box_mean
from farside.vision.shading import _tables, slopes
from farside.vision.shown import ImageReason, Sensed
from farside.vision.view import CameraView

SIDE, FOCAL, HEIGHT = 256, 512.0, 1000.0
PIXEL = HEIGHT / FOCAL
CAMERA = Pinhole(SIDE, SIDE, (FOCAL, FOCAL), (127.5, 127.5))
#: Straight down, the top of the image to the north.
VIEW = CameraView(CAMERA, np.array([0.0, 0.0, HEIGHT]), np.diag([1.0, -1.0, -1.0]))
GRID = GroundGrid.about((0.0, 0.0), 200.0, PIXEL)
LEVEL = 100.0


def sun(azimuth_deg=90.0, elevation_deg=30.0):
    a, e = math.radians(azimuth_deg), math.radians(elevation_deg)
    return np.array([math.cos(e) * math.sin(a), math.cos(e) * math.cos(a), math.sin(e)])


def places():
    """East and north of each pixel [m]."""
    at = (np.arange(SIDE) - 127.5) * PIXEL
    return np.meshgrid(at, -at)


def picture(heights, toward, noise=0.5, seed=0):
    """Lommel and Seeliger's shading of heights (rows southwards), seen from above."""
    south, east = np.gradient(heights, PIXEL)
    size = np.sqrt(1.0 + east**2 + south**2)
    lit = np.maximum((toward[2] - east * toward[0] + south * toward[1]) / size, 0.0)
    grey = lit / (lit + 1.0 / size) * LEVEL / (toward[2] / (toward[2] + 1.0))
    grey += np.random.default_rng(seed).normal(0.0, noise, grey.shape)
    return np.clip(np.rint(grey), 0, 255).astype(np.uint8)


def rough(seed=3, metres=0.01):
    return np.random.default_rng(seed).normal(0.0, metres, (SIDE, SIDE))


def bowl(east_m, north_m, radius_m, ratio=0.15):
    x, y = places()
    q = np.hypot(x - east_m, y - north_m) / radius_m
    return ratio * 2.0 * radius_m * np.where(q < 1.0, q * q - 1.0, 0.0)


def cell(east_m, north_m):
    return (
        round((north_m - GRID.north_m) / GRID.cell_m),
        round((east_m - GRID.east_m) / GRID.cell_m),
    )


def has(found, place, reason):
    return bool(found.reasons[cell(*place)] & reason)


def test_the_image_is_laid_on_the_ground_where_it_looks():
    x, y = places()
    image = np.rint(100.0 + 0.1 * x + 0.2 * y).astype(np.uint16)
    laid = lay_on_ground(image, VIEW, GRID, 65535.0)
    east, north = np.meshgrid(*GRID.places())
    assert np.abs(laid.brightness - (100.0 + 0.1 * east + 0.2 * north)).max() < 0.75
    assert not laid.unknown.any()
    assert sample_m(VIEW, (0.0, 0.0, 0.0)) == pytest.approx(PIXEL)


def test_a_grid_keeps_to_the_most_cells():
    grid = GroundGrid.about((10.0, -5.0), 5000.0, 0.1)
    assert grid.cells <= CELLS_MOST and grid.places()[0].mean() == pytest.approx(10.0)


@pytest.mark.parametrize("azimuth", [0.0, 90.0, 210.0])
def test_a_crater_is_a_hazard_and_the_plain_is_none(azimuth):
    heights = rough() + bowl(-60.0, 40.0, 15.0) + bowl(80.0, -70.0, 30.0)
    found = map_image_hazards(picture(heights, sun(azimuth)), VIEW, sun(azimuth), GRID)
    for place in ((-60.0, 40.0), (80.0, -70.0)):
        assert has(found, place, ImageReason.CRATER), place
    plain = found.probability[cell(-150.0, -150.0)[0] :, : cell(-100.0, 0.0)[1]]
    east, north = np.meshgrid(*GRID.places())
    inside = [
        found.probability[np.hypot(east - x, north - y) < r].mean()
        for x, y, r in ((-60.0, 40.0, 15.0), (80.0, -70.0, 30.0))
    ]
    assert min(inside) > 0.5 and np.median(plain) < 0.1
    assert found.known_share == 1.0 and not found.unknown.any()


def test_a_mound_is_no_crater_and_a_small_one_a_rock():
    toward = sun(90.0)
    mound = rough() - bowl(0.0, 0.0, 15.0)
    found = map_image_hazards(picture(mound, toward), VIEW, toward, GRID)
    assert not has(found, (0.0, 0.0), ImageReason.CRATER)
    rock = rough() - bowl(40.0, 0.0, 3.0, ratio=0.4)
    found = map_image_hazards(picture(rock, toward), VIEW, toward, GRID)
    near = found.reasons[
        cell(0.0, -8.0)[0] : cell(0.0, 8.0)[0], cell(32.0, 0.0)[1] : cell(48.0, 0.0)[1]
    ]
    assert (near & ImageReason.ROCK).any()
    assert not has(found, (-60.0, 60.0), ImageReason.ROCK)


def test_a_shadow_is_a_hazard():
    toward = sun(90.0)
    image = picture(rough(), toward)
    image[100:120, 60:90] = 0
    found = map_image_hazards(image, VIEW, toward, GRID)
    x, y = places()
    middle = float(x[110, 75]), float(y[110, 75])
    assert has(found, middle, ImageReason.SHADOW) and found.probability[cell(*middle)] >= 0.5


def test_a_slope_to_the_sun_is_bright_and_measured():
    toward = sun(90.0)
    x, _ = places()
    # a ridge whose sides lean by 12 deg, 40 m wide each
    ridge = math.tan(math.radians(12.0)) * np.maximum(0.0, 40.0 - np.abs(x))
    found = map_image_hazards(picture(ridge + rough(), toward), VIEW, toward, GRID)
    lit, dark = (20.0, 0.0), (-20.0, 0.0)
    assert has(found, lit, ImageReason.BRIGHT) and has(found, lit, ImageReason.SLOPE)
    assert has(found, dark, ImageReason.SLOPE) and not has(found, dark, ImageReason.BRIGHT)
    assert found.east[cell(*lit)] < -0.12 and found.east[cell(*dark)] > 0.12
    assert found.probability[cell(*lit)] > 0.4 > found.probability[cell(-150.0, 0.0)]


def test_what_is_outside_saturated_or_dark_is_unknown_and_unknown_is_not_safe():
    toward = sun(90.0)
    image = picture(rough(), toward)
    image[30:60, 30:60] = 255
    wide = GroundGrid.about((0.0, 0.0), 350.0, 2.0 * PIXEL)
    found = map_image_hazards(image, VIEW, toward, wide)
    assert found.probability[found.unknown].min() == 1.0
    assert found.reasons[0, 0] == ImageReason.OUTSIDE
    assert (found.reasons & ImageReason.SATURATED).any()
    # a detector so noisy that half of the ground, darker, cannot be told
    with pytest.raises(VisionError, match="dark"):
        map_image_hazards(image, VIEW, toward, GRID, sensed=Sensed(255.0, 0.5))


@pytest.mark.parametrize(
    ("image", "match"),
    [
        (np.zeros((SIDE, SIDE), np.uint8), "dark"),
        (np.full((SIDE, SIDE), 120, np.uint8), "one grey"),
        (np.full((SIDE, SIDE), 255, np.uint8), "saturated"),
        (np.zeros((10, 10), np.uint8), "the camera's is"),
        (np.full((SIDE, SIDE), np.nan), "whole numbers"),
    ],
)
def test_a_useless_image_is_refused_in_one_line(image, match):
    with pytest.raises(VisionError, match=match) as why:
        map_image_hazards(image, VIEW, sun(), GRID)
    assert "\n" not in str(why.value)


def test_light_that_tells_nothing_is_refused():
    image = picture(rough(), sun())
    for toward, match in (
        (sun(0.0, 89.0), "overhead"),
        (sun(0.0, 1.0), "lower than 2 deg"),
        ((0.0, 0.0, 0.0), "three finite numbers"),
    ):
        with pytest.raises(VisionError, match=match):
            map_image_hazards(image, VIEW, toward, GRID)
    aside = GroundGrid.about((900.0, 0.0), 100.0, PIXEL)
    with pytest.raises(VisionError, match="shows 0 %"):
        map_image_hazards(image, VIEW, sun(), aside)
    with pytest.raises(VisionError, match="slope limit"):
        map_image_hazards(image, VIEW, sun(), GRID, slope_deg=math.nan)


def test_the_same_image_gives_the_same_bits():
    image = picture(rough() + bowl(0.0, 0.0, 20.0), sun(40.0))
    first, second = (map_image_hazards(image, VIEW, sun(40.0), GRID) for _ in range(2))
    assert first.probability.tobytes() == second.probability.tobytes()
    assert first.reasons.tobytes() == second.reasons.tobytes()


def test_the_gain_of_light_is_that_of_tilted_ground():
    toward, grid = sun(70.0, 25.0), GroundGrid.about((0.0, 0.0), 20.0, 2.0)
    light = light_of(VIEW, grid, toward)
    g = math.degrees(math.acos(toward[2]))
    weight = 1.0 - 0.019 * g + 2.42e-4 * g**2 - 1.46e-6 * g**3

    def bright(east, north):
        size = math.sqrt(1.0 + east * east + north * north)
        mu0 = (toward[2] - east * toward[0] - north * toward[1]) / size
        return 2.0 * weight * mu0 / (mu0 + 1.0 / size) + (1.0 - weight) * mu0

    step = 1e-6
    kx = (bright(step, 0.0) - bright(-step, 0.0)) / (2.0 * step) / bright(0.0, 0.0)
    ky = (bright(0.0, step) - bright(0.0, -step)) / (2.0 * step) / bright(0.0, 0.0)
    assert light.middle_gain == pytest.approx(math.hypot(kx, ky), rel=1e-6)
    assert light.toward == pytest.approx((kx / math.hypot(kx, ky), ky / math.hypot(kx, ky)))


def test_the_trend_of_the_light_is_taken_out():
    at = np.linspace(-1.0, 1.0, 121)
    trend = 50.0 * (1.0 + 0.2 * at[None, :] - 0.1 * at[:, None] + 0.05 * at[None, :] ** 2)
    known = np.ones(trend.shape, bool)
    known[:30, :30] = False
    left = relative_brightness(trend, np.ones(trend.shape), known)
    assert np.abs(left - 1.0).max() < 0.01 and (left[:30, :30] == 1.0).all()


def test_the_transform_is_fouriers():
    rng = np.random.default_rng(0)
    real, imaginary = rng.normal(size=(2, 512, 512))
    given = real + 1j * imaginary
    cosine, sine, _ = _tables()
    transform(real, imaginary, cosine, sine, False)
    assert np.abs(real + 1j * imaginary - np.fft.fft2(given).T).max() < 1e-9
    transform(real, imaginary, cosine, sine, True)
    assert np.abs((real + 1j * imaginary) / 512**2 - given).max() < 1e-12
    with pytest.raises(ValueError, match="power of 2"):
        transform(np.zeros((12, 12)), np.zeros((12, 12)), np.zeros(6), np.zeros(6), False)


def test_slopes_across_the_light_come_from_the_shading_along_it():
    at = np.arange(256.0)
    x, y = np.meshgrid(at, at)
    # round hills: waves in both directions
    east = 0.1 * np.cos(2.0 * np.pi * x / 32.0) * np.cos(2.0 * np.pi * y / 32.0)
    north = -0.1 * np.sin(2.0 * np.pi * x / 32.0) * np.sin(2.0 * np.pi * y / 32.0)
    got_east, got_north = slopes(east, (1.0, 0.0), 0.01, 1.0)
    part = slice(48, 208), slice(48, 208)
    assert np.corrcoef(got_east[part].ravel(), east[part].ravel())[0, 1] > 0.99
    assert np.corrcoef(got_north[part].ravel(), north[part].ravel())[0, 1] > 0.95


def test_bowls_cover_what_they_cover():
    at = np.arange(96.0) - 48.0
    x, y = np.meshgrid(at, at)
    inside = np.hypot(x, y) < 8.0
    signal = np.where(inside, 0.3 * x / 8.0, 0.0)
    found, step = responses([slope_levels(signal)], 8.0, (1.0, 0.0), 0.14)
    assert step == 2
    covered = cover(found, step, 8.0, signal.shape)
    assert covered.shape == signal.shape and covered[48, 48] > 0.55 and covered[5, 5] < 0.2
    assert covered[inside].min() > 0.45


def test_means_over_windows():
    values = np.random.default_rng(1).uniform(0.0, 1.0, (30, 40))
    mean = box_mean(values, 2)
    assert mean[10, 10] == pytest.approx(values[8:13, 8:13].mean(), abs=1e-4)
    assert mean.shape == values.shape
