"""Errors before 3 sigma, and the lanes of the sensors: on telemetry with known answers."""

import dataclasses
import math

import numpy as np
import pytest
from flown import landing as flown
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sample_landing import cut_short, sample_landing
from scipy.spatial.transform import Rotation

from farside.flight.faults import FlownFault
from farside.navigation import Trust
from farside.report.colours import LIMIT, VERMILION
from farside.report.errors import Error, deviation, errors_of, rotation_between
from farside.report.fault_marks import fault_spans
from farside.report.navigation import LAST_S, draw_error, draw_navigation, logarithmic
from farside.report.panel import Panel, decades, plain, sheet
from farside.report.sensors import COLOURS, draw_sensors, innovations
from farside.report.style import canvas
from farside.report.track import Track, bins_of, envelope

UNIT = arrays(np.float64, (4,), elements=st.floats(-1, 1)).filter(lambda q: np.linalg.norm(q) > 0.1)


@pytest.fixture(scope="module")
def landing():
    return sample_landing()


@settings(max_examples=40)
@given(UNIT, UNIT)
def test_the_turn_between_attitudes_is_scipy_s(q, p):
    q, p = q / np.linalg.norm(q), p / np.linalg.norm(p)
    ours = rotation_between(q[None], p[None])[0]
    theirs = Rotation.from_quat(np.roll(q, -1)) * Rotation.from_quat(np.roll(p, -1)).inv()
    size = theirs.magnitude()
    if size < math.pi - 1e-6:  # half a turn has two axes
        np.testing.assert_allclose(ours, theirs.as_rotvec(), atol=1e-9)
    assert np.linalg.norm(ours) == pytest.approx(size, abs=1e-7)


def test_deviations_are_those_of_the_whole_matrix():
    draw = np.random.default_rng(1)
    root = draw.normal(size=(50, 3, 3))
    P = root @ root.transpose(0, 2, 1)
    side = draw.normal(size=(50, 3))
    packed = P[:, [0, 0, 0, 1, 1, 2], [0, 1, 2, 1, 2, 2]]
    expected = np.sqrt(np.einsum("ij,ijk,ik->i", side, P, side))
    np.testing.assert_allclose(deviation(packed, side), expected, rtol=1e-12)
    assert deviation(-packed, side).tolist() == [0.0] * 50  # no variance is below zero


def test_errors_are_told_along_the_arrival(landing):
    """East, north and up at the site are along, across and up, turned by the arrival's azimuth."""
    telemetry = landing.telemetry[-3000:].copy()
    telemetry["flags"] = 0
    telemetry["r_site"][:] = 0.0
    azimuth = np.radians(landing.plan.orbit.arrival_azimuth_deg)
    along = np.array([np.sin(azimuth), np.cos(azimuth), 0.0])
    right = np.array([np.cos(azimuth), -np.sin(azimuth), 0.0])
    error = 3.0 * along - 2.0 * right + [0.0, 0.0, 0.5]
    telemetry["nav_r_site"] = -error
    telemetry["nav_r_cov"] = 0.0
    telemetry["nav_r_cov"][:, [0, 3, 5]] = 1.0, 1.0, 0.01
    found = errors_of(Track(dataclasses.replace(landing, telemetry=telemetry)))
    for each, value, sigma in zip(found, (3.0, -2.0, 0.5), (1.0, 1.0, 0.1), strict=False):
        np.testing.assert_allclose(each.value, value, atol=1e-9)
        np.testing.assert_allclose(each.sigma, sigma, rtol=1e-6)
    assert [each.share_outside for each in found[:3]] == [0.0, 0.0, 1.0]


def test_of_a_flight_the_components_add_up_to_the_whole():
    track = Track(flown())
    rows = track.landing.telemetry[: track.contact]
    found = errors_of(track)
    for first, error, cov in (
        (0, rows["r_site"] - rows["nav_r_site"], rows["nav_r_cov"]),
        (3, rows["v_site"] - rows["est_v_site"], rows["nav_v_cov"]),
    ):
        values = np.stack([each.value for each in found[first : first + 3]])
        np.testing.assert_allclose(
            np.linalg.norm(values, axis=0), np.linalg.norm(error, axis=1), rtol=1e-9, atol=1e-9
        )
        variances = sum(each.sigma**2 for each in found[first : first + 3])
        # what single precision leaves of a trace
        np.testing.assert_allclose(variances, cov[:, [0, 3, 5]].sum(1, dtype=float), rtol=1e-5)
    # an attitude that is known to seconds of arc, not to degrees
    assert max(np.abs(each.value).max() for each in found[6:9]) < 0.2


