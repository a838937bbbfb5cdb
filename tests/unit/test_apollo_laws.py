"""The classic laws against their publications, each other, and numpy's roots."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_guidance import apollo_quadratic, e_guidance, fly

from farside.ext.guidance.laws._apollo import (
    ApolloLaw,
    at_full_throttle,
    best_time,
    effort,
    fictitious_target,
    null_velocity,
    zem_zev,
)
from farside.ext.guidance.laws._laws import fractional_polynomial

G = np.array([0.0, 0.0, -1.62])
UP, WEST = (0.0, 0.0, 1.0), (-1.0, 0.0, 0.0)
RNG = np.random.default_rng(11)
#: P63 of the Apollo 11 load, up, across, along [m, s]: guidance.md, A9.
FT = 0.3048
P63 = {
    "r": (171.835 * FT, 0.0, -10678.596 * FT),
    "v": (-105.876 * FT, 0.0, -1.04 * FT),
    "a": (0.6241 * FT, 0.0, -9.1044 * FT),
    "jerk": -0.01882677 * FT,
}


def states(n, scale=1500.0):
    for _ in range(n):
        yield (
            RNG.normal(0.0, scale, 3),
            RNG.normal(0.0, 60.0, 3),
            RNG.normal(0.0, 100.0, 3),
            RNG.normal(0.0, 5.0, 3),
            RNG.normal(0.0, 1.0, 3),
            float(RNG.uniform(5.0, 200.0)),
        )


def p63(lead=2.2, gain=0.0, t=-540.0, **changes):
    return ApolloLaw(P63 | changes, lead=lead, gain=gain, up=UP, arrival=WEST, t=t)


def site(up, across, along):
    """Components of the guidance frame of a flight due west as site ones: across = along x up."""
    return np.array([-along, across, up])


# ---- E-guidance ----------------------------------------------------------------------------


def test_zem_zev_is_e_guidance_and_the_fractional_polynomial_with_1_and_6():
    for r, v, rf, vf, af, t in states(200):
        ours = zem_zev(r, v, rf, vf, G, t)
        assert ours == pytest.approx(e_guidance(r, v, rf, vf, G, t), rel=1e-11, abs=1e-9)
        lu = fractional_polynomial(r, v, (rf, vf, af), G, t, 1.0, 6.0)
        assert ours == pytest.approx(lu, rel=1e-10, abs=1e-9)


def effort_flown(r, v, weight, t, n=2000):
    """Integrate the linear acceleration that leads to rest: weight t + 1/2 int a^2."""
    # a(s) = c0 + c1 s, free fall added, solved from the two ends
    a = np.array([[t**2 / 2, t**3 / 6], [t, t**2 / 2]])
    b = np.array([-(r + v * t + 0.5 * G * t**2), -(v + G * t)])
    c0, c1 = np.linalg.solve(a, b)
    s = (np.arange(n) + 0.5) * t / n
    thrust = c0[None] + c1[None] * s[:, None]
    return weight * t + 0.5 * float(np.sum(thrust**2)) * t / n


def test_effort_is_the_integral_of_the_flight():
    for r, v, _, _, _, t in states(20):
        assert effort(r, v, G, 0.7, t) == pytest.approx(effort_flown(r, v, 0.7, t), rel=1e-5)


@given(
    st.tuples(*[st.floats(-3000.0, 3000.0)] * 3),
    st.tuples(*[st.floats(-120.0, 120.0)] * 3),
    st.floats(0.0, 5.0),
)
def test_best_time_is_the_root_of_least_effort(r, v, weight):
    r, v = np.asarray(r), np.asarray(v)
    # A thousandth of a micrometre has no flight: only what underflows nothing is asked.
    if np.linalg.norm(r) < 1e-3:
        return
    t = best_time(r, v, G, weight)
    roots = np.roots([weight + 0.5 * G @ G, 0.0, -2.0 * v @ v, -12.0 * v @ r, -18.0 * r @ r])
    real = roots[(np.abs(roots.imag) < 1e-5 * np.abs(roots)) & (roots.real > 0.0)].real
    assert np.abs(real / t - 1.0).min() < 1e-5
    # No other root is cheaper, beyond what rounding leaves of a double one.
    cheapest = min(effort(r, v, G, weight, x) for x in real)
    assert effort(r, v, G, weight, t) <= cheapest * (1.0 + 1e-6)


def test_a_fast_approach_has_two_minima_and_the_cheaper_is_taken():
    # 100 m ahead at 60 m/s, almost weightless: stopping within 5 s beats coming back.
    r, v, g = np.array([-100.0, 0.0, 0.0]), np.array([60.0, 0.0, 0.0]), np.array([0.0, 0.0, -0.1])
    c = [0.5 * g @ g, 0.0, -2.0 * v @ v, -12.0 * v @ r, -18.0 * r @ r]
    roots = np.roots(c)
    real = np.sort(roots[(np.abs(roots.imag) < 1e-6) & (roots.real > 0.0)].real)
    assert len(real) == 3
    costs = [effort(r, v, g, 0.0, t) for t in real]
    assert best_time(r, v, g, 0.0) == pytest.approx(real[int(np.argmin(costs))], rel=1e-9)
    assert best_time(r, v, g, 50.0) < 10.0  # where time is dear, the early one


def test_best_time_of_nonsense_is_none():
    for r, v, g in (
        (np.zeros(3), np.ones(3), G),
        (np.ones(3), np.ones(3), np.zeros(3)),
        (np.full(3, np.nan), np.ones(3), G),
    ):
        assert best_time(r, v, g, 0.0) == 0.0


# ---- P63 and P64 ---------------------------------------------------------------------------


def turned(x):
    """Site components as a target's: up, across, along a flight due west."""
    return (float(x[2]), float(x[1]), float(-x[0]))


