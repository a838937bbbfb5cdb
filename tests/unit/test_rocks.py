"""Rocks: counts, clusters, shapes; ejecta that vary with azimuth."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage
from studies.rock_counts import DIAMETERS_M, LAWS, rows, statistics_of

from farside.ext.ground import _craters, _rocks
from farside.ground import Ground
from farside.ground.blocks import fields_of, mean_chance
from farside.ground.craters import REACH, profiles
from farside.ground.detail import Box, Detail
from farside.ground.rocks import RockLaw
from farside.mission import load_mission

MISSION = load_mission("chang-e-6")
STATISTICS = MISSION.ground
POSTING_M, LEVEL = 3790.0, 7


def detail(seed=0, **changes):
    return Detail(replace(STATISTICS, **changes), seed, POSTING_M, LEVEL)


def square(u, v, half):
    return Box(u, u, v, v).grown(half)


def drawn(ground, box):
    return np.concatenate(list(ground.draw_rocks(box)))


# ---- how many ----------------------------------------------------------------------------------


def test_every_law_counts_as_published():
    """Within 20 % at 0.2 to 1 m; a quarter of the seeds of the study's table, clusters and all."""
    found = rows(seeds=15)
    assert len(found) == len(LAWS) * len(DIAMETERS_M)
    for row in found:
        assert row.holds, row.line()


@pytest.mark.parametrize(
    ("name", "at_04"), [("Surveyor I", 1.62), ("Surveyor III", 0.72), ("Surveyor VI", 0.56)]
)
def test_the_published_side_is_what_reviews_quote(name, at_04):
    """Rocks of 0.4 m and more per 100 m2 as ../shared/fidelity.md quotes Shoemaker and Morris."""
    law = next(each for each in LAWS if each.name == name)
    assert law.per_100_m2(0.4) == pytest.approx(at_04, rel=0.01)
    ours = RockLaw.of(statistics_of(law))
    # the ground's law ends at its largest rock, 6.4 m
    assert 100.0 * ours.cumulative(0.4) == pytest.approx(
        law.per_100_m2(0.4) - law.per_100_m2(6.4), rel=1e-9
    )


def test_the_sizes_of_scattered_rocks_are_the_laws():
    """Kolmogorov-Smirnov distance of diameters to the exponential law's quadrature, 1 % level."""
    found = np.sort(drawn(detail(rock_cluster_share=0.0), square(0.0, 0.0, 150.0))[:, 2])
    law = RockLaw.of(STATISTICS)
    d = np.geomspace(0.1, 6.4, 20001)
    n = law.density(d)
    below = np.concatenate([[0.0], np.cumsum(0.5 * (n[1:] + n[:-1]) * np.diff(d))])
    share = np.interp(found, d, below / below[-1])
    assert found.size > 10_000
    far = np.max(np.abs(share - (np.arange(found.size) + 0.5) / found.size))
    assert far < 1.63 / np.sqrt(found.size)
    assert found[0] >= 0.1 and found[-1] <= 6.4


def test_the_limits_of_size_are_kept():
    found = drawn(detail(rock_diameter_m=(0.25, 0.9)), square(0.0, 0.0, 100.0))[:, 2]
    assert 0.25 <= found.min() and found.max() <= 0.9
    want = 4e4 * RockLaw.of(replace(STATISTICS, rock_diameter_m=(0.25, 0.9))).cumulative(0.25)
    # clusters make it stray by more than a Poisson count
    assert found.size == pytest.approx(want, rel=0.6)


