"""The relief under the beams: its statistics on the Moon, and what the navigator makes of them."""

import numpy as np
import pytest
from assumed_descent import CONFIG, SETUP, Flight
from sample_navigation import MOON, onboard_map
from twin_navigator import detail, relief_over

from farside.ext.common._records import MEASUREMENTS
from farside.ext.navigation._filter import PLACES, Navigation
from farside.flight.assembly import bilinear
from farside.flight.assembly import onboard_map as coarse_map
from farside.ground import Ground
from farside.mission import load_mission
from farside.navigation import Trust, initial_estimate

RANGE, SATURATED_RANGE = 1, 64
RELIEF, SLOPE = PLACES["relief"], PLACES["relief_slope"]
DOWN = (0.0, 0.0, -1.0)


def off_the_map(azimuth_deg, step_m):
    """Ground less map along the last 600 km of a track, less the last 60, in the map's sigma."""
    mission = load_mission("chang-e-6").replace("orbit.arrival_azimuth_deg", azimuth_deg)
    ground = Ground(mission, seed=1)
    onboard = coarse_map(ground)
    arcs = np.arange(-600e3, -60e3, step_m)
    x, y = (arcs - onboard.u0_m) / onboard.cell_m, -onboard.v0_m / onboard.cell_m
    heights, sigma = (np.asarray(a, np.float64) for a in (onboard.heights, onboard.sigma))
    off = [
        float(ground.height(u, 0.0)) - bilinear(heights, at, y)
        for u, at in zip(arcs, x, strict=True)
    ]
    return np.array(off), np.array([bilinear(sigma, at, y) for at in x])


@pytest.mark.slow
def test_the_model_is_that_of_the_moons_relief():
    """Structure function of the whole-Moon DEM less the onboard map, along twelve tracks.

    From 1 km, where the ground is a slope, past the correlation's zero at 6 km to 9 km, where it is
    negative: deviations of increments to a fifth.
    """
    step_m, lags = 1000.0, (1, 2, 4, 6, 9)
    squares, scale = np.zeros(len(lags)), 0.0
    for azimuth_deg in range(5, 365, 30):
        off, sigma = off_the_map(float(azimuth_deg), step_m)
        scale += np.mean(sigma**2)
        squares += [np.mean((off[lag:] - off[:-lag]) ** 2) for lag in lags]
    share, length = SETUP["relief_share"], SETUP["relief_length_m"]
    for lag, found in zip(lags, np.sqrt(squares / scale), strict=True):
        phi, _ = relief_over(lag * step_m, length, share)
        assert found == pytest.approx(share * np.sqrt(2.0 * (1.0 - phi[0, 0])), rel=0.2)


def at_height(height_m, **setup):
    """Return a navigator 1 km short of the site, at rest, over a level map of 150 m."""
    place, heights, sigma = onboard_map(0.0, 150.0)
    start = initial_estimate(
        CONFIG,
        np.array([1000.0, 0.0, height_m]),
        np.zeros(3),
        np.array([1.0, 0, 0, 0]),
        np.zeros(3),
    )
    return Navigation(SETUP | {"bridges": 0} | setup, MOON, start, place, heights, sigma)


def look(navigator, tick, direction, range_m, saturated=0):
    """One range along a direction, in the body frame of a lander that hangs still."""
    m = np.zeros(1, MEASUREMENTS)
    m["saturated"] = saturated
    m["range_valid"], m["range_tick"] = 1, tick
    m["range_direction"], m["range_m"] = direction, range_m
    navigator.navigate(tick, m, np.zeros((1, 10)))


def test_ground_that_is_looked_at_again_is_the_same_ground():
    """A beam that stands still adds nothing; one that turns adds what lies between its ends."""
    still, turned = at_height(2000.0), at_height(2000.0)
    look(still, 0, DOWN, 2000.0)
    look(turned, 0, DOWN, 2000.0)
    before = still.covariance[RELIEF, RELIEF]
    look(still, 1, DOWN, 2000.0)
    assert still.covariance[RELIEF, RELIEF] <= before
    # 45 deg ahead: 2 km of ground, and z stays as it was
    beam = np.array([-1.0, 0.0, -1.0]) / np.sqrt(2.0)
    look(turned, 1, beam, 2000.0 * np.sqrt(2.0))
    channel = turned.state["channel"][1]
    _, noise = relief_over(2000.0, SETUP["relief_length_m"], 150.0 * SETUP["relief_share"])
    assert channel["S"] > noise[0, 0] + 0.9 * detail(SETUP, 2000.0, 2828.0)
    assert still.state["channel"][1]["S"] < 0.01 * channel["S"]


