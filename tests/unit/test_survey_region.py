"""Regions, their plane, slopes, hazard model, ellipses and ways in against what they must be."""

import math

import numpy as np
import pytest
from tests.support.small_templates import few_templates

from farside.ext.ground import _disc
from farside.ground.footprint import disc_residuals, span_discs
from farside.mission import load_mission
from farside.survey import LandingEllipse, SurveyError
from farside.survey.horizon_bodies import Dates
from farside.survey.landing_approach import azimuths, inclination_of
from farside.survey.landing_ellipse import along
from farside.survey.landing_ground import RegionGround, region_ground
from farside.survey.landing_hazards import _rice, limits_of, probabilities, tilt_sigma
from farside.survey.landing_link import kind_of, link_of
from farside.survey.landing_region import REGIONS, Region, area_m2, plane_of
from farside.survey.landing_slopes import region_slopes
from farside.survey.landing_templates import MULTIPLES, TILTS, Chances, planes, step_of

MOON = 1_737_400.0


# ---- regions ------------------------------------------------------------------------------------


def test_every_named_region_has_a_plane():
    for name in REGIONS:
        grid = plane_of(Region.of(name), 20e3)
        area = float((grid.ground_m[grid.inside] ** 2).sum())
        assert area == pytest.approx(area_m2(grid.region), rel=0.06)  # whole cells of 20 km
        assert grid.geometry.shape == grid.inside.shape


@pytest.mark.parametrize(
    ("text", "middle"),
    [
        ("41.6S,154W,100", (-41.6, -154.0)),
        ("-41.6,206,100", (-41.6, 206.0)),
        ("50S..40S,175E..175W", (-44.9, 180.0)),
        ("-50..-40,175..185", (-44.9, 180.0)),
        ("90S..86S,0..360", (-90.0, 0.0)),
        ("86..90,-180..180", (90.0, 0.0)),
    ],
)
def test_regions_by_numbers(text, middle):
    found = Region.of(text)
    assert found.latitude_deg == pytest.approx(middle[0], abs=0.3)
    apart = math.cos(math.radians(found.latitude_deg)) * math.sin(
        math.radians(found.longitude_deg - middle[1])
    )
    assert apart == pytest.approx(0.0, abs=1e-3)


def test_a_box_across_the_180th_meridian_is_what_it_says():
    grid = plane_of(Region.of("50S..40S,175E..175W"), 2e3)
    longitude = grid.longitude_deg[grid.inside]
    assert (np.abs(longitude) >= 175.0 - 1e-9).all()
    assert (longitude > 0.0).any() and (longitude < 0.0).any()
    latitude = grid.latitude_deg[grid.inside]
    assert latitude.min() >= -50.0 and latitude.max() <= -40.0
    share = area_m2(grid.region)  # 10 deg of 360, between two sines
    assert float((grid.ground_m[grid.inside] ** 2).sum()) == pytest.approx(share, rel=0.01)


def test_a_plane_about_a_pole_has_the_pole_in_its_middle():
    grid = plane_of(Region.of("south-pole"), 10e3)
    middle = [n // 2 for n in grid.shape]
    assert grid.latitude_deg[middle[0], middle[1]] < -89.7
    assert grid.inside[middle[0], middle[1]]
    # cells on the ground shrink outwards by 1 + (rho / 2R)^2
    assert grid.ground_m.max() == pytest.approx(10e3, rel=1e-4)
    assert grid.ground_m[grid.inside].min() == pytest.approx(
        10e3 / (1.0 + math.tan(0.5 * 303e3 / MOON) ** 2), rel=1e-3
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mare nubium", "no region that is known"),
        ("10,20", "no region that is known"),
        ("40S..50S,0..10", "southern one first"),
        ("100S..50S,0..10", "latitude of 100"),
        ("10E,20N,30", "latitudes come first"),
        ("-10S,20E,30", "a sign and a letter"),
        ("10S,20E,0", "radius of 0 km"),
        ("10S,20E,4000", "no plane holds it"),
        ("80S..80N,0..360", "no middle|no plane"),
        ("10S..0N,5..5", "hold no ground"),
    ],
)
def test_what_is_no_region_is_refused_in_one_line(text, said):
    with pytest.raises(SurveyError, match=said) as why:
        Region.of(text)
    assert "\n" not in str(why.value)