def test_heights_show_the_rocks_that_are_counted():
    """Bumps of the raster, by their area, beside the labels: at 0.4 m and 0.7 m within 15 %."""
    ground = detail(seed=4, rock_cluster_share=0.0)
    z = np.zeros((2001, 2001), dtype=np.float32)
    for part in ground.draw_rocks(square(0.0, 0.0, 100.0), 1.0):
        _rocks.stamp_rocks(z, (-1000, -1000), 0.1, part[part[:, 2] > 0.2])
    bumps, count = ndimage.label(z > 0.0, np.ones((3, 3)))
    across = np.sqrt(4.0 / np.pi * 0.01 * ndimage.sum_labels(z > 0.0, bumps, np.arange(count) + 1))
    labels = drawn(ground, square(0.0, 0.0, 100.0))[:, 2]
    for least in (0.4, 0.7):
        assert np.sum(across >= least) == pytest.approx(np.sum(labels >= least), rel=0.15)


def test_no_rocks_where_none_are_asked_for():
    for none in (
        {"rock_abundance": 0.0},
        {
            "rock_law": "power",
            "rock_abundance": None,
            "rock_decay_per_m": None,
            "rock_count_per_m2": 0.0,
            "rock_exponent": 2.5,
        },
    ):
        assert list(detail(**none).draw_rocks(square(0.0, 0.0, 50.0))) == []


# ---- about fresh craters -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def crater():
    """Return a ground and the row of a fresh crater of 20 to 60 m, the only one about itself."""
    for seed in range(40):
        ground = detail(seed=seed)
        found = ground._fields(square(0.0, 0.0, 1500.0))
        for row in found:
            others = np.hypot(found[:, 0] - row[0], found[:, 1] - row[1]) < 4.0 * (
                row[2] + found[:, 2]
            )
            if 10.0 < row[2] < 30.0 and row[3] > 0.6 and others.sum() == 1:
                return ground, row
    raise AssertionError("no lone fresh crater in 40 grounds")


def test_rocks_thin_away_from_a_fresh_rim(crater):
    """Counts in rings against (1 - s) + s g / mean(g) of the law, g = w x^-3 / (1 + contrast)."""
    ground, (u, v, radius, weight, *_) = crater
    statistics = ground.statistics
    found = drawn(ground, square(u, v, 4.5 * radius))
    found = found[found[:, 2] < 0.4]  # three octaves: blocks about craters from 10 m
    far = np.hypot(found[:, 0] - u, found[:, 1] - v) / radius
    law = RockLaw.of(statistics)
    per_m2 = law.cumulative(0.1) - law.cumulative(0.4)
    craters = [each for part in ground.craters.values() for each in part]
    mean = mean_chance(statistics, craters, 10.0)
    share = statistics.rock_cluster_share
    rings = ((0.0, 1.0), (1.0, 1.5), (1.5, 2.0), (2.0, 3.0), (4.0, 4.5))
    for lo, hi in rings:
        x = np.linspace(lo, hi, 400)
        chance = weight * np.minimum(np.maximum(x, 1e-9) ** -3, 1.0)
        chance /= 1.0 + statistics.crater_ray_contrast
        chance *= np.clip((16.0 - x * x) / 7.0, 0.0, 1.0)
        dense = per_m2 * ((1.0 - share) + share * chance / mean)
        want = np.trapezoid(dense * 2.0 * np.pi * x, x) * radius * radius
        got = np.sum((far >= lo) & (far < hi))
        assert abs(got - want) < 4.0 * np.sqrt(want), (lo, hi)
    inside = np.sum(far < 1.0) / np.pi
    outside = np.sum((far >= 4.0) & (far < 4.5)) / (np.pi * (4.5**2 - 4.0**2))
    assert inside > 3.0 * outside


def test_rays_hold_more_rocks_than_the_gaps(crater):
    """Beyond the rim the azimuths of rocks follow 1 + contrast f(theta)."""
    ground, (u, v, radius, _, side, rays, ray) = crater
    found = drawn(ground, square(u, v, 4.0 * radius))
    angle = np.arctan2(found[:, 1] - v, found[:, 0] - u)
    far = np.hypot(found[:, 0] - u, found[:, 1] - v) / radius
    f = 0.4 * np.cos(angle - side) + 0.6 * np.cos(rays * (angle - ray))
    near = (far > 1.0) & (far < 2.0)
    # evenly spread f has mean 0; in proportion to 1 + 0.5 f it has 0.5 E[f^2] = 0.13
    error = np.std(f[near]) / np.sqrt(near.sum())
    assert np.mean(f[near]) > 3.0 * error
    beyond = far > 3.9
    assert abs(np.mean(f[beyond])) < 4.0 * np.std(f[beyond]) / np.sqrt(beyond.sum())


