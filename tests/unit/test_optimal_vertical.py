"""The optimal descent straight above its target, the textbook's case, beside a flight in one line.

There the primer stays vertical and may pass through zero, where the thrust flips over.
"""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import brentq, minimize_scalar

from farside.guidance import DivertState, Thrust, divert_map, nearest_point, optimal_descent
from farside.guidance.nearest import UnreachableReason
from farside.guidance.optimal import Optimality
from farside.terrain import ElevationMap

MASS_KG, GRAVITY = 2500.0, 1.62
DOWN = (0.0, 0.0, -GRAVITY)
MOON = Thrust(1500.0, 7500.0, 3040.0)


def rocket(z, v, mass, thrust_n, exhaust, lasting):
    """Fly a vertical arc in closed form (Tsiolkovsky); thrust below 0 points down."""
    flow = abs(thrust_n) / exhaust
    end = mass - flow * lasting
    if flow == 0.0:
        return z + v * lasting - 0.5 * GRAVITY * lasting**2, v - GRAVITY * lasting, end
    gain = exhaust * np.log(mass / end)
    way = exhaust * (lasting - end / flow * np.log(mass / end))
    sign = np.sign(thrust_n)
    return (
        z + v * lasting - 0.5 * GRAVITY * lasting**2 + sign * way,
        v - GRAVITY * lasting + sign * gain,
        end,
    )


def burnt(z, v, thrust, down_s):
    """Return what a flight takes: least thrust down, least up, then full up to rest."""
    low, full, c = thrust.least_n, thrust.full_n, thrust.exhaust_mps
    at = rocket(z, v, MASS_KG, -low, c, down_s)

    def miss(coast_s):
        there = rocket(*at, low, c, coast_s)
        stop = (
            brentq(lambda t: rocket(*there, full, c, t)[1], 0.0, 0.99 * there[2] * c / full)
            if there[1] < 0.0
            else 0.0
        )
        return rocket(*there, full, c, stop)

    coast_s = np.linspace(0.0, 4.0 * np.sqrt(2.0 * z), 120)
    heights = [miss(t)[0] for t in coast_s if rocket(*at, low, c, t)[1] <= 0.0]
    first = coast_s[len(coast_s) - len(heights)]
    k = int(np.argmax(np.array(heights) < 0.0))
    if k == 0:
        return MASS_KG
    later = first + np.array([k - 1, k]) * (coast_s[1] - coast_s[0])
    return MASS_KG - miss(brentq(lambda t: miss(t)[0], *later, xtol=1e-12))[2]


@pytest.mark.parametrize(
    ("z", "v", "thrust"),
    [
        (100.0, 0.0, MOON), (500.0, -5.0, MOON), (500.0, -20.0, MOON), (1500.0, 10.0, MOON),
        (300.0, 0.0, Thrust(0.0, 7500.0, 3040.0)), (60.0, 2.0, Thrust(3000.0, 9000.0, 2900.0)),
    ],
)  # fmt: skip
def test_straight_above_beside_one_line(z, v, thrust):
    found = optimal_descent((0, 0, z), (0, 0, v), MASS_KG, thrust, gravity_mps2=DOWN)
    assert found.status == Optimality.OPTIMAL and found.steps < 100
    tried = np.linspace(0.0, 2.0 * np.sqrt(z), 31)
    k = int(np.argmin([burnt(z, v, thrust, t) for t in tried]))
    best = minimize_scalar(
        lambda t: burnt(z, v, thrust, t), bounds=(tried[max(k - 1, 0)], tried[k + 1]),
        method="bounded", options={"xatol": 1e-7},
    )  # fmt: skip
    # a search by parabolas: its parts in 1e7 of the time are 1e-12 kg where it is flat
    assert found.propellant_kg == pytest.approx(min(best.fun, burnt(z, v, thrust, 0.0)), abs=1e-6)
    assert found.fly([0.0, found.time_s])[-1, :6] == pytest.approx(np.zeros(6), abs=1e-5)


def test_a_hundred_metres_at_rest():
    found = optimal_descent((0, 0, 100), (0, 0, 0), MASS_KG, MOON)
    assert found.status == Optimality.OPTIMAL
    assert found.propellant_kg == pytest.approx(23.9319, abs=1e-4)
    # 1 mm aside costs 1 mm times the primer at most: far less than a gram
    for aside in (1e-9, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3):
        near = optimal_descent((aside, 0, 100), (0, 0, 0), MASS_KG, MOON)
        assert near.propellant_kg == pytest.approx(found.propellant_kg, abs=1e-6)
        drift = optimal_descent((0, 0, 100), (0, aside, 0), MASS_KG, MOON)
        assert drift.propellant_kg == pytest.approx(found.propellant_kg, abs=1e-6)
    assert np.isfinite(found.thrust_n(np.linspace(0.0, found.time_s, 1001))).all()


