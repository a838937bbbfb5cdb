"""Navigation: strapdown against another integration, filter against the textbook, wrong maps."""

import math
from functools import cache

import numpy as np
import pytest
from reference_guidance import (
    MEASUREMENTS,
    TrueFlight,
    angle_between,
    matrix_of,
    moon_numbers,
    product,
    quaternion_about,
)

from farside.ext._ground import GroundModel
from farside.ext._laws import Navigation
from farside.ext._sensing import SensorModel
from farside.flight.start import braking_attitude
from farside.guidance import plan_braking
from farside.mission import load_mission
from farside.mission.frames import SiteFrame
from farside.navigation import first_estimate, navigator_setup
from farside.sensors import sensor_setup

MISSION = load_mission("chang-e-6")
FRAME = SiteFrame(-41.6385, 206.0148, 1737400.0 - 5256.0)
RADIUS = FRAME.radius_m
MOON = moon_numbers(FRAME)
PLAN = plan_braking(MISSION, FRAME)
COM_M = 1.9
CENTRE = np.array([0.0, 0.0, RADIUS])


def chart(height=0.0, sigma=150.0):
    """Map 700 km along the arrival and 40 km across it, level but for what height(u, v) says."""
    place = {
        "u0_m": -700e3,
        "v0_m": -20e3,
        "cell_m": 10e3,
        "radius_m": RADIUS,
        "along_site": (-1.0, 0.0, 0.0),
        "across_site": (0.0, -1.0, 0.0),
    }
    u = -700e3 + 10e3 * np.arange(80)
    v = -20e3 + 10e3 * np.arange(5)
    heights = height(*np.meshgrid(u, v)) if callable(height) else np.full((5, 80), height)
    return place, np.float32(heights), np.full((5, 80), sigma, np.float32)


def navigation(first, sigma=150.0, height=0.0, **setup):
    return Navigation(
        dict(navigator_setup(MISSION), **setup), MOON, first, *chart(height, sigma)
    )


@cache
def braking(seconds=200.0):
    """First part of the braking: 15 km, 1.7 km/s, thrust against the motion, slowly pitching."""
    full = 0.975 * 7500.0 / 3730.0
    return TrueFlight(
        FRAME, PLAN.r_site, PLAN.v_site, braking_attitude(MISSION, FRAME, PLAN),
        np.array([0.0, -6e-4, 0.0]), lambda t: full / (1.0 - full * t / 3040.0), seconds,
    )


@cache
def low(seconds=120.0):
    """3 km over the ground, 200 m/s and slowing, thrust leaning back."""
    lean = quaternion_about([0.0, 1.0, 0.0], 0.6)
    return TrueFlight(
        FRAME, [20e3, 300.0, 3000.0], [-200.0, 3.0, -20.0], lean, np.array([0.0, -2e-3, 0.0]),
        lambda t: 1.95, seconds,
    )


def measure(flight, perfect=True, seed=1, **changes):
    """Measurements over a sphere."""
    ground = GroundModel(RADIUS, RADIUS, [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0])
    setup = dict(sensor_setup(MISSION, seed, perfect), **changes)
    out = np.zeros(len(flight.states), MEASUREMENTS)
    model = SensorModel(setup, MOON, ground, seed)
    model.sense(0, flight.states, flight.dv, flight.dtheta, COM_M, out)
    return out


def silence(measured, *names):
    for name in names or ("star", "range", "velocity", "height"):
        measured[f"{name}_valid"] = 0
    return measured


def first_of(flight, dr=(0.0, 0.0, 0.0), dv=(0.0, 0.0, 0.0), turn=None):
    state = flight.states[0]
    q = state["q_site_body"] if turn is None else product(state["q_site_body"], turn)
    return first_estimate(
        MISSION, state["r_site"] + dr, state["v_site"] + dv, q, state["omega_body"]
    )


def run(flight, measured, first, **options):
    """Estimate at each tick, (N, 10), and the navigation after it."""
    navigator = navigation(first, **options)
    out = np.zeros((len(measured), 10))
    navigator.navigate(0, measured, out)
    return out, navigator


def altitude_error(flight, out):
    return np.linalg.norm(out[:, :3] + CENTRE, axis=1) - RADIUS - flight.altitude_m


def attitude_errors(flight, out, ticks):
    return [angle_between(out[i, 6:], flight.states["q_site_body"][i]) for i in ticks]


