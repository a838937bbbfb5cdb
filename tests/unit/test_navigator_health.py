"""What is believed of a sensor: gates, persistence, re-admission, faults that show, votes."""

import numpy as np
import pytest
from assumed_descent import SETUP, Flight, path

from farside.navigation import Trust

STAR, RANGE, BEAM, HEIGHT, IMU = 0, 1, 2, 5, 6
#: Where all sensors but the touchdown sensor are heard.
START = 68_000
SATURATED_RANGE, SATURATED_VELOCITY, SATURATED_HEIGHT, SATURATED_ACCEL_Z = 64, 128, 1024, 4


def flown(spoil, ticks=500, seed=4, start=START, detail=1.0, **setup):
    """Fly up to a tick, then on with measurements that `spoil` changed; yield each navigation."""
    flight = Flight(seed, detail=detail)
    navigation = flight.navigation(**setup)
    navigation.navigate(0, flight.measured[:start], np.zeros((start, 10)))
    rows = flight.measured[start : start + ticks].copy()
    spoil(rows)
    out = np.zeros((1, 10))
    for k in range(ticks):
        navigation.navigate(start + k, rows[k : k + 1], out)
        yield navigation


def last(spoil, *how, **more):
    navigation = None
    for each in flown(spoil, *how, **more):
        navigation = each
    return navigation


def state_and_covariance(navigation):
    s = navigation.state
    names = ("r_site", "v_site", "q_site_body", "gyro_bias", "accel_bias", "beam_scale", "relief_m")
    return np.concatenate([np.ravel(s[n]) for n in names]), navigation.covariance


def without(kind):
    def spoil(rows):
        rows[f"{kind}_valid"] = 0

    return spoil


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "channel", "field", "value"),
    [
        ("range", RANGE, "range_m", 40.0),
        ("range", RANGE, "range_m", 1e6),
        ("range", RANGE, "range_m", np.nan),
        ("velocity", BEAM, "velocity_mps", 500.0),
        ("velocity", BEAM, "velocity_mps", np.inf),
        ("star", STAR, "q_inertial_body", np.array([0.5, 0.5, 0.5, 0.5])),
    ],
)
def test_a_measurement_outside_its_gate_never_changes_the_state(kind, channel, field, value):
    """One bad report: the estimate is to the bit that without it, before and after."""

    def spoil(rows):
        k = np.flatnonzero(rows[f"{kind}_valid"])
        rows[f"{kind}_valid"][k[1:]] = 0
        rows[field][k[0]] = value

    spoilt = last(spoil, 60)
    silent = last(without(kind), 60)
    assert spoilt.trust[channel] in (Trust.TRUST_DOUBTED, Trust.TRUST_BELIEVED)
    for one, other in zip(state_and_covariance(spoilt), state_and_covariance(silent), strict=True):
        assert np.array_equal(one, other)


@pytest.mark.slow
def test_persistence_rejects_and_the_truth_is_taken_back():
    """A range 200 m long for 2 s: doubted, rejected after five, believed again by test."""

    def spoil(rows):
        rows["range_m"][:200] += 200.0

    seen = [n.trust[RANGE] for n in flown(spoil, 1500)]
    assert seen[0] in (Trust.TRUST_DOUBTED, Trust.TRUST_BELIEVED)
    first = seen.index(Trust.TRUST_REJECTED)
    assert 30 <= first <= 60
    assert Trust.TRUST_BELIEVED not in seen[first:200]
    # ten good ones on end take it back: a second at 10 Hz after they agree again
    assert seen[-1] == Trust.TRUST_BELIEVED


@pytest.mark.slow
def test_truth_is_not_locked_out_by_a_wrong_estimate():
    """A velocity wrong by 2 m/s, 20 of its sigma: beams are rejected, then win by the ramp."""
    flight = Flight(4)
    navigation = flight.navigation()
    navigation.navigate(0, flight.measured[:START], np.zeros((START, 10)))
    # A measurement of next to no weight, so far off that it moves the estimate by 2 m/s: P stays.
    h = np.zeros(navigation.state["size"])
    h[3] = 1.0
    variance = navigation.covariance[3, 3]
    navigation.update(h, 2.0 * (1.0 + 1e8), 1e8 * variance)
    out, off = np.zeros((1, 10)), []
    for k in range(START, START + 3000):
        navigation.navigate(k, flight.measured[k : k + 1], out)
        off.append(abs(out[0, 3] - path().v[k, 0]))
    assert max(off) > 1.5
    assert off[-1] < 0.3


@pytest.mark.slow
@pytest.mark.parametrize("value", [0.0, None])
def test_a_stuck_range_is_no_measurement(value):
    """The same number on end while the ground comes nearer; exactly zero is its own word."""

    def spoil(rows):
        rows["range_m"] = rows["range_m"][np.flatnonzero(rows["range_valid"])[0]]
        if value is not None:
            rows["range_m"] = value

    navigation = last(spoil, 300)
    expected = Trust.TRUST_ZERO if value == 0.0 else Trust.TRUST_STUCK
    # a range of zero length has no beam to end anywhere: it is refused either way
    assert navigation.trust[RANGE] in (expected, Trust.TRUST_REJECTED)
    silent = last(without("range"), 300)
    off = np.array(navigation.state["r_site"]) - silent.state["r_site"]
    assert np.abs(off).max() < 3.0


