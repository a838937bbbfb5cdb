"""How well the lander knew where it was: truth less estimate, against time."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from farside.report.bands import paired_axes
from farside.report.style import AXIS_COLOURS, BLACK
from farside.report.track import Array, Track, thin

LABELS = ("position error, m", "velocity error, m/s", "attitude error, deg", "height error, m")
AXES = ("east", "north", "up")


def draw_navigation(track: Track) -> Figure:
    """Draw the errors over the flight, and in its last phases.

    On the right the position error is given less what it was when the last phases began: only
    that part can take the lander off the point it chose on its own map.
    """
    figure, rows = paired_axes(track, LABELS, 7.8)
    telemetry = track.landing.telemetry
    late = track.last_stretch()
    position = telemetry["r_site"] - telemetry["est_r_site"]
    velocity = telemetry["v_site"] - telemetry["est_v_site"]
    _triple(rows[0][0], track, position, 0)
    # above the second row, where no line can cross it
    rows[0][0].legend(ncols=3, loc="upper right", bbox_to_anchor=(1.0, -0.02), borderaxespad=0.0)
    held = position[late : late + 100]
    held = held[np.isfinite(held).all(axis=1)]
    since = position - held[0] if len(held) else position
    _triple(rows[0][1], track, since, late)
    rows[0][1].annotate(
        "change since these phases began",
        (1.0, -0.03),
        xycoords="axes fraction",
        fontsize=7.5,
        color=BLACK,
        ha="right",
        va="top",
    )
    attitude = _turn_deg(telemetry["q_site_body"], telemetry["est_q_site_body"])
    height = telemetry["height_m"] - telemetry["est_height_m"]
    for column, first in enumerate((0, late)):
        _triple(rows[1][column], track, velocity, first)
        for row, series in ((2, attitude), (3, height)):
            axes = rows[row][column]
            axes.plot(*thin(track.t_s[first:], series[first:]), color=BLACK, linewidth=0.9)
    return figure


def _triple(axes: Axes, track: Track, error: Array, first: int) -> None:
    """Draw three components from a row on."""
    for i, (name, colour) in enumerate(zip(AXES, AXIS_COLOURS, strict=True)):
        t, y = thin(track.t_s[first:], error[first:, i])
        axes.plot(t, y, color=colour, linewidth=0.9, label=name)


def _turn_deg(q: Array, p: Array) -> Array:
    """Angle of the turn between two sets of unit quaternions (N, 4)."""
    # |q - p| = 2 sin(angle / 4): the cosine of a small angle would say nothing
    apart = np.minimum(np.linalg.norm(q - p, axis=1), np.linalg.norm(q + p, axis=1))
    return np.asarray(np.degrees(4.0 * np.arcsin(np.clip(0.5 * apart, 0.0, 1.0))))
