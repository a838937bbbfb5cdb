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


def at(arc_m, height_m, altitude_sigma_m, map_m=0.0, speed_mps=0.0, start=None, **setup):
    """Return a navigator so far up the track from the site; its altitude is known so well."""
    place, heights, sigma = onboard_map(map_m, SIGMA_M)
    first = initial_estimate(
        CONFIG,
        np.array([arc_m, 0.0, height_m]),
        np.array([-speed_mps, 0.0, 0.0]),
        np.array([1.0, 0, 0, 0]),
        np.zeros(3),
    )
    covariance = np.array(first["P"])
    covariance[UP, UP] = altitude_sigma_m**2
    first = first | {"P": covariance} | (start or {})
    setup = {"bridges": 0, "site_sigma_m": 0.5} | setup
    return Navigation(SETUP | setup, MOON, first, place, heights, sigma)


def given_the_site(navigator, p_m, map_m, site_sigma_m):
    """Twin: z less the ground at p, given the survey, by a Kalman update of a larger state.

    The ground at p, its slope, and the ground at the site are three more states; the survey
    measures the last. p lies p_m up the track from the site, on a level map.
    """
    state, k = navigator.state, SETUP
    length, sigma = k["relief_length_m"], k["relief_share"] * SIGMA_M
    P = navigator.covariance
    n = len(P)
    apart2 = P[0, 0] + P[1, 1]
    F, noise = relief_over(-p_m - state["seen_m"][0], length, sigma)
    c, last = relief_over(p_m, length, sigma)
    noise = np.block([[noise, np.zeros((2, 1))], [np.zeros((1, 2)), last[:1, :1]]])
    for i, across2, u in (0, state["seen_m"][1] ** 2, p_m + state["seen_m"][0]), (2, apart2, p_m):
        noise[i, i] += (sigma / length) ** 2 * across2 + detail(k, np.hypot(u, across2**0.5), 0.0)
    # (b, s) at p, then b at the site, of the state and of their noises
    rows = np.zeros((3, n))
    rows[:2, [RELIEF, SLOPE]] = F
    rows[2] = c[0] @ rows[:2]
    by_noise = np.vstack([np.eye(3)[:2], [*c[0], 1.0]])
    whole = np.vstack([np.eye(n), rows])
    joint = whole @ P @ whole.T
    joint[n:, n:] += by_noise @ noise @ by_noise.T
    mean = np.zeros(n)
    mean[[UP, RELIEF, SLOPE]] = state["r_site"][2], state["relief_m"], state["relief_slope"]
    mean = whole @ mean
    S = joint[-1, -1] + site_sigma_m**2
    assert (map_m + mean[-1]) ** 2 < SETUP["health"]["gate_1"] * S
    mean = mean - joint[:, -1] / S * (map_m + mean[-1])
    return mean[UP] - (map_m + mean[n]) + (map_m - c[0, 0] * map_m)


@pytest.mark.parametrize("arc_m", [500.0, 2500.0, 7000.0, 12_000.0])
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


def walked(ground, distance_m, sigma_m, rng):
    """Walk heights and slopes (2, N) of the ground on by small steps of relief.pxd (1), by Heun.

    Detail is added at the end.
    """
    k, zeta, steps = 1.0 / SETUP["relief_length_m"], 0.45, int(np.ceil(distance_m / 25.0))
    du = distance_m / steps
    pushed = np.sqrt(4.0 * zeta * k**3 * du) * sigma_m
    b, s = ground
    for _ in range(steps):
        w = pushed * rng.standard_normal(len(b))
        db, ds = s * du, -(2.0 * zeta * k * s + k * k * b) * du + w
        b, s = (
            b + 0.5 * (db + (s + ds) * du),
            s + 0.5 * (ds + w - (2.0 * zeta * k * (s + ds) + k * k * (b + db)) * du),
        )
    detail_m = np.sqrt(SETUP["relief_walk_m2pm"] * distance_m)
    return np.array([b + detail_m * rng.standard_normal(len(b)), s])


@pytest.mark.parametrize(
    ("arc_m", "height_m", "range_m", "altitude_sigma_m"),
    [(12e3, 2e3, 1900.0, 100.0), (12e3, 1e3, 950.0, 1.0), (5e3, 500.0, 600.0, 30.0)],
)  # fmt: skip
def test_far_from_the_site_it_is_the_mean_of_drawn_ground(
    arc_m, height_m, range_m, altitude_sigma_m
):
    """Against 40 000 stretches of ground drawn by small steps: least squares on what is known.

    Each is seen from above by a range, and its height at the site is surveyed; the lander is lost,
    the ground meant some kilometres from the site. No transition matrix and no filter.
    """
    map_m, count, sigma_m = 20.0, 40_000, SETUP["relief_share"] * SIGMA_M
    navigator = at(arc_m, height_m, altitude_sigma_m, map_m)
    covariance = np.array(navigator.covariance)
    for i, deviation in (RELIEF, sigma_m), (SLOPE, sigma_m / SETUP["relief_length_m"]):
        covariance[i], covariance[:, i] = 0.0, 0.0
        covariance[i, i] = deviation**2
    place_m = np.sqrt(covariance[0, 0] + covariance[1, 1])
    navigator = at(arc_m, height_m, altitude_sigma_m, map_m, start={"P": covariance})
    look(navigator, 0, DOWN, range_m)
    p_m, told = navigator.state["at_site"]["place_m"][0], navigator.place_in_map[2]
    rng = np.random.default_rng(86)
    first = sigma_m * rng.standard_normal((2, count))
    first[1] /= SETUP["relief_length_m"]
    meant = walked(first, arc_m - p_m, sigma_m, rng)
    last = walked(meant, p_m, sigma_m, rng)
    slope = sigma_m / SETUP["relief_length_m"] * place_m * rng.standard_normal(count)
    z = altitude_sigma_m * rng.standard_normal(count)
    known = np.column_stack([z - first[0], last[0] + slope + 0.5 * rng.standard_normal(count)])
    weights = np.linalg.lstsq(known, z - meant[0], rcond=None)[0]
    # what the survey alone leads to at p
    towards = walked(first, p_m, sigma_m, rng)[0] @ first[0] / (first[0] @ first[0])
    off = navigator.state["channel"][1]["innovation"]
    drawn = height_m - map_m + weights @ [off, -map_m] + (1 - towards) * map_m
    # 3 sigma of the weights: 0.5 % of 100 m, of the way p to site, and of the map's height
    assert told == pytest.approx(drawn, abs=2.0)


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
