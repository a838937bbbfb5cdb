"""Measures the words of a figure: what is cut off, and what lies over what."""

from itertools import combinations

from matplotlib.text import Text

#: Words may touch by this much [px] of boxes that hold more than the ink.
TOUCH_PX = 1.5
#: Outside by less than this is the box's margin, not ink [px].
EDGE_PX = 1.0


def _ticks(axis):
    """Return the labels of an axis that are in view."""
    low, high = sorted(axis.get_view_interval())
    slack = 1e-9 * max(high - low, abs(high), abs(low))
    for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
        if low - slack <= tick.get_loc() <= high + slack:
            yield from (tick.label1, tick.label2)
    yield from (axis.label, axis.offsetText)


def words(figure):
    """Return every text that is drawn, with its axes (None: the figure's own)."""
    found = [(text, None) for text in figure.texts]
    for legend in figure.legends:
        found += [(text, None) for text in legend.get_texts()]
    for axes in figure.axes:
        mine = [axes.title, axes._left_title, axes._right_title, *axes.texts]
        if axes.axison:
            mine += [*_ticks(axes.xaxis), *_ticks(axes.yaxis)]
        if axes.get_legend() is not None:
            mine += axes.get_legend().get_texts()
        found += [(text, axes) for text in mine]
    assert all(isinstance(text, Text) for text, _ in found)
    return [(t, a) for t, a in found if t.get_visible() and t.get_text().strip()]


def layout_faults(figure):
    """Return a line for each text of a figure that is cut off or lies over another."""
    # places every text as drawing does, without the pixels
    figure.draw_without_rendering()
    pen = figure.canvas.get_renderer()
    page = figure.bbox
    boxes = [(text, axes, Text.get_window_extent(text, pen)) for text, axes in words(figure)]
    faults = []
    for text, axes, box in boxes:
        within = (
            page.x0 - EDGE_PX <= box.x0 and box.x1 <= page.x1 + EDGE_PX
            and page.y0 - EDGE_PX <= box.y0 and box.y1 <= page.y1 + EDGE_PX
        )  # fmt: skip
        clipped = text.get_clip_on() and axes is not None and text in axes.texts
        if clipped and not axes.bbox.overlaps(box):
            continue  # outside the axes altogether: not drawn
        if not within:
            faults.append(f"cut by the page: {text.get_text()!r}")
        frame = axes.bbox if clipped else None
        if frame is not None and (
            box.x0 < frame.x0 - EDGE_PX or box.x1 > frame.x1 + EDGE_PX
            or box.y0 < frame.y0 - EDGE_PX or box.y1 > frame.y1 + EDGE_PX
        ):  # fmt: skip
            faults.append(f"cut by its axes: {text.get_text()!r}")
    for (a, axes_a, box_a), (b, axes_b, box_b) in combinations(boxes, 2):
        # numbers of sites and contours lie where the ground has them
        if axes_a is not None and axes_a is axes_b and axes_a.images:
            if a in axes_a.texts and b in axes_b.texts:
                continue
        wide = min(box_a.x1, box_b.x1) - max(box_a.x0, box_b.x0)
        high = min(box_a.y1, box_b.y1) - max(box_a.y0, box_b.y0)
        if min(wide, high) > TOUCH_PX:
            faults.append(f"{a.get_text()!r} over {b.get_text()!r}")
    return faults
