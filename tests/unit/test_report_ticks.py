"""Ticks that are drawn together: matplotlib's picture, and matplotlib's ticks for who asks."""

import numpy as np
import pytest
from matplotlib.axes import Axes

from farside.report import ticks
from farside.report.style import canvas, figure_style
from farside.report.ticks import TickedAxes

BOXES = (0.1, 0.55, 0.35, 0.3), (0.6, 0.55, 0.35, 0.3), (0.1, 0.1, 0.8, 0.3)


def ticked(axes_class):
    """Draw axes with every look of ticks that a figure of ours has; return it and its pixels."""
    figure = canvas(6.0, 4.0)
    with figure_style():
        for i, box in enumerate(BOXES):
            axes = figure.add_axes(box, axes_class=axes_class, facecolor="none")
            axes.plot([1.0, 2.0, 4.0], [-3e6, 5.0, 2.5e6])
            axes.set(xlabel="time, s", ylabel=("", "height, m", "up, m")[i], title="title")
            axes.tick_params(labelbottom=i != 1)
        axes.set_yscale("log")
        axes.set_ylim(0.3, 4e6)
        axes.set_xlim(4.0, 0.0)
        axes.yaxis.set_label_coords(-0.05, 0.5)
    figure.canvas.draw()
    return figure, np.asarray(figure.canvas.buffer_rgba()).copy()


def test_ticks_drawn_together_make_the_same_picture():
    figure, pixels = ticked(TickedAxes)
    assert isinstance(figure.axes[0].xaxis, ticks._X)
    assert (pixels == ticked(Axes)[1]).all()


def test_ticks_that_are_asked_for_are_matplotlibs_own():
    for before in (True, False):
        made = []
        for axes_class in (TickedAxes, Axes):
            figure = ticked(axes_class)[0]
            for axes in figure.axes[:2]:
                for label in axes.get_xticklabels():
                    label.set_rotation(30.0)
                axes.xaxis.get_major_ticks()[0].label1.set_color("red")
            if before:
                assert [each.get_text() for each in figure.axes[0].get_xticklabels()]
            figure.canvas.draw()
            box = figure.get_tightbbox(figure.canvas.get_renderer())
            made.append((np.asarray(figure.canvas.buffer_rgba()).copy(), box.bounds))
        assert (made[0][0] == made[1][0]).all() and made[0][1] == pytest.approx(made[1][1])