def law_of(r, v, rf, vf, af, t, lead):
    """Return the law whose target has the jerk that makes t a root of the time-to-go cubic."""
    r, v, ends = turned(r), turned(v), [turned(x) for x in (rf, vf, af)]
    jerk = (
        -(
            6.0 * ends[2][2] * t**2
            + (18.0 * ends[1][2] + 6.0 * v[2]) * t
            + 24.0 * (ends[0][2] - r[2])
        )
        / t**3
    )
    target = dict(zip("rva", ends, strict=True), jerk=jerk)
    return ApolloLaw(target, lead=lead, gain=0.0, up=UP, arrival=WEST, t=t)


def planar(n):
    """States in the site's plane, short of it, so that the guidance frame is the site's own."""
    for r, v, rf, vf, af, t in states(n):
        r[0], r[1] = abs(r[0]) + 1.0, 0.0
        yield r, v, rf, vf, af, -t


def test_without_lead_it_is_the_published_law_and_the_fractional_polynomial_with_1_and_12():
    for r, v, rf, vf, af, t in planar(200):
        law = law_of(r, v, rf, vf, af, t, 0.0)
        ours = law.command(*r, *v, G[2])
        assert law.t == pytest.approx(t, rel=1e-9)
        theirs = apollo_quadratic(r, v, rf, vf, af, G, -t)
        assert ours == pytest.approx(theirs, rel=1e-8, abs=1e-8)
        # Lu's a_f is thrust acceleration, Apollo's A_D the total one.
        lu = fractional_polynomial(r, v, (rf, vf, af - G), G, -t, 1.0, 12.0)
        assert ours == pytest.approx(lu, rel=1e-8, abs=1e-8)


@pytest.mark.parametrize("lead", [0.0, 2.2, 4.5])
def test_lead_is_the_same_polynomial_a_lead_later(lead):
    """The quartic through the state now and the target: its second derivative at T + lead."""
    for r, v, rf, vf, af, t in planar(100):
        # r(T) = R + V T + A T^2/2 + J T^3/6 + S T^4/24, solved for J and S at r(t) = r, r'(t) = v
        a = np.array([[t**3 / 6, t**4 / 24], [t**2 / 2, t**3 / 6]])
        jerk, snap = np.linalg.solve(a, [r - rf - vf * t - 0.5 * af * t**2, v - vf - af * t])
        wanted = af + jerk * (t + lead) + 0.5 * snap * (t + lead) ** 2 - G
        law = law_of(r, v, rf, vf, af, t, lead)
        assert law.command(*r, *v, G[2]) == pytest.approx(wanted, rel=1e-7, abs=1e-7)


def test_a_lead_never_reaches_beyond_the_target():
    """Luminary forces T + lead to be no more than 0: there the command is the target's own."""
    for r, v, rf, vf, af, _ in planar(20):
        law = law_of(r, v, rf, vf, af, -1.5, 2.2)
        assert law.command(*r, *v, G[2]) == pytest.approx(af - G, abs=1e-9)


def test_the_cubic_finds_the_root_of_numpy_from_a_guess_near_it():
    tried = 0
    for _ in range(300):
        along, speed = RNG.uniform(-450e3, -50e3), RNG.uniform(300.0, 1700.0)
        roots = np.roots(
            [
                P63["jerk"],
                6.0 * P63["a"][2],
                18.0 * P63["v"][2] + 6.0 * speed,
                24.0 * (P63["r"][2] - along),
            ]
        )
        real = roots[(np.abs(roots.imag) < 1e-6) & (roots.real < 0.0)].real
        if not len(real) or (len(real) > 1 and np.ptp(real) < 0.5 * np.abs(real).max()):
            continue
        wanted = real[int(np.argmax(np.abs(real)))]
        tried += 1
        law = p63(t=wanted * RNG.uniform(0.9, 1.1))
        law.command(*site(10e3, 0.0, along), *site(-20.0, 0.0, speed), -1.62)
        assert law.found and law.passes <= 8
        assert law.t == pytest.approx(wanted, rel=1e-9)
    assert tried > 50