def test_only_young_and_large_craters_have_fields():
    lo, hi = STATISTICS.crater_depth_ratio
    craters = np.zeros((4, 7))
    craters[:, 2] = (20.0, 20.0, 20.0, 9.0)
    craters[:, 3] = craters[:, 2] * (lo + (hi - lo) * np.array([0.95, 0.89, 1.0, 1.0]))
    found = fields_of(STATISTICS, craters, 10.0)
    assert found[:, 2] == pytest.approx([10.0, 10.0])
    assert found[:, 3] == pytest.approx([0.5, 1.0])


def test_any_window_has_the_same_rocks(crater):
    """Two windows over one fresh crater, and a row of small ones: the same rows in both."""
    ground, (u, v, *_) = crater
    whole = drawn(ground, square(u, v, 60.0))
    shifted = drawn(ground, square(u + 17.3, v - 21.9, 71.0))

    def within(found, box):
        held = (found[:, 0] >= box.u_lo) & (found[:, 0] < box.u_hi)
        held &= (found[:, 1] >= box.v_lo) & (found[:, 1] < box.v_hi)
        return np.unique(found[held], axis=0)

    common = Box(u - 53.0, u + 60.0, v - 60.0, v + 49.0)
    assert len(within(whole, common)) > 500
    np.testing.assert_array_equal(within(whole, common), within(shifted, common))
    parts = [drawn(ground, square(u + 6.0 * i, v, 3.0)) for i in range(-9, 10)]
    strip = Box(u - 57.0, u + 57.0, v - 3.0, v + 3.0)
    np.testing.assert_array_equal(np.unique(np.concatenate(parts), axis=0), within(whole, strip))


# ---- shapes ------------------------------------------------------------------------------------


def rock(**named):
    row = {
        "u": 0.0, "v": 0.0, "diameter": 2.0, "height": 1.0, "stretch": 1.0, "azimuth": 0.0,
        "burial": 0.5, "blunt": 0.0, "a3": 0.0, "p3": 0.0, "a5": 0.0, "p5": 0.0,
    } | named  # fmt: skip
    return np.array([list(row.values())])


def stamped(row, cell=0.01):
    z = np.zeros((401, 401), dtype=np.float32)
    _rocks.stamp_rocks(z, (-200, -200), cell, row)
    return z.astype(float)


@pytest.mark.parametrize("burial", [0.0, 0.3, 0.5, 0.8])
def test_a_smooth_rock_is_a_sunken_ellipsoid(burial):
    """Heights against x^2 + y^2 + z^2 / c^2 = r^2 itself, cut at the ground."""
    axis, diameter = 0.8, 2.0
    widest = 1.0 if burial <= 0.5 else 2.0 * np.sqrt(burial * (1.0 - burial))
    body = diameter / widest
    z = stamped(rock(burial=burial, height=(1.0 - burial) * axis * body))
    step = 0.01 * np.arange(-200, 201)
    x, y = np.meshgrid(step, step)
    square_ = np.maximum(0.25 * body * body - x * x - y * y, 0.0)
    # its middle stands so high above the ground; seen from above, nothing beyond the widest ring
    want = axis * np.sqrt(square_) + (0.5 - burial) * axis * body
    want[(x * x + y * y >= 0.25 * diameter * diameter) | (want < 0.0)] = 0.0
    np.testing.assert_allclose(z, want, atol=1e-6)