def test_shares_outside_count_what_is_known():
    value, sigma = np.array([0.0, 3.1, -2.9, np.nan, 9.0]), np.array([1.0, 1.0, 1.0, 1.0, np.nan])
    error = Error("height", "m", value, sigma)
    assert error.outside.tolist() == [False, True, False, False, False]
    assert error.share_outside == pytest.approx(1.0 / 3.0)
    assert math.isnan(Error("height", "m", value[3:], sigma[3:]).share_outside)


def test_drift_in_the_map_begins_at_the_tie(landing):
    # at the end of a phase's first tick the filter takes the place in the map for known
    telemetry = landing.telemetry.copy()
    track = Track(landing)
    tie = track.spans[3].first
    telemetry["nav_tie_sigma_m"] = np.where(np.arange(len(telemetry)) <= tie, 150.0, 0.3)
    telemetry["est_r_site"] = telemetry["r_site"] - [40.0, 0.0, 0.0]
    telemetry["est_r_site"][tie + 200 :] -= [0.0, 0.0, 0.7]  # up: no drift in the map
    drift = errors_of(Track(dataclasses.replace(landing, telemetry=telemetry)))[-2:]
    for each in drift:
        assert np.isnan(each.value[: tie + 1]).all() and np.isnan(each.sigma[: tie + 1]).all()
        np.testing.assert_allclose(each.value[tie + 1 :], 0.0, atol=1e-3)
        assert each.share_outside == 0.0


@given(
    arrays(np.float64, st.integers(1, 3000), elements=st.floats(-1e6, 1e6) | st.just(np.nan)),
    st.integers(1, 400),
)
def test_no_extreme_is_lost_across_an_axis(series, bins):
    share = np.linspace(0.0, 1.0, len(series)) ** 3
    first = bins_of(share, bins)
    assert first[0] == 0 and len(first) <= bins + 1 and (np.diff(first) > 0).all()
    ends = envelope(series, first)
    assert np.array_equal(np.nanmin(series, initial=np.inf), np.nanmin(ends, initial=np.inf))
    assert np.array_equal(np.nanmax(series, initial=-np.inf), np.nanmax(ends, initial=-np.inf))


def test_one_bad_sample_of_many_is_seen():
    n = 80_000
    value, sigma = np.zeros(n), np.full(n, 0.1)
    value[54_321] = -7.0
    axes = sheet(canvas(4.0, 2.0))
    draw_error(axes, (0.5, 0.5, 3.0, 1.0), np.linspace(0.0, 1.0, n), Error("up", "m", value, sigma))
    (dots,) = [line for line in axes.lines if line.get_color() == VERMILION]
    x, y = dots.get_data()
    known = np.isfinite(y)
    assert x[known] == pytest.approx(0.5 + 3.0 * 54_321 / n, abs=0.02) and known.any()
    said = {text.get_text() for text in axes.texts}
    assert "up, m" in said and "outside < 0.01 %" in said


def test_a_panel_s_scale_is_linear_then_logarithmic():
    panel = Panel(sheet(canvas(4.0, 2.0)), 1.0, 1.0, 2.0, 1.0, linear=0.01, most=1000.0)
    assert panel.y(np.array([-1000.0, 0.0, 1000.0])) == pytest.approx([1.0, 1.5, 2.0])
    low, high = np.diff(panel.y(np.array([0.0, 1e-4, 2e-4])))
    assert low == pytest.approx(high, rel=1e-3)
    tens = np.diff(panel.y(np.array([1.0, 10.0, 100.0])))
    assert tens[0] == pytest.approx(tens[1], rel=1e-3)