def test_from_two_seconds_ago_newton_needs_four_passes():
    along, speed = -430e3, 1690.0
    law = p63()
    law.command(*site(12e3, 0.0, along), *site(-5.0, 0.0, speed), -1.62)
    law.t += 2.0
    law.command(*site(12e3, 0.0, along + 2.0 * speed), *site(-5.0, 0.0, speed - 6.0), -1.62)
    assert law.found and law.passes <= 4


def test_a_cubic_without_a_past_root_keeps_the_time():
    law = p63(t=-540.0)
    law.command(*site(12e3, 0.0, 430e3), *site(-5.0, 0.0, 1690.0), -1.62)
    assert not law.found and law.t == -540.0
    law.command(np.nan, 0.0, 0.0, 0.0, 0.0, 0.0, -1.62)
    assert not law.found and law.t == -540.0


def test_p64_arrives_at_its_target_in_a_double_integrator():
    law = ApolloLaw(
        {
            "r": (111.085 * FT, 0.0, -26.794 * FT),
            "v": (-4.993 * FT, 0.0, 0.248 * FT),
            "a": (-0.2624 * FT, 0.0, -0.512 * FT),
            "jerk": 0.00180772 * FT,
        },
        lead=0.0,
        gain=0.0,
        up=UP,
        arrival=WEST,
        t=-160.0,
    )
    r, v = site(2300.0, 0.0, -7800.0), site(-44.0, 0.0, 158.0)
    times = []

    def command(r, v, _):
        a = law.command(*r, *v, G[2])
        times.append(law.t)
        law.t += 0.02
        return a

    law.command(*r, *v, G[2])
    duration = -law.t
    place, speed = fly(command, r, v, G, duration, 12.0)
    # The last 12 s are coasted on one command; before them the time kept what it was to the
    # millisecond, since the polynomial that it belongs to was flown.
    assert max(abs(t + duration - 0.02 * i) for i, t in enumerate(times)) < 0.05
    assert np.linalg.norm(place - site(111.085 * FT, 0.0, -26.794 * FT)) < 5.0
    assert np.linalg.norm(speed - site(-4.993 * FT, 0.0, 0.248 * FT)) < 1.0


def test_the_frame_turns_with_what_is_still_to_be_flown():
    """With gain the frame looks at where the lander would be early, not from where it is."""
    straight, turning = p63(gain=0.0), p63(gain=0.25)
    r, v = site(12e3, 2000.0, -400e3), site(0.0, 40.0, 1690.0)
    a = np.array(straight.command(*r, *v, -1.62))
    b = np.array(turning.command(*r, *v, -1.62))
    assert np.linalg.norm(a - b) > 0.01
    in_plane = site(0.0, 0.0, 1.0)
    r, v = site(12e3, 0.0, -400e3), 1690.0 * in_plane
    a = np.array(p63(gain=0.0).command(*r, *v, -1.62))
    b = np.array(p63(gain=0.25).command(*r, *v, -1.62))
    assert a == pytest.approx(b, abs=1e-9)


def test_saturation_keeps_the_vertical_and_clips_what_brakes():
    law = p63()
    r, v = site(12e3, 0.0, -400e3), site(0.0, 0.0, 1690.0)
    # 1.2 up, 3.9 braking, 2.9 there: sqrt(2.9^2 - 1.2^2)
    a = law.saturated(site(1.2, 0.0, -3.9), r, v, 2.9)
    assert a == pytest.approx(site(1.2, 0.0, -np.sqrt(2.9**2 - 1.2**2)), abs=1e-12)
    assert law.saturated(site(1.2, 0.3, -2.0), r, v, 2.9) == pytest.approx(site(1.2, 0.3, -2.0))
    # Vertical alone beyond full: nothing is left to brake with, and the vertical stays.
    assert law.saturated(site(4.0, 0.0, -1.0), r, v, 2.9) == pytest.approx(site(4.0, 0.0, 0.0))
    # What speeds up is never clipped (AFCCALC).
    assert law.saturated(site(1.2, 0.0, 3.9), r, v, 2.9) == pytest.approx(site(1.2, 0.0, 3.9))