def covariance(navigator):
    p = np.array(navigator.state["p"])
    n = math.isqrt(len(p))
    return p.reshape(n, n)


# ---- strapdown -----------------------------------------------------------------------------------


def test_strapdown_alone_stays_on_the_truth():
    """100 s of braking on inertial increments: 0.2 mm and 3 um/s are the midpoint rule's own."""
    flight = braking()
    ticks = slice(0, 10_001)
    out, _ = run(flight, silence(measure(flight))[ticks], first_of(flight))
    assert np.abs(out[:, :3] - flight.states["r_site"][ticks]).max() < 1e-3
    assert np.abs(out[:, 3:6] - flight.states["v_site"][ticks]).max() < 1e-5
    for i in (1000, 10_000):
        assert angle_between(out[i, 6:], flight.states["q_site_body"][i]) < 1e-8


def test_perfect_sensors_keep_the_estimate_on_the_truth():
    for flight in (braking(), low()):
        out, navigator = run(flight, measure(flight), first_of(flight))
        # Millimetres and a tenth of a millimetre a second over 100 s.
        assert np.abs(out[:10_001, :3] - flight.states["r_site"][:10_001]).max() < 2e-3
        assert np.abs(out[:10_001, 3:6] - flight.states["v_site"][:10_001]).max() < 1e-4
        assert navigator.state["ranges_doubted"] == 0


def test_the_mass_is_counted_down_by_what_is_felt():
    flight = braking()
    _, navigator = run(flight, silence(measure(flight)), first_of(flight))
    # m0 exp(-sum of speed gained / exhaust speed), Tsiolkovsky
    gained = np.sum(np.linalg.norm(flight.dv, axis=1))
    left = MISSION.vehicle.descent_mass_kg * math.exp(-gained / (310.0 * 9.80665))
    assert navigator.state["mass_kg"] == pytest.approx(left, rel=1e-5)


def test_inertial_errors_alone_grow_as_their_biases_say():
    flight = braking()
    measured = silence(measure(flight, False, 2), "range", "velocity", "height")
    out, _ = run(flight, measured, first_of(flight))
    off = np.linalg.norm(out[-1, :3] - flight.states["r_site"][-1])
    # 100 ug and 175 ppm of 2 m/s^2, on three axes, for 200 s: 20 to 60 m at 3 sigma.
    assert off < 0.5 * 200.0**2 * 3.0 * math.hypot(100e-6 * 9.8, 175e-6 * 2.0) * 1.7


# ---- the filter against the textbook -------------------------------------------------------------

RNG = np.random.default_rng(8)
SIZE = math.isqrt(len(first_of(braking())["p"]))
#: Scales of the states: place [m], speed [m/s], scale of the velocimeter, and what comes after.
UNITS = np.array([100.0] * 3 + [0.3] * 3 + [5e-3] + [100.0] * (SIZE - 7))


def random_covariance():
    root = RNG.normal(size=(SIZE, SIZE)) * UNITS[:, None]
    return root @ root.T / SIZE + np.diag(1e-4 * UNITS**2)


def filter_with(p, **options):
    return navigation(dict(first_of(braking()), p=list(p.ravel())), **options)


def state_of(navigator):
    s = navigator.state
    rest = [s["relief_m"]] if "relief_m" in s else []
    return np.array([*s["r_site"], *s["v_site"], s["beam_scale"], *rest])


def joseph(p, h, gain, variance):
    """P = (I - K h) P (I - K h)' + K R K', right for any gain."""
    left = np.eye(SIZE) - np.outer(gain, h)
    return left @ p @ left.T + variance * np.outer(gain, gain)


@pytest.mark.parametrize("case", range(30))
def test_a_measurement_updates_as_in_the_textbook(case):
    p, h = random_covariance(), RNG.normal(size=SIZE) / UNITS
    variance, innovation = 10.0 ** RNG.uniform(-3, 2), RNG.normal()
    navigator = filter_with(p)
    before = state_of(navigator)
    navigator.correct(h, innovation, variance)
    gain = p @ h / (h @ p @ h + variance)
    assert (state_of(navigator) - before) / UNITS == pytest.approx(
        gain * innovation / UNITS, rel=1e-9, abs=1e-7
    )
    scaled = covariance(navigator) / np.outer(UNITS, UNITS)
    assert scaled == pytest.approx(
        joseph(p, h, gain, variance) / np.outer(UNITS, UNITS), rel=1e-9, abs=1e-9
    )