@given(st.floats(1e-9, 1e9), st.floats(1.0, 1e8))
def test_ticks_stand_on_the_scale(linear, times):
    most = 1.3 * linear * times
    found = decades(linear, most)
    assert found == sorted(found) and found[len(found) // 2] == 0.0 and 3 <= len(found) <= 5
    assert max(found) <= most * (1.0 + 1e-9)
    # numbers of 0.11 in. on a panel 1.2 in. high do not meet
    panel = Panel(None, 0.0, 0.0, 1.0, 1.2, linear, most)
    assert np.diff(panel.y(np.array(found))).min() > 0.12


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.0, "0"), (-0.02, "\u22120.02"), (500.0, "500"), (2e-5, "2e-05"), (1e7, "1e+07")],
)
def test_ticks_are_plain(value, words):
    assert plain(value) == words


def test_time_left_runs_to_the_right():
    place = logarithmic(800.0, 800.0)
    assert place(np.array([0.0, 800.0 - LAST_S, 800.0, 900.0])) == pytest.approx([0, 1, 1, 1])
    assert np.diff(place(np.array([0.0, 720.0, 792.0]))) == pytest.approx([0.312, 0.312], abs=1e-3)


def with_faults(landing):
    plan = landing.plan
    lines = (
        FlownFault("altimeter bias 50 from 300 s for 20 s", 1.0, True, 300.0, 320.0),
        FlownFault("star_tracker silent from 600 s", 1.0, True, 600.0),
        FlownFault("engine cut from 800 s", 0.1, False, None),
        FlownFault("leg.1 lost below 1 m", 1.0, True, None),
    )
    return dataclasses.replace(landing, plan=plan, faults=lines)


def test_faults_that_began_have_their_times(landing):
    spans = fault_spans(with_faults(landing))
    end_s = len(landing.telemetry) * 0.01
    assert [(s.start_s, s.end_s, s.marks_s) for s in spans] == [
        (300.0, 320.0, (300.0, 320.0)), (600.0, pytest.approx(end_s), (600.0,))
    ]  # fmt: skip


def test_faults_are_marked_in_both_figures(landing):
    track = Track(with_faults(landing))
    whole = draw_sensors(track).axes[0]
    dotted = sorted({line.get_xdata()[0] for line in whole.lines if line.get_color() == LIMIT})
    assert dotted == [300.0, 320.0, 600.0]
    said = {text.get_text() for text in whole.texts}
    assert {"altimeter bias 50 from 300 s for 20 s", "star_tracker silent from 600 s"} <= said
    (sheet_axes,) = draw_navigation(track).axes
    marks = [line for line in sheet_axes.lines if line.get_color() == LIMIT]
    assert len(marks) == 12 and all(len(line.get_xdata()) == 9 for line in marks)


def test_innovations_are_counted_in_gates(landing):
    found = innovations(landing.telemetry, 1, 3.886)
    assert len(found.rows) == pytest.approx(len(landing.telemetry) / 10, abs=2)
    (refused,) = np.flatnonzero(~found.used)
    assert found.rows[refused] == 40_000 and found.gates[refused] == pytest.approx(50.0 / 3.886)
    telemetry = landing.telemetry[:100].copy()
    telemetry["innovation"][50:60, 1] = np.nan
    assert math.isinf(innovations(telemetry, 1, 3.886).gates[5])


def test_lanes_say_how_many_were_not_used(landing):
    axes = draw_sensors(Track(landing)).axes[0]
    (altimeter,) = [t.get_text() for t in axes.texts if t.get_text().startswith("altimeter")]
    assert altimeter.splitlines()[1:] == ["1 of 8,776", "not used"]
    crosses = [line for line in axes.lines if line.get_marker() == "x"]
    assert len(crosses) == 1 and crosses[0].get_xdata() == pytest.approx([400.0, 400.0])


def test_states_that_are_not_plain_have_colours_of_their_own():
    assert len(set(COLOURS.values())) == len(COLOURS) == len(Trust)  # unheard has none; one is ours


@pytest.mark.slow
@pytest.mark.parametrize("rows", [0, 1, 2, 150])
def test_flights_of_a_few_ticks(rows):
    track = Track(cut_short("crashed", rows))
    for figure in (draw_navigation(track), draw_sensors(track)):
        figure.canvas.draw()