def test_the_throttle_has_a_memory():
    low, high = 26.6e3, 29.4e3
    wanted = [40e3, 31e3, 28e3, 26.7e3, 26.5e3, 28e3, 29.3e3, 29.5e3, 28e3]
    state, seen = True, []
    for force in wanted:
        state = at_full_throttle(state, force, low, high)
        seen.append(state)
    assert seen == [True, True, True, True, False, False, False, True, True]


def test_p65_nulls_the_velocity_in_its_time_constant():
    v = np.array([3.0, -1.0, -5.0])
    target = np.array([0.0, 0.0, -0.9144])
    for _ in range(1000):
        v = v + 0.01 * (np.array(null_velocity(v, target, G, 10.0)) + G)
    # 10 s is one time constant
    assert v - target == pytest.approx(
        np.exp(-1.0) * (np.array([3.0, -1.0, -5.0]) - target), rel=1e-3
    )


# ---- Beyond the end ------------------------------------------------------------------------


@pytest.mark.parametrize(("gamma", "kr"), [(1.0, 6.0), (1.0, 8.0), (1.0, 12.0), (0.5, 7.0)])
def test_aimed_beyond_it_passes_through_the_target(gamma, kr):
    r, v = np.array([-1900.0, 60.0, 2500.0]), np.array([40.0, -2.0, -30.0])
    rf, vf = np.array([0.0, 0.0, 100.0]), np.array([0.0, 0.0, -1.5])
    margin, t = 10.0, 110.0
    end = fictitious_target(r, v, (rf, vf, np.zeros(3)), t, margin, gamma, kr)
    assert end is not None
    most = []

    def law(r, v, t_go):
        a = fractional_polynomial(r, v, (*end, -G), G, t_go, gamma, kr)
        most.append(np.linalg.norm(a))
        return a

    # Flown to `margin` short of the fictitious end; fly() coasts the rest, so none is left to it.
    place, speed = fly(law, r, v, G, t + margin, margin)
    a = np.asarray(law(place * 0.0, speed * 0.0, margin))  # a finite command at the very end
    assert np.isfinite(a).all()
    s = margin
    # undo the coast that fly() adds after the stop
    last = G + np.asarray(fractional_polynomial_at(end, gamma, kr, r, v, t, margin))
    place = place - s * (speed - s * last) - 0.5 * s**2 * last
    speed = speed - s * last
    assert np.linalg.norm(place - rf) < 0.2
    assert np.linalg.norm(speed - vf) < 0.05


def fractional_polynomial_at(end, gamma, kr, r, v, t, margin):
    """Command of the last step of the flight above, found by flying it again."""
    last = []

    def law(r, v, t_go):
        a = fractional_polynomial(r, v, (*end, -G), G, t_go, gamma, kr)
        last[:] = [a]
        return a

    fly(law, r, v, G, t + margin, margin)
    return last[0]


def test_aimed_beyond_its_gains_stay_finite_where_it_arrives():
    r, v = np.array([-1900.0, 60.0, 2500.0]), np.array([40.0, -2.0, -30.0])
    rf, vf = np.zeros(3), np.zeros(3)
    end = fictitious_target(r, v, (rf, vf, np.zeros(3)), 110.0, 10.0, 1.0, 8.0)
    assert end is not None

    def kick(target, speed, t_go):
        """Return what a metre of navigation error does to the command."""
        at = np.asarray(fractional_polynomial(rf, vf, (target, speed, -G), G, t_go, 1.0, 8.0))
        off = np.array([1.0, 0.0, 0.0])
        return np.linalg.norm(
            fractional_polynomial(rf + off, vf, (target, speed, -G), G, t_go, 1.0, 8.0) - at
        )

    # Half a second before the end: kr / t^2 = 32 / s^2 against 8 / 10.5^2.
    assert kick(rf, vf, 0.5) == pytest.approx(32.0)
    assert kick(*end, 10.5) < 0.1


def test_nothing_is_found_beyond_where_nothing_is():
    x = np.ones(3)
    assert fictitious_target(x, x, (x, x, x), 50.0, 0.0, 1.0, 8.0) is None
    assert fictitious_target(x, x, (x, x, x), 0.0, 10.0, 1.0, 8.0) is None
    assert fictitious_target(x, x, (x, x, x), 50.0, 10.0, 1.0, 9.0) is None  # both exponents 1


# ---- What they cost ------------------------------------------------------------------------


def test_propellant_grows_with_kr():
    """A11's order, laws without thrust limits from a 100 x 15 km orbit: kr 6 < 8 < 10 < 12."""
    from classics_cost import landing_speed

    spent = [landing_speed(kr) for kr in (6.0, 8.0, 10.0, 12.0)]
    assert spent == sorted(spent)
    # ksp_UPG: 1835, 1847, 1866, 1913 m/s; flown here on its own orbit and time-to-go
    assert 1750.0 < spent[0] < spent[-1] < 2100.0
