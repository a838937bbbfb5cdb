"""What the keys of a naive navigator do with a single report: weight, gate, and nothing else."""

import numpy as np
import pytest
from assumed_descent import Flight
from test_navigator_health import BEAM, RANGE, START

from farside.navigation import Trust


def one_report(kind, off=0.0, before=START, **setup):
    """Return state, covariance and trust at the tick of a report, with it and without it.

    All that was heard before stands; `off` is added to what it says.
    """
    flight = Flight(4)
    k = before + int(np.flatnonzero(flight.measured[f"{kind}_valid"][before:])[0])
    found = []
    for heard in (1, 0):
        rows = flight.measured[: k + 1].copy()
        rows[f"{kind}_valid"][k] = heard
        if off:
            rows[f"{kind}_m"][k] += off
        navigation = flight.navigation(**setup)
        navigation.navigate(0, rows, np.zeros((k + 1, 10)))
        found.append((navigation.state, navigation.covariance.copy(), navigation.trust))
    return found


WEIGHED = {"range_weight": 0.25, "range_gate_share": 0.5}


@pytest.mark.slow
def test_a_weighed_range_moves_the_altitude_and_nothing_else():
    """100 m more of a range, nearly along the vertical: a quarter of it less of the altitude."""
    (true, P, _), (none, bare, _) = one_report("range", **WEIGHED)
    longer = one_report("range", 100.0, **WEIGHED)[0][0]
    moved = np.subtract(longer["r_site"], true["r_site"])
    assert np.linalg.norm(moved) == pytest.approx(25.0, rel=0.05)
    assert moved[2] > 0.95 * np.linalg.norm(moved)
    assert np.array_equal(P, bare)
    for name in ("v_site", "q_site_body", "gyro_bias", "accel_bias", "beam_scale", "relief_m"):
        assert np.array_equal(longer[name], none[name])


@pytest.mark.slow
def test_a_weighed_range_has_a_gate_in_shares_of_the_height():
    (inside, _, _), (none, _, _) = one_report("range", **WEIGHED)
    outside, _, trust = one_report("range", 1e4, **WEIGHED)[0]
    assert not np.array_equal(inside["r_site"], none["r_site"])
    assert np.array_equal(outside["r_site"], none["r_site"])
    assert trust[RANGE] == Trust.TRUST_DOUBTED


@pytest.mark.slow
@pytest.mark.parametrize("off", [300.0, 5000.0])
def test_an_open_range_is_used_whatever_it_says(off):
    closed = one_report("range", off)
    assert np.array_equal(closed[0][0]["r_site"], closed[1][0]["r_site"])
    opened, none = one_report("range", off, range_open=1)
    assert not np.array_equal(opened[0]["r_site"], none[0]["r_site"])
    assert opened[2][RANGE] == Trust.TRUST_BELIEVED


@pytest.mark.slow
@pytest.mark.parametrize("apart", [0, 1])
def test_a_speed_over_ground_corrects_the_place_or_not(apart):
    (heard, _, trust), (none, _, _) = one_report("velocity", place_apart=apart)
    assert trust[BEAM] == Trust.TRUST_BELIEVED
    assert not np.array_equal(heard["v_site"], none["v_site"])
    assert np.array_equal(heard["r_site"], none["r_site"]) == bool(apart)