def test_a_region_smaller_than_a_cell_and_cells_without_end_are_refused():
    with pytest.raises(SurveyError, match="less than a cell"):
        region_ground(Region.of("10S,20E,1"), (), None)
    with pytest.raises(SurveyError, match="million cells"):
        region_ground(Region.of("spa"), (), 100.0)
    with pytest.raises(SurveyError, match="above 0"):
        region_ground(Region.of("apollo"), (), -1.0)


# ---- slopes -------------------------------------------------------------------------------------


def made_ground(heights_of):
    """Return ground of a function of metres east and north in the plane of a small region."""
    grid = plane_of(Region.of("10S,20E,150"), 4000.0)
    half = 0.5 * grid.shape[0]
    x = (np.arange(grid.shape[0]) + 0.5 - half) * grid.cell_m
    east, north = np.meshgrid(x, -x)
    return RegionGround(
        grid, heights_of(east, north), np.maximum(grid.ground_m, 4000.0), ("made",), ()
    )


def test_a_tilted_plane_has_its_slope_at_every_scale_and_no_roughness():
    ground = made_ground(lambda east, north: 0.03 * east - 0.04 * north)
    found = region_slopes(ground)
    inside = ground.grid.inside
    for scale in (1, 2, 4):
        # a grade of 0.05 in the plane, on ground that is 0.2 % smaller at the edge
        assert found.tangent[scale][inside] == pytest.approx(0.05, rel=5e-3)
    assert found.roughness_m[inside].max() < 1e-3


def test_the_exponent_of_fractal_ground_is_found():
    generator = np.random.default_rng(5)
    hurst, errors = 0.7, []
    for _ in range(4):
        ground = made_ground(lambda east, north: np.zeros_like(east))
        n = 4 * ground.grid.shape[0]
        k = np.hypot(*np.meshgrid(np.fft.fftfreq(n), np.fft.fftfreq(n)))
        k[0, 0] = np.inf
        modes = generator.normal(size=(n, n)) + 1j * generator.normal(size=(n, n))
        field = np.fft.ifft2(modes * k ** -(hurst + 1.0)).real * 1e4
        ground.heights_m[:] = field[: ground.grid.shape[0], : ground.grid.shape[1]]
        errors.append(region_slopes(ground).hurst[ground.grid.inside].mean() - hurst)
    assert abs(np.mean(errors)) < 0.1


# ---- hazards ------------------------------------------------------------------------------------


def drawn_square():
    """Return two kinds of ground, (90, 110): what scales, and what does not [m]."""
    random = np.random.default_rng(1)
    rough = random.normal(0.0, 0.05, (90, 110)).astype(np.float32)
    features = random.normal(0.0, 0.02, (90, 110)).astype(np.float32)
    features += np.float32(0.01) * np.arange(110, dtype=np.float32)
    features[40:44, 50:54] += 0.4  # a rock
    return rough, features


def test_spans_of_multiples_are_those_of_residuals_one_by_one():
    rough, features = drawn_square()
    planes_of = planes_by(rough, 4, 3.0), planes_by(features, 4, 3.0)
    spans = span_discs(rough, features, 4, 3.0, planes_of, 0.2, 3.0)
    for m in np.arange(0.013, 3.0, 0.21):
        heights = (m * rough + features).astype(np.float32)
        wanted = disc_residuals(heights, 4, 3.0) <= 0.2
        assert ((spans[..., 0] <= m) & (m <= spans[..., 1]) == wanted).all()
    # the rock is in the way of some at every multiple, and roughness of all in the end
    assert (spans[..., 0] > spans[..., 1]).any() and (spans[..., 1] < 3.0).all()
    # a multiple can be too small: roughness that makes up for features
    against = span_discs(rough, -2.0 * rough, 4, 3.0, (planes_of[0], -2.0 * planes_of[0]), 0.1, 9.0)
    assert (against[..., 0] > 0.5).all() and (against[..., 1] < 3.5).all()
    with pytest.raises(ValueError, match="beyond the grid"):
        span_discs(rough[:40].copy(), features, 4, 3.0, planes_of, 0.2, 3.0)


