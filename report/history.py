"""Speeds, thrust, tilt and mass against time, with the limits that each must keep."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from farside.report.bands import paired_axes
from farside.report.colours import BLACK, SKY, VERMILION
from farside.report.limits import limit_line
from farside.report.track import Array, Track, thin

LABELS = (
    "vertical speed, m/s",
    "horizontal speed, m/s",
    "thrust, kN",
    "tilt, deg",
    "mass, kg",
)


def draw_history(track: Track) -> Figure:
    """Draw five quantities over the flight and over its last phases."""
    figure, rows = paired_axes(track, LABELS, 9.5)
    telemetry = track.landing.telemetry
    for (whole, close), series in zip(
        rows,
        (
            track.vertical_mps,
            track.horizontal_mps,
            telemetry["thrust_n"] * 1e-3,
            track.tilt_deg,
            telemetry["mass_kg"],
        ),
        strict=True,
    ):
        _line(whole, track, series, 0)
        _line(close, track, series, track.last_stretch())
    _thrust(rows[2], track)
    _touchdown_limits([close for _, close in rows], track)
    _flight_limits([whole for whole, _ in rows], track)
    return figure


def _line(axes: Axes, track: Track, series: Array, first: int, **look: object) -> None:
    """Draw a series from a row on."""
    look = {"color": BLACK, "linewidth": 1.1} | look
    axes.plot(*thin(track.t_s[first:], series[first:]), **look)  # type: ignore[arg-type]


def _thrust(pair: tuple[Axes, Axes], track: Track) -> None:
    """Add the command to the true thrust, and what the engine can do."""
    engine = track.landing.plan.vehicle.engine
    command = track.landing.telemetry["cmd_thrust_n"] * 1e-3
    for axes, first in zip(pair, (0, track.last_stretch()), strict=True):
        axes.lines[-1].set_label("true")
        look = {"color": VERMILION, "linewidth": 0.9, "label": "commanded"}
        _line(axes, track, command, first, **look)
        limit_line(axes, engine.thrust_max_n * 1e-3, "engine limits" if first == 0 else "")
        limit_line(axes, engine.thrust_min_n * 1e-3)
        axes.set_ylim(-0.3, engine.thrust_max_n * 1.12e-3)
    # above the axes, where no line can cross it
    pair[0].legend(loc="lower right", bbox_to_anchor=(1.0, 0.985), ncols=2, borderaxespad=0.0)


#: Laws that guidance.tilt_limit_deg does not bind.
FREE = ("braking", "adjust", "trim", "quadratic", "null_velocity", "hold")


def _flight_limits(axes: list[Axes], track: Track) -> None:
    """Draw the tilt that guidance may command after braking, and the mass with dry tanks."""
    plan, end = track.landing.plan, track.t_s[-1:]
    after = [span for span in track.spans if span.phase.law not in FREE]
    if after:
        span = (float(track.t_s[after[0].first]), float(end[0]))
        limit_line(axes[3], plan.guidance.tilt_limit_deg, "limit in flight", span)
    dry_kg = plan.vehicle.dry_mass_kg
    limit_line(axes[4], dry_kg, "usable propellant gone")


def _touchdown_limits(axes: list[Axes], track: Track) -> None:
    """Draw the limits of the first contact over the seconds that lead to it."""
    limits = track.landing.plan.touchdown
    contact = len(track.t_s) - 1 if track.contact is None else track.contact
    late = track.t_s[track.last_stretch() :]
    if not len(late):
        return
    start = max(late[0], track.t_s[contact] - 0.3 * (late[-1] - late[0]))
    span = (float(start), float(late[-1]))
    limit_line(axes[0], -limits.vertical_speed_mps, "limit at contact", span, above=False)
    limit_line(axes[1], limits.horizontal_speed_mps, "limit at contact", span)
    limit_line(axes[3], limits.tilt_deg, "limit at contact", span)
    if track.contact is not None:
        for one in axes:
            one.axvline(track.t_s[contact], color=SKY, linewidth=0.8)
    low, high = axes[0].get_ylim()
    axes[0].set_ylim(min(low, -1.35 * limits.vertical_speed_mps), high)
    for one, limit in ((axes[1], limits.horizontal_speed_mps), (axes[3], limits.tilt_deg)):
        one.set_ylim(0.0, max(one.get_ylim()[1], 1.35 * limit))
    mass = track.landing.telemetry["mass_kg"][track.last_stretch() :]
    if np.isfinite(mass).any():
        axes[4].set_ylim(np.nanmin(mass) - 10.0, np.nanmax(mass) + 10.0)
