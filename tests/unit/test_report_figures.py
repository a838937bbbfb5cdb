"""The figures: what they show, that they are light, and that no odd flight breaks them."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.patches import Circle
from reference_dynamics import matrix
from sample_landing import GATES, cut_short, sample_landing, with_holes

from farside.dynamics.vehicle import contact_points
from farside.mission import load_mission
from farside.mission.ephemeris import Direction
from farside.mission.phases import flown_phases
from farside.report import figures
from farside.report.hazards import _extent
from farside.report.page import _braking_levels
from farside.report.reasons import painted_shares
from farside.report.relief import hillshade
from farside.report.replay.scan_view import _verdicts
from farside.report.track import Track, thin
from farside.terrain import Reason

ALL = {"descent", "history", "hazards", "touchdown", "navigation", "sensors"}
MOST_POINTS = 3000


@pytest.fixture(scope="module")
def landing():
    return sample_landing()


@pytest.fixture(scope="module")
def drawn(landing):
    return figures(landing)


@pytest.mark.slow
def test_all_figures(drawn):
    assert set(drawn) == ALL


@pytest.mark.slow
def test_a_landing_draws_itself(landing):
    assert set(figures(landing)) == ALL


@pytest.mark.slow
def test_without_a_map_there_is_no_hazard_figure():
    assert set(figures(sample_landing(imaging=False))) == ALL - {"hazards"}


def test_a_cell_counts_for_its_gravest_fault_and_is_painted_so(landing):
    hazards = landing.imaging.hazards
    shares = {name: share for name, _, share in painted_shares(hazards)}
    assert shares["safe"] == pytest.approx(float(hazards.safe.mean()))
    judged = hazards.safe | (hazards.reasons != 0)
    assert sum(shares.values()) == pytest.approx(float(judged.mean()))
    # too rough hides too steep, and both hide too near
    several = replace(hazards, reasons=np.zeros_like(hazards.reasons))
    several.reasons[:2] = Reason.ROUGH | Reason.SLOPE | Reason.NEAR
    several.reasons[2:3] = Reason.SLOPE | Reason.NEAR
    rows = several.reasons.shape[0]
    shares = {name: share for name, _, share in painted_shares(several) if share}
    parts = {"safe": rows - 3, "too rough": 2, "too steep": 1}
    assert shares == {name: pytest.approx(part / rows) for name, part in parts.items()}
    _, legend = _verdicts(several)
    told = {entry["name"]: entry["share"] for entry in legend if entry["share"]}
    assert told == shares


def test_the_caption_says_where_braking_keeps_thrust_back():
    plan = load_mission("chang-e-6")
    said = _braking_levels(plan)
    # 1 - 4 x 0.025, 1 - 0.12 x 0.025, 1 - 0.8 x 0.025: what seed 3 commands, 6.76 to 7.48 kN
    assert "90.0 % of full thrust over its first 100 s, 99.7 % then and 98.0 % over" in said
    assert _braking_levels(load_mission("apollo-11")) == ""


def test_lines_are_light(drawn):
    lengths = [
        len(line.get_xdata())
        for figure in drawn.values()
        for axes in figure.axes
        for line in axes.lines
    ]
    assert 0 < max(lengths) <= MOST_POINTS


def test_no_axes_is_empty(drawn):
    for name, figure in drawn.items():
        for axes in figure.axes:
            assert axes.has_data() or axes.get_label() == "<colorbar>", name


def test_axes_carry_units(drawn):
    for name in ("descent", "history", "touchdown", "navigation"):
        for axes in drawn[name].axes:
            label = axes.get_ylabel()
            assert not label or label.rsplit(", ")[-1] in {"m", "km", "m/s", "kN", "deg", "kg"}


@pytest.mark.slow
@pytest.mark.parametrize("rows", [1, 71000])
def test_flights_cut_short(rows):
    for figure in figures(cut_short("out_of_propellant", rows)).values():
        figure.canvas.draw()


@pytest.mark.slow
def test_records_with_holes(landing):
    for figure in figures(with_holes(landing)).values():
        figure.canvas.draw()


@pytest.mark.slow
def test_pyplot_stays_out():
    code = "import sys, farside.report.gallery; print('matplotlib.pyplot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_an_abort_and_a_last_resort_behind_the_scan_are_drawn_by_their_names(landing):
    """`farside land --abort-at 780` ended with a traceback after the flight."""
    rows, table = landing.telemetry.copy(), landing.plan.phases
    rows["phase"][-200:-100], rows["phase"][-100:] = len(table), len(table) + 1
    left = replace(landing, telemetry=rows)
    assert [span.name for span in Track(left).spans[-2:]] == ["abort", "least_harm"]
    table = flown_phases(left.plan.phases)
    assert all(span.phase is table[span.row] for span in Track(left).spans)
    drawn = figures(left)
    assert "hazards" in drawn
    words = " ".join(text.get_text() for text in drawn["history"].texts)
    assert "9 abort" in words and "10 least_harm" in words


def test_track_meets_the_gates_that_the_sample_was_laid_through(landing):
    track = Track(landing)
    assert [span.name for span in track.spans] == [gate[0] for gate in GATES]
    for span, (_, _, altitude_m, climb_mps, downrange_m, speed_mps, _, tilt) in zip(
        track.spans, GATES, strict=True
    ):
        last = span.last - 1
        # the sample holds the centre of mass 1.76 m up: leaning, the base is 0.8 m off that, and
        # half a tick at 30 m/s and the ground at the touchdown are 0.15 m each
        assert track.altitude_m[last] == pytest.approx(altitude_m, abs=1.1)
        assert track.vertical_mps[last] == pytest.approx(climb_mps, abs=0.05)
        assert track.horizontal_mps[last] == pytest.approx(speed_mps, abs=0.05)
        assert track.tilt_deg[last] == pytest.approx(tilt, abs=0.02)
        # the divert of the sample is 6 m eastwards, against the arrival
        assert track.downrange_m[last] == pytest.approx(downrange_m, abs=8.0)


@settings(deadline=None)
@given(
    arrays(
        np.float64,
        st.integers(1, 5000),
        elements=st.floats(-1e6, 1e6) | st.just(float("nan")),
        fill=st.just(0.0),
    )
)
def test_thinning_keeps_every_extreme(series):
    t, y = thin(np.arange(len(series), dtype=float), series, 200)
    assert len(t) == len(y) <= max(200, len(series) if len(series) <= 200 else 0) + 2
    assert np.array_equal(np.nanmin(series, initial=np.inf), np.nanmin(y, initial=np.inf))
    assert np.array_equal(np.nanmax(series, initial=-np.inf), np.nanmax(y, initial=-np.inf))


@pytest.mark.parametrize("azimuth_deg", [0.0, 90.0, 180.0, 270.0])
def test_the_side_of_a_hill_that_faces_the_sun_is_bright(azimuth_deg):
    side = np.linspace(-10, 10, 81)
    east, north = np.meshgrid(side, side)
    hill = np.exp(-(east**2 + north**2) / 20.0).astype(np.float32)
    light = hillshade(hill, 0.25, Direction(azimuth_deg, 30.0))
    facing = east * np.sin(np.radians(azimuth_deg)) + north * np.cos(np.radians(azimuth_deg))
    flank = np.abs(np.hypot(east, north) - 3.0) < 1.0
    assert light[flank & (facing > 2.0)].min() > light[flank & (facing < -2.0)].max()


def test_the_map_is_drawn_where_its_cells_are(landing):
    hazards = landing.imaging.hazards
    elevation = hazards.elevation
    left, right, bottom, top = _extent(hazards)
    rows, columns = elevation.shape
    east, north = elevation.position_m(rows - 1, columns - 1)
    half = elevation.cell_m / 2
    assert (left, bottom) == pytest.approx((elevation.east_m - half, elevation.north_m - half))
    assert (right, top) == pytest.approx((east + half, north + half))


def test_footpads_stand_where_the_truth_has_them(landing, drawn):
    close = drawn["touchdown"].axes[1]
    pads = np.array([patch.center for patch in close.patches if isinstance(patch, Circle)])
    last = landing.telemetry[-1]
    legs = landing.plan.vehicle.legs
    base = Track(landing).base_site[-1]
    points = np.array(contact_points(landing.plan)[0][: legs.count])
    expected = (base + points @ np.array(matrix(last["q_site_body"])).T)[:, :2]
    assert pads == pytest.approx(expected, abs=1e-6)