def test_flown_by_runge_kutta():
    found = optimal_descent((0, 0, 500), (0, 0, -5), MASS_KG, MOON)
    flip_s = found.time_s + found.primer[2] / found.primer_rate[2]
    assert 0.0 < flip_s < found.switches_s[1]  # else it has no flip to test
    y, breaks = np.array([0, 0, 500, 0, 0, -5, MASS_KG], float), [0, flip_s, *found.switches_s[1:]]

    def rate(t, y):
        pull = found.thrust_n(t)
        g = found.gravity_mps2
        return [*y[3:6], *(pull / y[6] + g), -np.linalg.norm(pull) / MOON.exhaust_mps]

    for a, b in zip(breaks, [*breaks[1:], found.time_s], strict=True):
        inside = 1e-9 * (b - a)
        y = solve_ivp(rate, (a + inside, b - inside), y, "DOP853", rtol=1e-11, atol=1e-9).y[:, -1]
    assert y[:6] == pytest.approx(np.zeros(6), abs=1e-4)
    assert MASS_KG - y[6] == pytest.approx(found.propellant_kg, abs=1e-5)


def stops(z, v, thrust):
    """Return whether full thrust from the first moment on stops the fall above the target."""
    if v >= 0.0:
        return True
    most = 0.95 * MASS_KG * thrust.exhaust_mps / thrust.full_n
    ends = [rocket(z, v, MASS_KG, thrust.full_n, thrust.exhaust_mps, t) for t in (0.0, most)]
    if ends[1][1] < 0.0:
        return False
    t = brentq(lambda t: rocket(z, v, MASS_KG, thrust.full_n, thrust.exhaust_mps, t)[1], 0.0, most)
    return rocket(z, v, MASS_KG, thrust.full_n, thrust.exhaust_mps, t)[0] > 0.0


@pytest.mark.parametrize("count", [300, pytest.param(5000, marks=pytest.mark.slow)])
def test_every_state_above_and_its_neighbours(count):
    """Gravity any way; nothing is lost, and what is nearly above costs what is above does."""
    rng = np.random.default_rng(2)
    for _ in range(count):
        z, v = 10.0 ** rng.uniform(0.0, 3.7), rng.uniform(-60, 60) * rng.choice([0.0, 1.0, 0.1])
        thrust = Thrust(
            rng.choice([0.0, 500.0, 1500.0, 3000.0]), rng.uniform(5000, 12000),
            rng.uniform(2500, 4500),
        )  # fmt: skip
        if not stops(z, v, thrust):
            continue
        up = rng.normal(size=3)
        up /= np.linalg.norm(up)
        above = optimal_descent(z * up, v * up, MASS_KG, thrust, gravity_mps2=-GRAVITY * up)
        assert above.status == Optimality.OPTIMAL
        assert above.residual < 1e-9
        for size in (1e-6, 1e-3):
            aside = np.cross(up, rng.normal(size=3)) * size
            near = optimal_descent(
                z * up + aside, v * up, MASS_KG, thrust, gravity_mps2=-GRAVITY * up
            )
            assert near.status == Optimality.OPTIMAL
            # the price of a metre aside is below 1 kg
            assert near.propellant_kg == pytest.approx(above.propellant_kg, abs=5.0 * size)


def test_the_cell_below_the_lander():
    below = ElevationMap.from_array(np.zeros((41, 41)), 5.0, east_m=-100.0, north_m=-100.0)
    for z, v in ((100.0, 0.0), (500.0, -5.0), (1500.0, 10.0)):
        divert = divert_map(DivertState((0, 0, z), (0, 0, v), MASS_KG, MOON), below)
        alone = optimal_descent((0, 0, z), (0, 0, v), MASS_KG, MOON)
        assert divert.propellant_kg[20, 20] == pytest.approx(alone.propellant_kg, abs=1e-4)
        assert divert.descent(20, 20).status == Optimality.OPTIMAL


def test_what_is_out_of_reach_straight_above():
    # a full tank would do
    short = optimal_descent((0, 0, 100), (0, 0, 0), MASS_KG, MOON, dry_mass_kg=MASS_KG - 20.0)
    assert short.status == Optimality.TANK_EMPTY
    assert nearest_point(short).reason == UnreachableReason.PROPELLANT