def test_discs_are_counted_by_multiple_and_tilt():
    rough, features = drawn_square()
    fits = planes_by(rough, 4, 3.0), planes_by(features, 4, 3.0)
    spans = span_discs(rough, features, 4, 3.0, fits, 0.25, 3.0)
    pushes = np.array([[0.0, 0.0], [0.05, 0.0], [0.0, -0.12], [-0.08, 0.0]])
    steps = np.zeros((4, 32), np.int32)
    _disc.count_discs(spans, *fits, pushes, 0.11, 0.0, 0.1, steps)
    found = np.cumsum(steps, axis=1)
    for n, (x, y) in enumerate(pushes):
        for k in range(31):
            m = 0.1 * k
            g = np.hypot(m * fits[0][1] + fits[1][1] + x, m * fits[0][2] + fits[1][2] + y)
            inside = (spans[..., 0] <= m) & (m <= spans[..., 1])
            assert found[n, k] == np.count_nonzero(inside & (g <= 0.11))
    assert found[0].max() > 0 and found[:, -1].max() == 0
    with pytest.raises(ValueError, match="do not belong together"):
        _disc.count_discs(spans, *fits, pushes[:3], 0.11, 0.0, 0.1, steps)


def planes_by(z, step, diameter_m):
    """Return planes of discs by least squares, one by one."""
    radius = round(5.0 * diameter_m)
    dy, dx = np.meshgrid(*[np.arange(-radius, radius + 1)] * 2, indexing="ij")
    held = dx**2 + dy**2 <= radius**2 + 0.5 * radius
    design = np.stack([np.ones(held.sum()), 0.1 * dx[held], 0.1 * dy[held]], axis=1)
    rows, cols = ((n - 2 * radius - 1) // step + 1 for n in z.shape)
    out = np.empty((3, rows, cols), np.float32)
    for j in range(rows):
        for i in range(cols):
            part = z[j * step : j * step + 2 * radius + 1, i * step : i * step + 2 * radius + 1]
            out[:, j, i] = np.linalg.lstsq(design, part[held].astype(float), rcond=None)[0]
    return out


def test_planes_of_templates_are_least_squares():
    z = np.random.default_rng(2).normal(0.0, 0.5, (80, 70)).astype(np.float32)
    found, wanted = planes(z, 3.0), planes_by(z, step_of(3.0, 80), 3.0)
    for one, other in zip(found, wanted, strict=True):
        assert one == pytest.approx(other, abs=2e-5)


def test_rice_weights_are_a_distribution_and_have_its_mean_square():
    weights = _rice()
    from farside.survey.landing_hazards import _FINE, _SIGMAS, _SLOPES

    for i, j in ((0, 10), (4, 12), (8, 8), (10, 0)):
        assert weights[i, j].sum() == pytest.approx(1.0, abs=2e-3)
        square = float((weights[i, j] * _FINE**2).sum())
        # E |s|^2 = s_0^2 + 2 sigma^2
        assert square == pytest.approx(_SLOPES[i] ** 2 + 2.0 * _SIGMAS[j] ** 2, rel=0.01, abs=2e-6)


def test_a_step_of_safety_gives_the_share_of_tilts_below_it():
    limit = 0.14
    step = np.tile((TILTS < limit).astype(float), (len(MULTIPLES), 1))
    table = Chances(step, step, step, 1)
    sigma = np.array([0.05, 0.1, 0.2])
    found = probabilities(table, np.zeros(3), sigma, np.ones(3))[0]
    # Rayleigh: 1 - exp(-limit^2 / (2 sigma^2)); the table's steps are 0.75 deg
    assert found == pytest.approx(1.0 - np.exp(-0.5 * (limit / sigma) ** 2), abs=0.03)
    assert probabilities(table, np.array([np.nan]), sigma[:1], np.ones(1))[0] != found[0]


def test_the_variance_of_tilts_grows_with_the_deviation_and_needs_a_gap_to_fill():
    plan = load_mission("chang-e-6")
    deviation, hurst = np.array([10.0, 20.0, 40.0]), np.full(3, 0.8)
    wide = tilt_sigma(plan.ground, 3790.0, 51.2, deviation, hurst)
    narrow = tilt_sigma(plan.ground, 118.0, 51.2, deviation, hurst)
    assert (np.diff(wide) > 0.0).all() and (narrow < wide).all()
    assert (tilt_sigma(plan.ground, 20.0, 51.2, deviation, hurst) == 0.0).all()


def test_templates_are_safer_where_smoother_and_flatter():
    from farside.survey.landing_templates import chances

    with few_templates():
        plan = load_mission("chang-e-6")
        found = chances(plan.ground, 4096.0, limits_of(plan))
    assert found.holds[0, 0] == 1.0 and found.holds[-1].max() < 0.05
    # at multiples of 0.25, 1.5 and 2.25
    assert found.footprint[5, 0] > found.footprint[30, 0] > found.footprint[45, 0]
    assert (np.diff(found.footprint[5]) <= 1e-9).all()
    assert (found.finds <= found.holds).all() and (found.footprint <= found.holds).all()


# ---- ellipses and ways in -----------------------------------------------------------------------


def test_an_ellipse_turns_with_the_ground_and_averages_a_map():
    grid = plane_of(Region.of("10S,20E,150"), 4000.0)
    wide = LandingEllipse(9000.0, 3000.0)
    assert wide.axes_m == pytest.approx((9000.0, 3000.0, 90.0))
    assert LandingEllipse(5.0, 5.0, 0.5).axes_m[2] == pytest.approx(45.0)
    row, col = grid.shape[0] // 2, grid.shape[1] // 2
    east = np.tile(np.arange(grid.shape[1]) > col + 1, (grid.shape[0], 1)).astype(float)
    mean, known = wide.mean_at(east, grid, row, col)
    # cells from 1.5 cells on: 6 km of 9 km sigma, within half a cell
    assert mean == pytest.approx(0.25, abs=0.05) and known == pytest.approx(1.0)
    assert wide.mean_at(east.T, grid, row, col)[0] < 0.06
    holed = np.where(east > 0.0, np.nan, 1.0)
    mean, known = wide.mean_at(holed, grid, row, col)
    assert mean == known < 0.85


@pytest.mark.parametrize("region", ["10S,20E,150", "south-pole"])
def test_a_map_of_means_takes_the_ellipse_as_it_lies(region):
    grid = plane_of(Region.of(region), 6000.0)
    values = np.random.default_rng(5).random(grid.shape)
    values[grid.shape[0] // 2 + 3, grid.shape[1] // 2] = np.nan
    long = LandingEllipse.of_axes(15_000.0, 3000.0, 30.0)
    mapped = long.mean_map(values, grid)
    cells = [(n, m) for n in (4, grid.shape[0] // 2, 40) for m in (3, grid.shape[1] // 2, 30)]
    for row, col in cells:
        assert mapped[row, col] == pytest.approx(long.mean_at(values, grid, row, col)[0])
    # a step across the long axis is blurred by its sigma, one along it by the other
    here = grid.shape[0] // 4, grid.shape[1] // 3
    row, col = np.indices(grid.shape)
    x, y = col - here[1], here[0] - row
    ahead = math.radians(30.0 - float(grid.geometry.turn_at(*here)))
    for angle, sigma_m in ((ahead, 15_000.0), (ahead + 0.5 * math.pi, 3000.0)):
        over = np.clip(x * math.sin(angle) + y * math.cos(angle) - 0.5, 0.0, 1.0)
        mean, _ = long.mean_at(over, grid, *here)
        # a cell's width and the ramp's add a twelfth of a square cell each
        beyond = 1.0 / math.sqrt((sigma_m / float(grid.ground_m[here])) ** 2 + 1.0 / 6.0)
        assert mean == pytest.approx(0.5 * math.erfc(beyond / math.sqrt(2.0)), abs=0.03)
    point = LandingEllipse(100.0, 100.0)
    assert (point.mean_map(values, grid) == np.nan_to_num(values)).all()


def test_axes_and_azimuth_make_the_same_ellipse():
    assert LandingEllipse.of_axes(400.0, 100.0, 120.0).axes_m == pytest.approx(
        (400.0, 100.0, 120.0)
    )
    assert LandingEllipse.of_axes(400.0, 0.0, 30.0).axes_m[0] == pytest.approx(400.0)
    assert LandingEllipse.of_axes(0.0, 0.0, 30.0).axes_m[:2] == (0.0, 0.0)
    with pytest.raises(SurveyError, match="on each axis"):
        LandingEllipse.of_axes(-1.0, 5.0, 0.0)
    with pytest.raises(SurveyError, match="azimuth in degrees"):
        LandingEllipse.of_axes(1.0, 5.0, math.nan)


def test_an_ellipse_is_drawn_by_its_sigmas_and_refused_where_it_cannot_be():
    outline = LandingEllipse(1000.0, 500.0).outline(-41.6, 179.99)
    assert outline[0] == pytest.approx(outline[-1])
    north = np.radians(outline[:, 1] + 41.6) * MOON
    assert north.max() == pytest.approx(1500.0, rel=1e-3)
    with pytest.raises(SurveyError, match="larger than the region"):
        LandingEllipse(60e3, 10.0).check(plane_of(Region.of("10S,20E,150"), 4000.0))
    with pytest.raises(SurveyError, match="1 sigma"):
        LandingEllipse(-1.0, 0.0)


def test_a_mission_has_its_own_ellipse():
    plan = load_mission("chang-e-6")
    assert LandingEllipse.of_mission(plan).sigma_east_m == 20.0  # its map's registration
    inertial = LandingEllipse.of_mission(plan, inertial=True)
    assert inertial.sigma_north_m == pytest.approx(math.hypot(100.0, 0.1 * 840.0))


def test_azimuths_are_those_of_the_inclination():
    for latitude, inclination in ((-41.6, 138.4), (10.0, 90.0), (-60.0, 75.0)):
        ways, needed = azimuths(latitude, inclination)
        assert needed == inclination
        for way in ways:
            across = math.sin(math.radians(way)) * math.cos(math.radians(latitude))
            assert math.degrees(math.acos(across)) == pytest.approx(inclination)
    ways, needed = azimuths(-80.0, 138.4)
    assert ways == pytest.approx((270.0, 270.0)) and needed == pytest.approx(100.0)
    assert inclination_of(load_mission("chang-e-4")) == pytest.approx(90.0)


def test_a_great_circle_comes_back():
    longitude, latitude = along(-41.6, -154.0, np.array([0.7]), np.array([0.3]))
    a, b = np.radians([-41.6, latitude[0]])
    turn = math.radians(float(longitude[0]) + 154.0)
    apart = math.acos(math.sin(a) * math.sin(b) + math.cos(a) * math.cos(b) * math.cos(turn))
    assert apart == pytest.approx(0.3)


# ---- links --------------------------------------------------------------------------------------


def test_links_are_those_of_the_mission():
    assert kind_of(load_mission("chang-e-6"), None) == "relay"
    four = load_mission("chang-e-4")
    assert kind_of(four, None) == "relay"
    alone = four.replace({"relay": None, "dispersions.relay_phase_deg": 0.0})
    assert kind_of(alone, None) == "l2"
    assert kind_of(load_mission("apollo-11"), None) == "earth"
    with pytest.raises(SurveyError, match="has no"):
        kind_of(alone, "relay")
    with pytest.raises(SurveyError, match="give one of"):
        kind_of(load_mission("chang-e-4"), "radio")


def test_a_halo_of_unknown_phase_goes_through_whole_turns_over_the_dates():
    plan = load_mission("chang-e-4")
    known = plan.replace("dispersions.relay_phase_deg", 0.0)
    short = Dates.of("2019-01-03..2019-01-06", 1.0)
    link = link_of(plan, "relay", short, 60)
    assert not link.timed and link.hurry == pytest.approx(14.8 / 2.5, rel=0.01)
    ways = link.body.places_m / np.linalg.norm(link.body.places_m, axis=1)[:, None]
    # after 60 instants it is back but for what the Moon did in 60 hours
    assert math.degrees(math.acos(ways[0] @ ways[60])) < 6.0
    assert math.degrees(math.acos(ways[0] @ ways[30])) > 20.0
    flown = link_of(known, "relay", short, 60)
    assert flown.timed and flown.hurry == 1.0
    straight = flown.body.places_m / np.linalg.norm(flown.body.places_m, axis=1)[:, None]
    assert math.degrees(math.acos(straight[0] @ straight[30])) < 15.0
    lunar = link_of(load_mission("chang-e-6"), "relay", Dates.of("2024-06-01..2024-06-03", 1.0))
    assert not lunar.timed and lunar.hurry == 1.0


def test_l2_is_behind_the_moon_at_its_distance():
    plan = load_mission("chang-e-4")
    body = link_of(plan, "l2", Dates.of("2019-01-03..2019-01-31", 6.0)).body
    distance = np.linalg.norm(body.places_m, axis=1)
    assert (distance > 59e6).all() and (distance < 69e6).all()  # 64 500 km in the mean
    assert (body.places_m[:, 0] < 0.0).all()  # away from the Earth, which is along +x
    assert 15.0 < body.lowest_deg < 18.0