@pytest.mark.slow
def test_a_beam_alone_is_rejected():
    """Beam 1 reads 0 while the others go on: its channel is closed, theirs stay open."""

    def spoil(rows):
        rows["velocity_mps"][:, 1] = 0.0

    navigation = last(spoil, 500)
    assert navigation.trust[BEAM + 1] in (Trust.TRUST_ZERO, Trust.TRUST_REJECTED)
    assert navigation.trust[BEAM] == navigation.trust[BEAM + 2] == Trust.TRUST_BELIEVED
    v = np.array(navigation.state["v_site"]) - path().v[START + 499]
    # 99.9 % of chi-square with three degrees of freedom
    assert v @ np.linalg.solve(navigation.covariance[3:6, 3:6], v) < 16.3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("bit", "channel"), [(SATURATED_RANGE, RANGE), (2 * SATURATED_VELOCITY, BEAM + 1)]
)
def test_saturation_is_a_flag_and_not_a_number(bit, channel):
    """A report with its flag is not used, however good its number looks."""

    def spoil(rows):
        rows["saturated"] |= bit

    navigation = last(spoil, 100)
    assert navigation.trust[channel] == Trust.TRUST_SATURATED
    before = last(lambda rows: None, 1).state["channel"][channel]["believed"]
    assert navigation.state["channel"][channel]["believed"] <= before


@pytest.mark.slow
def test_a_touchdown_sensor_may_begin_at_the_end_of_its_scale():
    """Its noise lifts the first heights over the scale: not named, and believed at once after.

    The same flag 6 s later, some metres lower, names it with the first report.
    """
    start = heard() - 210

    def spoil(rows):
        told = np.flatnonzero(rows["height_valid"])
        rows["height_m"][told[:4]] = SETUP["height_max_m"]
        rows["saturated"][told[:4]] |= SATURATED_HEIGHT
        rows["saturated"][600:] |= SATURATED_HEIGHT

    seen = [n.trust[HEIGHT] for n in flown(spoil, 640, 6, start)]
    first = seen.index(Trust.TRUST_BELIEVED)
    assert set(seen[:first]) == {Trust.TRUST_UNHEARD}
    assert 10 < first < 40
    assert Trust.TRUST_SATURATED not in seen[:600]
    assert seen.index(Trust.TRUST_SATURATED) - 600 < 6


@pytest.mark.slow
def test_a_saturated_accelerometer_is_held_and_its_doubt_carried():
    """0.1 s at the end of its scale: the last increment stands in, and P says what that costs."""

    def spoil(rows):
        rows["dv_body"][:10, 2] = 50.0
        rows["saturated"][:10] |= SATURATED_ACCEL_Z

    good, bad = last(lambda rows: None, 10), last(spoil, 10)
    off = np.linalg.norm(np.subtract(bad.state["v_site"], good.state["v_site"]))
    # a tenth of what a braking engine gives in that time
    assert off < 0.25
    assert bad.trust[IMU] == Trust.TRUST_SATURATED
    assert bad.covariance[3, 3] > good.covariance[3, 3]


@pytest.mark.slow
def test_silence_is_seen_and_ends_by_test():
    def spoil(rows):
        rows["range_valid"][100:400] = 0

    seen = [n.trust[RANGE] for n in flown(spoil, 900)]
    first = seen.index(Trust.TRUST_SILENT)
    # a second after the last report at the latest, seen at 10 Hz
    assert 190 <= first <= 212
    assert seen[399] == Trust.TRUST_SILENT
    assert Trust.TRUST_REJECTED in seen[400:]
    assert seen[-1] == Trust.TRUST_BELIEVED


def heard(seed=6):
    """Return the tick from which the touchdown sensor is heard."""
    return int(np.flatnonzero(Flight(seed).measured["height_valid"])[0]) + 200


@pytest.mark.slow
def test_altimeter_and_touchdown_sensor_outvote_the_estimate():
    """Both 8 m off the same way, at once: two kinds of physics against the estimate."""
    start = heard()

    def both(rows):
        cosine = 1.0
        rows["range_m"] += 8.0 / cosine
        rows["height_m"] += 8.0

    def one(rows):
        rows["range_m"] += 8.0

    quiet, won, kept = (last(spoil, 300, 6, start, 0.0) for spoil in (lambda rows: None, both, one))
    assert won.height - quiet.height == pytest.approx(8.0, abs=1.0)
    assert kept.height - quiet.height == pytest.approx(0.0, abs=0.5)
    assert kept.trust[RANGE] == Trust.TRUST_REJECTED
    assert kept.trust[HEIGHT] == Trust.TRUST_BELIEVED


@pytest.mark.slow
def test_false_alarms_are_those_of_the_gate():
    """Over a descent as assumed: 1 in 10 000 outside, and nothing is rejected."""
    flight = Flight(8)
    navigation = flight.navigation()
    navigation.navigate(0, flight.measured, np.zeros((path().count, 10)))
    channels = navigation.state["channel"]
    refused, used = (sum(c[key] for c in channels[:6]) for key in ("refused", "believed"))
    assert refused < 1e-3 * used
    assert SETUP["health"]["gate_1"] == 15.1
