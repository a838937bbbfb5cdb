"""Navigation: strapdown against another integration, aiding, and maps that are wrong."""

import math

import numpy as np
import pytest
from reference_guidance import (
    TrueFlight,
    angle_between,
    matrix_of,
    quaternion_about,
)
from sample_navigation import (
    CENTRE,
    COM_M,
    CONFIG,
    FRAME,
    MISSION,
    MOON,
    PLAN,
    RADIUS,
    altitude_error,
    attitude_errors,
    braking,
    errors_of,
    first_of,
    low,
    measure,
    navigation,
    onboard_map,
    run,
    silence,
)

from farside.ext.navigation._filter import Navigation
from farside.navigation import navigator_setup
from farside.sensors import sensor_setup


def refused(navigator):
    """Ranges that were not used."""
    return navigator.state["channel"][1]["refused"]


# ---- strapdown -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_strapdown_alone_stays_on_the_truth():
    """100 s of braking on inertial increments: 0.2 mm and 3 um/s are the midpoint rule's own."""
    flight = braking()
    ticks = slice(0, 10_001)
    out, _ = run(flight, silence(measure(flight))[ticks], first_of(flight))
    assert np.abs(out[:, :3] - flight.states["r_site"][ticks]).max() < 1e-3
    assert np.abs(out[:, 3:6] - flight.states["v_site"][ticks]).max() < 1e-5
    for i in (1000, 10_000):
        assert angle_between(out[i, 6:], flight.states["q_site_body"][i]) < 1e-8


@pytest.mark.slow
def test_perfect_sensors_keep_the_estimate_on_the_truth():
    for flight in (braking(), low()):
        out, navigator = run(flight, measure(flight), first_of(flight))
        # Millimetres and a tenth of a millimetre a second over 100 s.
        assert np.abs(out[:10_001, :3] - flight.states["r_site"][:10_001]).max() < 2e-3
        assert np.abs(out[:10_001, 3:6] - flight.states["v_site"][:10_001]).max() < 1e-4
        assert refused(navigator) == 0


@pytest.mark.slow
def test_the_mass_follows_the_specific_force():
    flight = braking()
    _, navigator = run(flight, silence(measure(flight)), first_of(flight))
    # T / (Isp g0) each tick, with 1/Isp between its values at full and at least thrust
    engine, left = MISSION.vehicle.engine, MISSION.vehicle.descent_mass_kg
    at = [engine.thrust_min_n, engine.thrust_max_n]
    for gained in np.linalg.norm(flight.dv, axis=1):
        thrust = 100.0 * left * gained
        per_isp = np.interp(thrust, at, [1.0 / engine.isp_least_s, 1.0 / engine.isp_s])
        left -= 0.01 * thrust * per_isp / 9.80665
    assert navigator.state["mass_kg"] == pytest.approx(left, rel=1e-6)


def test_the_mass_stays_above_its_least():
    """Whatever is measured: 200 s of 100 times the thrust leave half of the dry mass."""
    flight = braking()
    measured = silence(measure(flight))
    measured["dv_body"] *= 100.0
    _, navigator = run(flight, measured, first_of(flight))
    assert navigator.state["mass_kg"] == 0.5 * MISSION.vehicle.dry_mass_kg
    _, navigator = run(flight, measured, first_of(flight), mass_min_kg=1000.0)
    assert navigator.state["mass_kg"] == 1000.0


def test_inertial_errors_alone_grow_as_their_biases_say():
    flight = braking()
    measured = silence(measure(flight, False, 2), "range", "velocity", "height")
    out, _ = run(flight, measured, first_of(flight))
    off = np.linalg.norm(out[-1, :3] - flight.states["r_site"][-1])
    # 100 ug and 175 ppm of 2 m/s^2, on three axes, for 200 s: 20 to 60 m at 3 sigma.
    assert off < 0.5 * 200.0**2 * 3.0 * math.hypot(100e-6 * 9.8, 175e-6 * 2.0) * 1.7


# ---- aiding --------------------------------------------------------------------------------------


def test_the_star_tracker_corrects_a_wrong_attitude():
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


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_the_scale_error_of_the_velocimeter_is_estimated(seed):
    flight = low()
    rng = np.random.default_rng(100 + seed)
    first = first_of(flight, dv=rng.normal(0.0, 0.1, 3))
    measured = measure(flight, False, seed)
    true = sensor_setup(MISSION, errors_of(seed))["beam_scale"]
    out, navigator = run(flight, measured, first)
    # A fifth of its 0.5 % sigma, on speeds of 200 m/s and less.
    assert navigator.state["beam_scale"] == pytest.approx(true, abs=1e-3)
    assert np.linalg.norm(out[-1, 3:6] - flight.states["v_site"][-1]) < 0.1