@pytest.mark.parametrize("anchored", [False, True])
@pytest.mark.parametrize("along", [None, (0.0, 0.0, 1.0), (0.6, 0.0, 0.8)])
def test_what_is_held_back_is_considered_and_not_estimated(anchored, along):
    p, h = random_covariance(), RNG.normal(size=SIZE) / UNITS
    navigator = filter_with(p)
    navigator.anchor(anchored)
    before = state_of(navigator)
    navigator.correct(h, 0.7, 0.5, along)
    gain = p @ h / (h @ p @ h + 0.5)
    if along is not None:
        way = np.array(along)
        gain[:3] = (gain[:3] @ way) * way
        gain[3:6] = (gain[3:6] @ way) * way
        gain[6] = 0.0
    if anchored:
        gain[:2] = 0.0
    assert (state_of(navigator) - before) / UNITS == pytest.approx(
        0.7 * gain / UNITS, rel=1e-9, abs=1e-7
    )
    scaled = covariance(navigator) / np.outer(UNITS, UNITS)
    assert scaled == pytest.approx(
        joseph(p, h, gain, 0.5) / np.outer(UNITS, UNITS), rel=1e-9, abs=1e-9
    )


def test_uncertainty_grows_as_in_the_textbook():
    p = random_covariance()
    # At rest, so that nothing that depends on the distance flown comes in.
    first = dict(first_of(braking()), p=list(p.ravel()), v_site=[0.0, 0.0, 0.0])
    navigator = navigation(first)
    navigator.spread(0.1)
    step = np.eye(SIZE)
    step[:3, 3:6] = 0.1 * np.eye(3)
    noise = np.zeros(SIZE)
    noise[3:6] = 0.1 * navigator_setup(MISSION)["velocity_walk"]
    scaled = covariance(navigator) / np.outer(UNITS, UNITS)
    assert scaled == pytest.approx(
        (step @ p @ step.T + np.diag(noise)) / np.outer(UNITS, UNITS), rel=1e-12, abs=1e-12
    )


def check_covariance(navigator):
    p = covariance(navigator) / np.outer(UNITS, UNITS)
    assert np.abs(p - p.T).max() <= 1e-9 * np.abs(p).max()
    assert np.linalg.eigvalsh(0.5 * (p + p.T)).min() > -1e-9 * np.abs(p).max()


@pytest.mark.parametrize("anchored", [False, True])
def test_the_covariance_stays_symmetric_and_positive(anchored):
    for flight in (braking(), low()):
        measured = measure(flight, False, 5)
        navigator = navigation(first_of(flight))
        navigator.anchor(anchored)
        out = np.zeros((2000, 10))
        for start in range(0, 12_000, 2000):
            navigator.navigate(start, measured[start : start + 2000], out)
            check_covariance(navigator)


def test_the_estimate_is_as_good_as_it_says():
    """Noisy flights with drawn first errors: altitude and speed errors against their own sigma."""
    flight = low()
    normed = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        first = first_of(flight, rng.normal(0.0, 100.0, 3), rng.normal(0.0, 0.1, 3))
        out, navigator = run(flight, measure(flight, False, seed), first, sigma=20.0)
        p = covariance(navigator)
        normed.append((out[-1, 3:6] - flight.states["v_site"][-1]) / np.sqrt(np.diag(p)[3:6]))
    # 36 numbers that should be standard normal: none beyond 5, their rms not beyond 2.
    assert np.abs(normed).max() < 5.0
    assert np.sqrt(np.mean(np.square(normed))) < 2.0


# ---- aiding --------------------------------------------------------------------------------------


def test_the_star_tracker_draws_the_attitude_home():
    flight = braking()
    wrong = quaternion_about([1.0, -0.5, 0.3], math.radians(0.1))
    measured = silence(measure(flight), "range", "velocity", "height")
    out, _ = run(flight, measured, first_of(flight, turn=wrong))
    off = attitude_errors(flight, out, range(0, 20_001, 500))
    # 5 % of what is left at each of 5 reports a second: e^(-t / 3.9 s).
    assert off[0] == pytest.approx(math.radians(0.1), rel=1e-6)
    assert off[4] < math.radians(0.1) * math.exp(-20.0 / 4.0)
    assert off[-1] < 1e-7


