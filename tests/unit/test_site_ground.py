"""The altitude that guidance is told: over the ground at the site, given that it is surveyed."""

import numpy as np
import pytest
from assumed_descent import CONFIG, SETUP
from sample_navigation import MOON, onboard_map
from test_relief import DOWN, look
from twin_navigator import detail, relief_over

from farside.ext.navigation._filter import PLACES, Navigation
from farside.navigation import initial_estimate

UP, RELIEF, SLOPE = PLACES["position"] + 2, PLACES["relief"], PLACES["relief_slope"]
SIGMA_M = 150.0


def at(arc_m, height_m, altitude_sigma_m, map_m=0.0, speed_mps=0.0, **setup):
    """Return a navigator so far up the track from the site; its altitude is known so well."""
    place, heights, sigma = onboard_map(map_m, SIGMA_M)
    start = initial_estimate(
        CONFIG,
        np.array([arc_m, 0.0, height_m]),
        np.array([-speed_mps, 0.0, 0.0]),
        np.array([1.0, 0, 0, 0]),
        np.zeros(3),
    )
    covariance = np.array(start["P"])
    covariance[UP, UP] = altitude_sigma_m**2
    setup = {"bridges": 0, "site_sigma_m": 0.5} | setup
    return Navigation(SETUP | setup, MOON, start | {"P": covariance}, place, heights, sigma)


def given_the_site(navigator, p_m, map_m, site_sigma_m):
    """Twin: z less what the ground at p is off its survey, by a Kalman update of a larger state.

    p lies p_m up the track from the site, on a level map; the lander's place is known to 100 m.
    """
    state, k = navigator.state, SETUP
    length, sigma = k["relief_length_m"], k["relief_share"] * SIGMA_M
    P = navigator.covariance
    n = len(P)
    u, v = -p_m - state["seen_m"][0], state["seen_m"][1]
    phi, noise = relief_over(u, length, sigma)
    V = noise[0, 0] + (sigma * v / length) ** 2 + detail(k, np.hypot(u, v), 0.0)
    # the ground at p as one more state
    row = np.zeros(n)
    row[[RELIEF, SLOPE]] = phi[0]
    joint = np.block([[P, (P @ row)[:, None]], [(row @ P)[None], np.array([[row @ P @ row + V]])]])
    g = map_m + phi[0] @ [state["relief_m"], state["relief_slope"]]
    # from the site, whose relief is known and whose slope is not, and whose place is off
    phi, noise = relief_over(-p_m, length, sigma)
    apart2 = P[0, 0] + P[1, 1]
    survey = map_m - phi[0, 0] * map_m
    survey2 = (
        site_sigma_m**2 + noise[0, 0] + (sigma / length) ** 2 * (apart2 + phi[0, 1] ** 2)
        + detail(k, np.hypot(p_m, apart2**0.5), 0.0)
    )  # fmt: skip
    gain = joint[:, n] / (joint[n, n] + survey2)
    assert (survey - g) ** 2 < SETUP["health"]["gate_1"] * (joint[n, n] + survey2)
    z = state["r_site"][2] + gain[UP] * (survey - g)
    return z - g - gain[n] * (survey - g) + survey


@pytest.mark.parametrize("arc_m", [500.0, 2500.0, 12_000.0])
@pytest.mark.parametrize("altitude_sigma_m", [1.0, 100.0])
@pytest.mark.parametrize("site_sigma_m", [0.5, 50.0, 1e6])
def test_it_is_the_mean_given_the_survey(arc_m, altitude_sigma_m, site_sigma_m):
    """Against a Kalman update of a larger state by numpy; ranges that show ground 30 m high.

    From 12 km off and 2 km up the ground meant is that which can be reached, 1.5 heights on.
    """
    navigator = at(arc_m, 2000.0, altitude_sigma_m, 5.0, site_sigma_m=site_sigma_m)
    look(navigator, 0, DOWN, 1970.0)
    told, place = navigator.place_in_map[2], navigator.state["at_site"]["place_m"]
    twin = given_the_site(navigator, place[0], 5.0, site_sigma_m)
    # arcs of the map against level metres
    assert told == pytest.approx(twin, abs=2e-3)


def test_the_ground_meant_is_within_reach():
    """1.5 heights and the way to stop at 1 m/s^2; the site itself where that is within it."""
    navigator = at(12_000.0, 2000.0, 1.0)
    look(navigator, 0, DOWN, 2000.0)
    assert navigator.state["at_site"]["place_m"] == pytest.approx([9000.0, 0.0], abs=100.0)
    assert at_reach(100.0) == pytest.approx([4000.0, 0.0], abs=100.0)
    assert at_reach(200.0) == [0.0, 0.0]


def at_reach(speed_mps):
    navigator = at(12_000.0, 2000.0, 1.0, speed_mps=speed_mps)
    look(navigator, 0, DOWN, 2000.0)
    return navigator.state["at_site"]["place_m"]


def test_a_slope_flown_over_is_no_error_of_a_known_altitude():
    """Altitude known to 1 m; ground 300 m lower beneath, 3 km from the site."""
    navigator = at(3000.0, 2000.0, 1.0)
    look(navigator, 0, DOWN, 2300.0)
    assert navigator.state["relief_m"] == pytest.approx(-300.0, abs=15.0)
    assert navigator.place_in_map[2] == pytest.approx(2000.0, abs=0.5)


def test_ranges_near_the_site_tell_an_altitude_that_is_not_known():
    """Altitude 100 m (1 sigma) and 80 m too high, over the site's ground: taken out by a range."""
    navigator = at(100.0, 1080.0, 100.0)
    look(navigator, 0, DOWN, 1000.0)
    assert navigator.place_in_map[2] == pytest.approx(1000.0, abs=5.0)


def test_without_a_survey_the_altitude_counts_from_the_ground_that_is_seen():
    """A site that is not surveyed, 100 m from ground that is 60 m high."""
    navigator = at(100.0, 1000.0, 1.0, site_sigma_m=1e6)
    look(navigator, 0, DOWN, 940.0)
    assert navigator.place_in_map[2] == pytest.approx(940.0, abs=5.0)


def test_an_altitude_that_the_survey_contradicts_is_to_blame_over_the_site():
    """Known to 5 m by the filter, and 300 m wrong: near the site by the ground, far from it not."""
    near, far = at(30.0, 1000.0, 5.0), at(2000.0, 1000.0, 5.0)
    for navigator in (near, far):
        look(navigator, 0, DOWN, 700.0)
    assert near.place_in_map[2] == pytest.approx(700.0, abs=15.0)
    assert far.place_in_map[2] > 850.0