def test_the_height_is_known_when_the_touchdown_sensor_is_believed():
    """None before; then that of all that is believed, drawn to the sensor's."""
    flight = low(2.0)
    measured = silence(measure(flight))
    first = first_of(flight, dr=(0.0, 0.0, 20.0 + COM_M - flight.states["r_site"][0][2]))
    navigator = navigation(first)
    out = np.zeros((1, 10))
    assert math.isnan(navigator.state["height_m"])
    for k in range(40):
        fallen = flight.states["r_site"][k][2] - flight.states["r_site"][0][2]
        measured["height_valid"][k], measured["height_m"][k] = 1, 18.0 + fallen
        measured["height_tick"][k] = k
        navigator.navigate(k, measured[k : k + 1], out)
        assert math.isfinite(navigator.state["height_m"])
    # 2 m nearer to the ground than was thought: the reports say so, and are 0.1 m good
    tilt = matrix_of(flight.states["q_site_body"][39])[2, 2]
    assert tilt > 0.8
    assert navigator.state["height_m"] == pytest.approx(18.0 + fallen, abs=0.2)


def test_a_flat_beam_is_left_out():
    """Nothing is updated by ranges whose cosine is below the least one."""
    flight = low(2.0)
    measured = silence(measure(flight), "star", "velocity", "height")
    _, taken = run(flight, measured, first_of(flight))
    _, left_out = run(flight, measured, first_of(flight), beam_cosine_min=0.99999)
    assert not math.isnan(taken.state["last_range_m"])
    assert math.isnan(left_out.state["last_range_m"])


def test_a_shape_that_differs_is_refused():
    place, heights, sigma = onboard_map()
    with pytest.raises(ValueError, match="differ in shape"):
        Navigation(navigator_setup(CONFIG), MOON, first_of(braking()), place, heights, sigma[1:])


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
    assert refused(navigator) == 0
    assert np.linalg.norm(out[0, :3] - flight.states["r_site"][5999]) < 0.05


# ---- ranges onto ground that the map does not hold -----------------------------------------------


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

    Its filter rejected all later ranges. This one may follow a part of what persists, but jumps by
    no more than 350 m at once, and returns to the map when the ranges do.
    """
    flight = braking()
    measured = with_rim(flight, height_m, 40.0, 60.0)
    out, navigator = run(flight, measured, first_of(flight), sigma=sigma)
    off = altitude_error(flight, out)
    assert np.abs(off[:4000]).max() < 150.0
    assert np.abs(np.diff(off)).max() < 350.0
    # A seventh of it 40 s after the ranges agree again (428 m after a pit), a twentieth at the end
    # (159 m after a pit; relief explains it until the lander is low).
    assert abs(off[10_000]) < 450.0
    assert abs(off[-1]) < 200.0
    assert refused(navigator) > 20


@pytest.mark.parametrize("error_m", [2000.0, -2000.0])
@pytest.mark.parametrize("sigma", [50.0, 150.0, 300.0])
def test_an_altitude_that_is_wrong_from_the_start_is_corrected(sigma, error_m):
    """2 km off with a covariance that claims 100 m: 20 sigma, taken in over a minute."""
    flight = braking()
    up = (PLAN.r_site + CENTRE) / np.linalg.norm(PLAN.r_site + CENTRE)
    out, _ = run(flight, measure(flight, False, 1), first_of(flight, error_m * up), sigma=sigma)
    off = np.abs(altitude_error(flight, out))
    assert np.abs(np.diff(off)).max() < 300.0
    assert off[3000:].max() < 500.0  # from 30 s on
    assert off[7500:].max() < 200.0  # from 75 s on
    assert off[-1] < 100.0


@pytest.mark.slow
@pytest.mark.parametrize("sigma", [50.0, 150.0])
def test_a_slow_lander_corrects_a_wrong_altitude_too(sigma):
    """At 300 m/s one hill lasts long, and a wrong altitude looks like one: half of it in 2 min."""
    level = TrueFlight(
        FRAME,
        [60e3, 0.0, 8e3],
        [-300.0, 0.0, 0.0],
        [1.0, 0.0, 0.0, 0.0],
        np.zeros(3),
        lambda t: 1.6,
        120.0,
    )
    out, _ = run(level, measure(level, False, 1), first_of(level, [0.0, 0.0, 2000.0]), sigma=sigma)
    off = np.abs(altitude_error(level, out))
    assert np.abs(np.diff(off)).max() < 300.0
    assert off[-1] < 1000.0


def test_one_range_far_off_is_an_outlier():
    flight = braking()
    measured = measure(flight, False, 1)
    measured["range_m"][5000] *= 0.5
    assert measured["range_valid"][5000]
    out, navigator = run(flight, measured, first_of(flight))
    plain, _ = run(flight, measure(flight, False, 1), first_of(flight))
    assert refused(navigator) == 1
    # A range 7 km short of the map moves the altitude by less than the map's own sigma.
    assert np.abs(out[5000:, :3] - plain[5000:, :3]).max() < 150.0


def test_unmapped_ground_makes_no_horizontal_error():
    """A rim ahead must not push the lander along its track."""
    flight = braking()
    out, _ = run(flight, with_rim(flight, 3000.0, 40.0, 60.0), first_of(flight))
    off = out[:, :3] - flight.states["r_site"]
    up = flight.states["r_site"] + CENTRE
    up /= np.linalg.norm(up, axis=1)[:, None]
    sideways = off - np.sum(off * up, axis=1)[:, None] * up
    assert np.linalg.norm(sideways, axis=1).max() < 300.0