def test_the_star_tracker_holds_the_attitude_better_than_its_noise():
    flight = braking()
    out, _ = run(flight, measure(flight, False, 3), first_of(flight))
    off = attitude_errors(flight, out, range(2000, 20_001, 50))
    # 30 arcsec about body x and 5 across at each report; a gain of 0.05 leaves a sixth of it.
    assert np.sqrt(np.mean(np.square(off))) < math.radians(30.0 / 3600.0) / 3.0


@pytest.mark.parametrize("seed", range(6))
def test_the_scale_of_the_velocimeter_is_found(seed):
    flight = low()
    rng = np.random.default_rng(100 + seed)
    first = first_of(flight, dv=rng.normal(0.0, 0.1, 3))
    measured = measure(flight, False, seed)
    true = sensor_setup(MISSION, seed, False)["beam_scale"]
    out, navigator = run(flight, measured, first)
    # A fifth of its 0.5 % sigma, on speeds of 200 m/s and less.
    assert navigator.state["beam_scale"] == pytest.approx(true, abs=1e-3)
    assert np.linalg.norm(out[-1, 3:6] - flight.states["v_site"][-1]) < 0.1


def test_the_first_height_is_taken_and_the_next_are_smoothed():
    flight = low(2.0)
    measured = silence(measure(flight))
    navigator = navigation(first_of(flight))
    out = np.zeros((1, 10))
    assert math.isnan(navigator.state["height_m"])
    falls = 0.01 * flight.states["v_site"][0][2]
    expected = math.nan
    for k, height in enumerate((20.0, 20.5, 19.5, 20.5, 30.0)):
        measured["height_valid"][k], measured["height_m"][k] = 1, height
        navigator.navigate(k, measured[k : k + 1], out)
        before, expected = expected, navigator.state["height_m"]
        if k in (0, 4):
            # The first as it is; and one that is metres off: the ground changed, not the lander.
            assert expected == height
        else:
            least, most = sorted((before + falls, height))
            assert least - 0.01 < expected < most + 0.01


def test_the_map_is_read_between_its_nodes_and_held_at_its_edges():
    plane = navigation(first_of(braking()), height=lambda u, v: 0.001 * u - 0.02 * v)

    def at(u, v):
        along, across = np.array([-1.0, 0.0, 0.0]), np.array([0.0, -1.0, 0.0])
        up = np.array([0.0, 0.0, 1.0])
        a, b = u / RADIUS, v / RADIUS
        ray = np.cos(b) * (np.sin(a) * along + np.cos(a) * up) + np.sin(b) * across
        return plane.map_height(1.01 * RADIUS * ray)

    for u, v in ((-300e3, 3e3), (-123_456.0, -7_890.0), (5e3, 19e3)):
        assert at(u, v) == pytest.approx((0.001 * u - 0.02 * v, 150.0), abs=2e-3)
    assert at(-900e3, 0.0)[0] == pytest.approx(-700.0, abs=1e-3)
    assert at(0.0, 60e3)[0] == pytest.approx(-0.02 * 20e3, abs=1e-3)
    for nowhere in ((math.nan, 0.0, RADIUS), (math.inf, 0.0, 0.0), (0.0, 0.0, 0.0)):
        assert np.isfinite(plane.map_height(nowhere)).all()


def test_the_map_is_flown_over_not_the_sphere():
    """Ground that the map knows to rise by 2 km moves nothing."""
    flight = braking()

    def hills(u, v):
        return 2000.0 * np.sin(u / 40e3)

    measured = measure(flight)
    navigator = navigation(first_of(flight), height=hills, sigma=50.0)
    # Ranges onto the same hills: by the secant along the beam, on the map itself.
    out = np.zeros((1, 10))
    for k in range(0, 6000):
        if measured["range_valid"][k]:
            beam = matrix_of(flight.states["q_site_body"][k]) @ measured["range_direction"][k]
            start = flight.states["r_site"][k] + CENTRE
            low_m, high_m = 0.0, 60e3
            for _ in range(60):
                middle = 0.5 * (low_m + high_m)
                end = start + middle * beam
                if np.linalg.norm(end) - RADIUS > navigator.map_height(end)[0]:
                    low_m = middle
                else:
                    high_m = middle
            measured["range_m"][k] = low_m
        navigator.navigate(k, measured[k : k + 1], out)
    assert navigator.state["ranges_doubted"] == 0
    assert np.linalg.norm(out[0, :3] - flight.states["r_site"][5999]) < 0.05


