"""Craters of images: places, sizes, shapes and the Sun's azimuth of bowls that are known."""

import math

import cv2
import numpy as np
import pytest
from crater_boxes import NAC, average_precision, boxes_of, labelled

from farside.ext.common._isa import supported_isas
from farside.ext.vision.bowls import correlate, load_correlate
from farside.vision import VisionError, find_craters
from farside.vision.azimuth import sun_azimuth
from farside.vision.bowl import bowl
from farside.vision.correlation import correlated, halved
from farside.vision.grey import grey_levels

needs_nac = pytest.mark.skipif(not NAC.is_dir(), reason="../shared/data/nac_train is not there")


def ground(side, craters, seed=0, rough=0.02):
    """Heights [px] of parabolic bowls with rims, (x, y, radius, axis ratio, angle [rad])."""
    rng = np.random.default_rng(seed)
    z = cv2.GaussianBlur(rng.normal(size=(side, side)), (0, 0), 1.5) * rough * 4.0
    y, x = np.mgrid[:side, :side].astype(float)
    for cx, cy, radius, ratio, angle in craters:
        u = (x - cx) * math.cos(angle) + (y - cy) * math.sin(angle)
        v = (y - cy) * math.cos(angle) - (x - cx) * math.sin(angle)
        q = np.hypot(u / radius, v / (radius * ratio))
        z += 0.2 * radius * np.where(q < 1.0, q * q - 0.8, 0.2 * np.maximum(q, 1e-9) ** -3)
    return cv2.GaussianBlur(z, (0, 0), 0.8)


def lit(z, azimuth_deg, elevation_deg=35.0):
    """Lambert's shading of heights, 8 bit; azimuth clockwise from the image's top."""
    down, right = np.gradient(z)
    azimuth, elevation = math.radians(azimuth_deg), math.radians(elevation_deg)
    east, south = math.sin(azimuth), -math.cos(azimuth)
    light = math.sin(elevation) - math.cos(elevation) * (right * east + down * south)
    grey = np.maximum(light, 0.0) / np.sqrt(1.0 + right * right + down * down)
    return np.clip(110.0 * grey / math.sin(elevation), 0, 255).astype(np.uint8)


FIELD = [
    (60.0, 70.0, 20.0, 1.0, 0.0),
    (150.0, 60.0, 11.0, 1.0, 0.0),
    (210.0, 190.0, 33.0, 1.0, 0.0),
    (90.0, 200.0, 7.0, 1.0, 0.0),
    (40.0, 150.0, 5.0, 1.0, 0.0),
]


@pytest.mark.parametrize("azimuth", [0.0, 75.0, 200.0, 315.0])
def test_bowls_are_found_where_they_are(azimuth):
    found = find_craters(lit(ground(256, FIELD), azimuth))
    off = abs((found.sun.azimuth_deg - azimuth + 180.0) % 360.0 - 180.0)
    assert off < 4.0 and found.sun.contrast > 1.2
    for x, y, radius, _, _ in FIELD:
        near = np.hypot(found.x_px - x, found.y_px - y) < 0.2 * radius + 0.5
        assert near.any(), (x, y)
        best = np.flatnonzero(near)[0]
        mean = math.sqrt(found.semi_major_px[best] * found.semi_minor_px[best])
        # rims are those that people draw on worn craters: outside the crest of a sharp one
        assert 1.05 < mean / radius < 1.45
        assert found.confidence[best] > 0.9
    # the surest are the bowls, not the roughness between them
    surest = list(zip(found.x_px[:5], found.y_px[:5], strict=True))
    assert all(min(math.hypot(x - c[0], y - c[1]) / c[2] for c in FIELD) < 0.5 for x, y in surest)


def test_a_given_sun_of_the_wrong_side_finds_none_of_them():
    image = lit(ground(256, FIELD), 75.0)
    right, wrong = (find_craters(image, sun_azimuth_deg=a, least=0.6) for a in (75.0, 255.0))
    assert right.sun.azimuth_deg == 75.0 and math.isinf(right.sun.contrast)
    for x, y, radius, _, _ in FIELD:
        assert (np.hypot(right.x_px - x, right.y_px - y) < 0.3 * radius).any()
        assert not (np.hypot(wrong.x_px - x, wrong.y_px - y) < 0.3 * radius).any()


@pytest.mark.parametrize("angle_deg", [-60.0, 0.0, 35.0, 90.0])
@pytest.mark.parametrize("azimuth", [20.0, 110.0])
def test_an_ellipse_has_its_axes(angle_deg, azimuth):
    true = (100.0, 96.0, 30.0, 0.65, math.radians(angle_deg))
    found = find_craters(lit(ground(200, [true]), azimuth), sun_azimuth_deg=azimuth)
    assert math.hypot(found.x_px[0] - 100.0, found.y_px[0] - 96.0) < 4.0
    assert found.semi_minor_px[0] / found.semi_major_px[0] == pytest.approx(0.65, abs=0.12)
    assert abs((found.angle_deg[0] - angle_deg + 90.0) % 180.0 - 90.0) < 12.0


