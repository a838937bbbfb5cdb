"""The figure of the aborts: the dead man's curves, and the descent's own track beside them."""

import numpy as np
import pytest
from layout import layout_faults
from matplotlib.colors import to_hex
from sample_landing import sample_landing

from farside.guidance.abort import SAFE_ORBIT, AbortBoundary, AbortPoint, AbortState, AbortWay
from farside.report.abort import ABORTS, WAYS, draw_abort, save_abort
from farside.report.track import Track

SINKS = np.linspace(0.0, 150.0, 61)
ACCEL, GRAVITY = 2.5, 1.62


def boundary():
    """Three moments, the middle one without a way; a curve of constant deceleration."""
    points = []
    for i, (sink, height) in enumerate(((30.0, 2500.0), (22.0, 300.0), (1.5, 20.0))):
        zero = np.zeros(3)
        state = AbortState(10.0 * i, zero, zero, 2000.0, np.array([0.0, 0.0, 1.0]), height)
        way = AbortWay.NONE if i == 1 else AbortWay.THERE
        points.append(AbortPoint(state, way, None, {}, sink, 0.0, {}))
    curve = SINKS**2 / (2.0 * (ACCEL - GRAVITY))
    return AbortBoundary(tuple(points), SAFE_ORBIT, 100.0, {AbortWay.DESCENT_STAGE: (SINKS, curve)})


def line_of(axes, label):
    (line,) = [line for line in axes.lines if line.get_label() == label]
    return np.asarray(line.get_xdata()), np.asarray(line.get_ydata())


@pytest.fixture(scope="module")
def drawn():
    return draw_abort(boundary(), "A mission", sample_landing())


def test_the_track_is_the_whole_descent(drawn):
    track = Track(sample_landing())
    sink, height = line_of(drawn.axes[1], "the descent")
    assert len(sink) > 1000  # and not three moments
    np.testing.assert_allclose(
        np.interp(2000.0, height[::-1], sink[::-1]),
        -np.interp(2000.0, track.altitude_m[::-1], track.vertical_mps[::-1]),
        atol=0.2,
    )
    assert height.min() >= 1.0  # of a logarithmic scale
    alone, _ = line_of(draw_abort(boundary(), "A mission").axes[1], "the descent")
    assert alone.tolist() == [30.0, 22.0, 1.5]


def test_what_is_below_a_curve_is_shaded_and_what_is_lost_crossed(drawn):
    axes = drawn.axes[1]
    sinks, heights = line_of(axes, "stops: descent stage")
    at_30 = np.interp(30.0, sinks, heights)
    assert at_30 == pytest.approx(30.0**2 / (2.0 * (ACCEL - GRAVITY)))
    (shade,) = axes.collections
    path = shade.get_paths()[0]
    assert path.contains_point((30.0, 0.9 * at_30)) and not path.contains_point((30.0, 1.1 * at_30))
    assert to_hex(shade.get_facecolor()[0]) == WAYS[AbortWay.DESCENT_STAGE][1]
    x, y = line_of(axes, "no way to orbit")
    assert (x.tolist(), y.tolist()) == ([22.0], [300.0])
    assert not layout_faults(drawn)


def test_a_set_of_aborts_is_written_whole(tmp_path):
    written = save_abort(boundary(), "mission", "A mission", tmp_path / "aborts")
    assert {p.name for p in (tmp_path / "aborts").iterdir()} == set(written) == ABORTS.files