@pytest.mark.parametrize("far_m", [0.0, 500.0])
def test_a_range_at_the_end_of_its_scale_is_in_order_where_it_is_expected(far_m):
    """First seen at the altimeter's range, flagged: left out without blame; 3 sigma nearer, named.

    The height is known to 300 m of relief over 2 km, and 100 m of altitude.
    """
    for range_max_m, trust in (2000.0, Trust.TRUST_UNHEARD), (3500.0, Trust.TRUST_SATURATED):
        navigator = at_height(2000.0, range_max_m=range_max_m)
        before = navigator.covariance
        look(navigator, 0, *ahead(0.0, far_m), saturated=SATURATED_RANGE)
        assert navigator.trust[RANGE] == trust
        assert navigator.state["channel"][RANGE]["believed"] == 0
        assert navigator.state["relief_m"] == 0.0
        assert navigator.covariance[RELIEF, RELIEF] == before[RELIEF, RELIEF]
        # and one without its flag is believed at once, but for what was named
        look(navigator, 10, *ahead(0.0, far_m))
        named = trust == Trust.TRUST_SATURATED
        assert navigator.trust[RANGE] == (trust if named else Trust.TRUST_BELIEVED)


def ahead(rise_m, far_m=2000.0, height_m=2000.0):
    """Return beam and range to ground so far ahead that is so much higher."""
    to = np.array([-far_m, 0.0, rise_m - height_m])
    return to / np.linalg.norm(to), np.linalg.norm(to)


def test_ground_may_break_its_slope():
    """1.2 km up on 2 km, 31 deg: outside the gate and ground; decision 063."""
    navigator = at_height(2000.0)
    look(navigator, 0, DOWN, 2000.0)
    place = navigator.state["r_site"]
    look(navigator, 1, *ahead(1200.0))
    channel = navigator.state["channel"][RANGE]
    assert channel["innovation"] ** 2 > 9.0 * channel["S"]
    assert channel["trust"] == Trust.TRUST_BELIEVED
    assert navigator.state["relief_m"] == pytest.approx(1200.0, abs=30.0)
    assert navigator.state["r_site"] == pytest.approx(place, abs=10.0)


@pytest.mark.parametrize("far_m", [0.0, 2000.0])
def test_what_steps_by_more_than_ground_does_is_left_out(far_m):
    """1.8 km on the spot, and on 2 km, 42 deg and the gate more than ground has."""
    navigator = at_height(2000.0)
    look(navigator, 0, DOWN, 2000.0)
    before = navigator.state["relief_m"]
    look(navigator, 1, *ahead(1800.0 if far_m == 0.0 else -5000.0, far_m))
    assert navigator.state["channel"][RANGE]["trust"] == Trust.TRUST_DOUBTED
    assert navigator.state["relief_m"] == pytest.approx(before, abs=1e-9)


def test_an_altimeter_that_has_stepped_has_no_breaks_for_an_excuse():
    """Rejected for a step, it is held to its gate: what it shows then is no longer new ground."""
    navigator = at_height(2000.0)
    for tick in range(8):
        look(navigator, tick, *ahead(0.0 if tick == 0 else 1900.0, 1.0))
    assert navigator.state["channel"][RANGE]["trust"] == Trust.TRUST_REJECTED
    assert navigator.state["range_doubted"] == 1


def test_the_ground_at_the_site_is_known():
    """Ground seen near the site is nearly that of the site; not, where the site is not surveyed."""
    known, unknown = at_height(500.0, site_sigma_m=0.5), at_height(500.0)
    for navigator in (known, unknown):
        look(navigator, 0, DOWN, 500.0)
    assert SETUP["site_sigma_m"] > 1e5
    one, other = (n.covariance[RELIEF, RELIEF] ** 0.5 for n in (known, unknown))
    # (2 km / 2500 m) of the slope at most, and sqrt(0.2 m 1 km) of detail
    assert one < 0.8 * other
    assert known.state["pins"] > 0


@pytest.mark.slow
def test_a_descent_knows_the_ground_it_looks_at():
    """NEES of relief and slope at ten moments of four descents: 2 each in the mean."""
    found = []
    for seed in range(4):
        flight, done = Flight(4000 + seed), 0
        navigator = flight.navigation()
        for tick in range(7000, 77_000, 7000):
            rows = flight.measured[done : tick + 1]
            navigator.navigate(done, rows, np.zeros((len(rows), 10)))
            done = tick + 1
            e = flight.error(tick, navigator)[[RELIEF, SLOPE]]
            P = navigator.covariance[np.ix_([RELIEF, SLOPE], [RELIEF, SLOPE])]
            found.append(e @ np.linalg.solve(P, e))
    # 80 degrees of freedom that hang together: 99.9 % of 40 independent pairs, doubled
    assert 0.8 < np.mean(found) < 4.5