def test_the_kernel_is_the_correlation_of_its_equations():
    """Against a direct sum in double precision, and OpenCV's correlation under a mask."""
    grey = grey_levels(lit(ground(64, [(30.0, 30.0, 8.0, 1.0, 0.0)]), 75.0))
    image = grey.levels
    template = bowl(4.0)
    right, down = correlated(image, template, grey.floor)
    half = len(template.half_widths) - 1
    full = np.zeros((2, 2 * half + 1, 2 * half + 1))
    for (row, col), weight in zip(template.offsets, template.weights, strict=True):
        full[:, half + row, half + col] = weight
        full[:, half - row, half - col] = -weight
    mask = np.zeros(full.shape[1:])
    for row in range(-half, half + 1):
        width = template.half_widths[abs(row)]
        mask[half + row, half - width : half + width + 1] = 1.0
    padded = cv2.copyMakeBorder(image, half, half, half, half, cv2.BORDER_REFLECT_101)
    n = mask.sum()
    for y, x in [(0, 0), (30, 30), (63, 12), (24, 36), (40, 63)]:
        window = padded[y : y + 2 * half + 1, x : x + 2 * half + 1].astype(float)
        spread = n * (window**2 * mask).sum() - (window * mask).sum() ** 2 + n * n * grey.floor
        for axis, got in enumerate((right, down)):
            assert (full[axis] ** 2).sum() == template.energy
            c = (full[axis] * window).sum() * math.sqrt(n / (template.energy * spread))
            assert got[y, x] == pytest.approx(c, abs=2e-7)
    theirs = cv2.matchTemplate(
        padded.astype(np.float32), full[0].astype(np.float32), cv2.TM_CCOEFF_NORMED,
        mask=mask.astype(np.float32),
    )  # fmt: skip
    # OpenCV has no floor; its sums are in single precision
    right, _ = correlated(image, template, 1e-9)
    assert np.abs(theirs - right).max() < 1e-3


@pytest.mark.parametrize("isa", supported_isas())
def test_all_instruction_sets_give_the_same_bits(isa):
    image = grey_levels(np.random.default_rng(1).integers(0, 255, (61, 83)).astype(np.uint8)).levels
    template = bowl(5.3)
    half = len(template.half_widths) - 1
    padded = np.pad(image, half, mode="reflect")
    made = []
    for kernel in (correlate, load_correlate(isa)):
        out = np.empty((2, *image.shape), dtype=np.float32)
        kernel(
            padded, template.offsets, template.weights, template.half_widths, template.energy,
            85.0, out[0], out[1],
        )  # fmt: skip
        made.append(out)
    assert made[0].tobytes() == made[1].tobytes()


def test_a_turned_image_has_turned_craters():
    """A quarter turn is exact: the same craters, elsewhere, and the Sun 90 degrees on."""
    image = lit(ground(256, FIELD), 75.0)
    one, two = find_craters(image), find_craters(np.rot90(image, -1))
    assert (two.sun.azimuth_deg - one.sun.azimuth_deg) % 360.0 == pytest.approx(90.0, abs=1e-6)
    for x, y, size in zip(one.x_px[:20], one.y_px[:20], one.semi_major_px[:20], strict=True):
        apart = np.hypot(two.x_px - (255.0 - y), two.y_px - x)
        assert apart.min() < 0.05 * size


def test_depth_of_the_image_does_not_matter():
    image = lit(ground(256, FIELD), 75.0)
    deep = (image.astype(np.uint16) * 200 + 1000).astype(np.uint16)
    eight, sixteen = (find_craters(i, least=0.6) for i in (image, deep))
    for x, y in zip(eight.x_px[:5], eight.y_px[:5], strict=True):
        assert np.hypot(sixteen.x_px - x, sixteen.y_px - y).min() < 1.0


def test_what_is_unknown_holds_no_crater():
    image = lit(ground(256, FIELD), 75.0).astype(np.float32)
    image[:120] = np.nan
    known = np.isfinite(image)
    found = find_craters(image, known=known)
    assert len(found) and (found.y_px > 100.0).all()
    assert all(np.isfinite(getattr(found, name)).all() for name in ("x_px", "semi_minor_px"))


def test_halving_keeps_the_mean_and_drops_odd_lines():
    small = halved(np.array([[0, 1, 9], [2, 3, 9], [9, 9, 9]], dtype=np.int16))
    assert small.tolist() == [[2]]  # 1.5, rounded up


def test_even_ground_tells_no_sun():
    noise = np.random.default_rng(3).normal(120.0, 1.0, (200, 200)).astype(np.uint8)
    assert sun_azimuth(grey_levels(noise).levels, 1e3).contrast < 2.0
    assert (find_craters(noise).confidence < 0.6).mean() > 0.99


@pytest.mark.parametrize(
    ("image", "says"),
    [
        (np.zeros((64, 64, 3), np.uint8), "rows and columns of grey values"),
        (np.zeros((64, 64), complex), "grey values"),
        (np.full((64, 64), 7, np.uint8), "one grey all over"),
        (np.full((64, 64), np.nan), "no known pixel"),
        (np.zeros((64, 8), np.uint8), "16 pixels or more"),
    ],
)
def test_what_is_no_image_is_refused(image, says):
    with pytest.raises(VisionError, match=says):
        find_craters(image)


@pytest.mark.parametrize("options", [{"sun_azimuth_deg": math.nan}, {"least": 0.1}, {"least": 2}])
def test_bad_options_are_refused(options):
    with pytest.raises(VisionError):
        find_craters(lit(ground(64, []), 75.0), **options)


@needs_nac
@pytest.mark.slow(cpu_s=20)
def test_craters_of_lroc_images_score_as_asked():
    """0.75 of all sizes at IoU 0.5; of 20 px and more at 0.3 these images give 0.87.

    The anchor of the issue, 0.93, is for images that are kept back; an untrained matched filter
    scored 0.72 on these and 0.91 on those.
    """
    images = []
    for path in sorted(NAC.glob("*.png")):
        image, boxes = labelled(path)
        found = find_craters(image)
        images.append((boxes_of(found), found.confidence, boxes))
    assert len(images) == 12
    assert average_precision(images, 0.5) > 0.78
    assert average_precision(images, 0.3, 20.0) > 0.85