# ---- ranges that the map does not hold -----------------------------------------------------------


def with_rim(flight, height_m, start_s, end_s):
    """Ranges over ground that stands height_m above the map for a while."""
    measured = measure(flight, False, 1)
    t = 0.01 * np.arange(len(measured))
    rim = (t >= start_s) & (t < end_s)
    up = flight.states["r_site"] + CENTRE
    up /= np.linalg.norm(up, axis=1)[:, None]
    for k in np.flatnonzero(rim & (measured["range_valid"] != 0)):
        beam = matrix_of(flight.states["q_site_body"][k]) @ measured["range_direction"][k]
        measured["range_m"][k] -= height_m / -(beam @ up[k])
    return measured


@pytest.mark.parametrize("height_m", [3000.0, -3000.0])
@pytest.mark.parametrize("sigma", [50.0, 150.0, 300.0])
def test_a_rim_that_is_not_on_the_map(sigma, height_m):
    """Hakuto-R M1: ranges change by 3 km for 20 s, then agree again.

    The filter gated them out for good there. Ours may follow a part of what persists, but jumps by
    no more than 300 m at once, and believes the map again when the ranges do.
    """
    flight = braking()
    measured = with_rim(flight, height_m, 40.0, 60.0)
    out, navigator = run(flight, measured, first_of(flight), sigma=sigma)
    off = altitude_error(flight, out)
    assert np.abs(off[:4000]).max() < 150.0
    assert np.abs(np.diff(off)).max() < 300.0
    # 40 s after the ranges agree again, and at the end.
    assert abs(off[10_000]) < 400.0
    assert abs(off[-1]) < 100.0
    assert navigator.state["ranges_doubted"] > 20


@pytest.mark.parametrize("error_m", [2000.0, -2000.0])
@pytest.mark.parametrize("sigma", [50.0, 150.0, 300.0])
def test_an_altitude_that_is_wrong_from_the_start_is_mended(sigma, error_m):
    """2 km off with a covariance that claims 100 m: 20 sigma, taken in over a minute."""
    flight = braking()
    up = (PLAN.r_site + CENTRE) / np.linalg.norm(PLAN.r_site + CENTRE)
    out, _ = run(flight, measure(flight, False, 1), first_of(flight, error_m * up), sigma=sigma)
    off = np.abs(altitude_error(flight, out))
    assert np.abs(np.diff(off)).max() < 300.0
    assert off[2000:].max() < 500.0  # from 20 s on
    assert off[7500:].max() < 200.0  # from 75 s on
    assert off[-1] < 100.0


@pytest.mark.parametrize("sigma", [50.0, 150.0])
def test_a_slow_lander_is_not_deaf_either(sigma):
    """At 300 m/s one hill lasts long, and a wrong altitude looks like one: half of it in 2 min."""
    level = TrueFlight(
        FRAME, [60e3, 0.0, 8e3], [-300.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0], np.zeros(3),
        lambda t: 1.6, 120.0,
    )
    out, _ = run(level, measure(level, False, 1), first_of(level, [0.0, 0.0, 2000.0]), sigma=sigma)
    off = np.abs(altitude_error(level, out))
    assert np.abs(np.diff(off)).max() < 300.0
    assert off[-1] < 1000.0


def test_one_wild_range_is_doubted():
    flight = braking()
    measured = measure(flight, False, 1)
    measured["range_m"][5000] *= 0.5
    assert measured["range_valid"][5000]
    out, navigator = run(flight, measured, first_of(flight))
    plain, _ = run(flight, measure(flight, False, 1), first_of(flight))
    assert navigator.state["ranges_doubted"] == 1
    # A range 7 km short of the map moves the altitude by less than the map's own sigma.
    assert np.abs(out[5000:, :3] - plain[5000:, :3]).max() < 150.0


def test_an_error_sideways_is_not_made_by_the_ground():
    """A rim ahead must not push the lander along its track."""
    flight = braking()
    out, _ = run(flight, with_rim(flight, 3000.0, 40.0, 60.0), first_of(flight))
    off = out[:, :3] - flight.states["r_site"]
    up = flight.states["r_site"] + CENTRE
    up /= np.linalg.norm(up, axis=1)[:, None]
    sideways = off - np.sum(off * up, axis=1)[:, None] * up
    assert np.linalg.norm(sideways, axis=1).max() < 300.0
