"""Limits in a figure: a thin dashed line with its name, kept inside the axes."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.patheffects import AbstractPathEffect, withStroke

from farside.report.colours import LIMIT
from farside.report.key import text_width_in

#: White around words that stand on lines.
HALO: list[AbstractPathEffect] = [withStroke(linewidth=2.2, foreground="white")]
SIZE_PT, GAP_PT = 7.5, 3.0


def limit_line(
    axes: Axes, value: float, text: str = "", span: Sequence[float] = (), above: bool = True
) -> None:
    """Draw a limit as a thin dashed line, all across or from span[0] to span[1], with its name.

    The name begins where the line does; where it would leave the axes, it ends at their right
    edge. Set the axes' limits of x before.
    """
    look = {"color": LIMIT, "linewidth": 0.9, "linestyle": (0, (4, 2))}
    if span:
        axes.plot(span, (value, value), **look)  # type: ignore[arg-type]
    else:
        axes.axhline(value, **look)  # type: ignore[arg-type]
    if not text:
        return
    left, right = axes.get_xlim()
    start = (span[0] - left) / (right - left) if span else 0.0
    axes_in = axes.bbox.width / axes.figure.dpi
    room_in = (1.0 - start) * axes_in - GAP_PT / 72.0
    fits = text_width_in(text, SIZE_PT) <= room_in
    label = axes.annotate(
        text,
        (start if fits else 1.0, value),
        xycoords=("axes fraction", "data"),
        xytext=(GAP_PT if fits else -GAP_PT, 2 if above else -2),
        textcoords="offset points",
        color=LIMIT,
        fontsize=SIZE_PT,
        ha="left" if fits else "right",
        va="bottom" if above else "top",
    )
    label.set_path_effects(HALO)
