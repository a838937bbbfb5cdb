"""What the lander saw: images with the landmarks found in them, and where it then stood."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from farside.flight.looks import PLACES, Look, Use
from farside.mission.units import number
from farside.report.colours import BLUE, GREY, ORANGE, VERMILION, YELLOW
from farside.report.style import canvas

WIDTH_IN = 10.0
ACROSS = 4  # images in a row
SIDE_IN, GAP_IN, HEAD_IN = 2.3, 0.13, 0.42
FOOT_IN, ERRORS_IN = 0.5, 1.9
MOST = 8
#: Smallest error that the lower panel shows [m].
LEAST_M = 0.1


def draw_cameras(looks: Sequence[Look]) -> Figure:
    """Draw up to eight images from first to last; below them errors and sigmas of the place.

    Parameters
    ----------
    looks : sequence of Look
        One or more, in the order of their times.
    """
    chosen = pick(looks)
    rows = -(-len(chosen) // ACROSS)
    places = [look for look in looks if look.use in PLACES and look.sigma_m is not None]
    errors_in = ERRORS_IN + FOOT_IN if places else 0.0
    high_in = rows * (SIDE_IN + HEAD_IN) + errors_in
    figure = canvas(WIDTH_IN, high_in)
    for number_, look in enumerate(chosen):
        row, column = divmod(number_, ACROSS)
        left = GAP_IN + column * (SIDE_IN + GAP_IN)
        bottom = high_in - (row + 1) * (SIDE_IN + HEAD_IN) + 0.04
        box = (left / WIDTH_IN, bottom / high_in, SIDE_IN / WIDTH_IN, SIDE_IN / high_in)
        draw_look(figure.add_axes(box), look)
    if places:
        box = (0.07, FOOT_IN / high_in, 0.9, (ERRORS_IN - 0.35) / high_in)
        draw_places(figure.add_axes(box), places)
    return figure


def pick(looks: Sequence[Look]) -> list[Look]:
    """Return up to eight looks: the last for hazards, and others evenly over the descent."""
    kept = [look for look in looks if look.use == Use.HAZARDS][-1:]
    others = [look for look in looks if look.use != Use.HAZARDS]
    room = MOST - len(kept)
    if len(others) > room:
        others = [others[i * (len(others) - 1) // (room - 1)] for i in range(room)]
    return sorted([*kept, *others], key=lambda look: look.time_s)


def draw_look(axes: Axes, look: Look) -> None:
    """Draw one image: yellow what was believed, red what was not."""
    rows, columns = look.image.shape
    axes.imshow(look.image, cmap="gray", vmin=0, vmax=max(int(look.image.max(initial=0)), 1))
    for used, colour in ((False, VERMILION), (True, YELLOW)):
        at = look.found_px[look.used == used] / look.scale
        if len(look.outlines_px) == len(look.used):
            rims = look.outlines_px[look.used == used] / look.scale
            axes.add_collection(LineCollection(list(rims), colors=colour, linewidths=0.7))
            continue
        axes.scatter(at[:, 0], at[:, 1], s=9, facecolors="none", edgecolors=colour, linewidths=0.7)
    axes.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5), xticks=[], yticks=[])
    axes.grid(visible=False)
    high = look.height_m
    height = number(high * 1e-3, 1, "km") if high >= 1e3 else number(high, 0, "m")
    head = f"{number(look.time_s, 0, 's')}, {height}: {look.use}"
    axes.set_title(f"{head}\n{look.verdict}", fontsize=7.5, fontweight="normal")


def draw_places(axes: Axes, looks: Sequence[Look]) -> None:
    """Draw the place's error on the map after each image, beside 3 sigma against the Moon."""
    t = np.array([look.time_s for look in looks])
    sigma = np.array([3.0 * (look.sigma_m or np.nan) for look in looks])
    error = np.array([np.nan if look.error_m is None else look.error_m for look in looks])
    off = np.array([np.nan if look.off_m is None else np.hypot(*look.off_m) for look in looks])
    axes.semilogy(t, np.maximum(sigma, LEAST_M), color=BLUE, label="3 sigma, with the map's shift")
    marks = (
        (off, GREY, "image less estimate before it"),
        (error, ORANGE, "error on the map after it"),
    )
    for values, colour, label in marks:
        axes.plot(t, np.maximum(values, LEAST_M), ".", color=colour, markersize=4, label=label)
    axes.set(xlabel="time since initiation (s)", ylabel="place (m)")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda metres, _: f"{metres:g}"))
    low, high = axes.get_ylim()
    axes.set_ylim(low, 4.0 * high)  # room for the key
    axes.legend(loc="upper right", ncols=3)