def test_an_irregular_outline_keeps_its_area():
    for seed in range(4):
        rng = np.random.default_rng(seed)
        row = rock(
            a3=0.3, a5=0.25, p3=6.0 * rng.random(), p5=6.0 * rng.random(), burial=0.2,
            stretch=1.0 + 0.25 * rng.random(), azimuth=rng.random(),
        )  # fmt: skip
        z = stamped(row)
        assert np.sum(z > 0.0) * 1e-4 == pytest.approx(np.pi, rel=0.005)
        assert z[200, 200] == pytest.approx(1.0, abs=1e-6)
        # three and five lobes: the radius varies by more than an ellipse's 1.25
        j, i = np.nonzero(z > 0.0)
        angle = np.arctan2(j - 200, i - 200)
        far = [np.hypot(j - 200, i - 200)[np.abs(angle - a) < 0.1].max() for a in np.arange(-3, 3)]
        assert max(far) / min(far) > 1.3


def test_rocks_stand_out_by_half_their_diameter():
    """Mean height over diameter 0.5 to 0.6 (from memory, of lunar blocks), as burial has it."""
    found = drawn(detail(seed=1), square(0.0, 0.0, 80.0))
    ratio = found[:, 3] / found[:, 2]
    assert 0.5 < ratio.mean() < 0.6
    burial = found[:, 6]
    assert burial.min() >= 0.1 and burial.max() <= 0.6
    # the deeper, the lower
    assert np.corrcoef(burial, ratio)[0, 1] < -0.8
    lo, hi = 0.7 * 0.4 / (2.0 * np.sqrt(0.24)), 1.0 * 0.9
    assert lo - 1e-9 <= ratio.min() and ratio.max() <= hi + 1e-9


# ---- craters -----------------------------------------------------------------------------------


def stamped_crater(rays, side=1.0, number=5.0, ray=0.3):
    row = np.array([[0.0, 0.0, 20.0, 0.12 * 20.0, side, number, ray]])
    z = np.zeros((501, 501), dtype=np.float32)
    _craters.stamp_craters(z, (-250, -250), 0.1, row, profiles(), REACH, (0.01, 0.12), rays)
    return z.astype(float)


def test_ejecta_of_a_fresh_crater_are_lobed_and_as_much_as_before():
    even, lobed = stamped_crater((0.0, 0.1)), stamped_crater((0.5, 0.1))
    step = 0.1 * np.arange(-250, 251)
    x, y = np.meshgrid(step, step)
    far = np.hypot(x, y) / 10.0
    # nothing up to the rim, and the same volume all round
    assert np.array_equal(even[far <= 1.0], lobed[far <= 1.0])
    assert abs(np.sum(lobed - even)) < 1e-3 * np.sum(np.abs(even))
    ring = (far > 1.4) & (far < 1.7)
    angle = np.arctan2(y, x)
    f = 0.4 * np.cos(angle - 1.0) + 0.6 * np.cos(5.0 * (angle - 0.3))
    want = even * (1.0 + 0.5 * (1.0 - 1.0 / np.maximum(far, 0.1) ** 2) * f)
    np.testing.assert_allclose(lobed[ring], want[ring], atol=1e-5)
    assert np.ptp(lobed[ring] / even[ring]) > 0.4


def test_old_craters_have_no_rays():
    row = np.array([[0.0, 0.0, 20.0, 0.1 * 20.0, 1.0, 5.0, 0.3]])
    z = [np.zeros((501, 501), dtype=np.float32) for _ in range(2)]
    for grid, contrast in zip(z, (0.0, 0.5), strict=True):
        _craters.stamp_craters(
            grid, (-250, -250), 0.1, row, profiles(), REACH, (0.01, 0.12), (contrast, 0.1)
        )
    assert z[0].any()
    np.testing.assert_array_equal(*z)


def test_craters_of_one_depth_make_finite_ground():
    flat = replace(MISSION, ground=replace(STATISTICS, crater_depth_ratio=(0.05, 0.05)))
    assert np.isfinite(Ground(flat, seed=0).patch(0.0, 0.0, 10.0).heights).all()
