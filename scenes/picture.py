"""A scene to look at."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from farside.scenes.scene import CELL_M, Scene

_SUN = (-0.54, 0.54, 0.64)  # east, north, up: from the north-west at 40 deg, as atlases light
STYLE = {"axes.grid": False, "figure.dpi": 120}


def draw_hillshade(scene: Scene, path: Path) -> None:
    """Draw the elevation as ground in the light of a low Sun in the north-west.

    Parameters
    ----------
    scene : Scene
        What to draw.
    path : Path
        A .png to write.
    """
    from farside.report.style import canvas, figure_style

    z = scene.elevation_m.astype(np.float64)
    south, east = np.gradient(z, CELL_M)
    light = (_SUN[2] - _SUN[0] * east + _SUN[1] * south) / np.sqrt(1.0 + south**2 + east**2)
    dark, bright = np.nanpercentile(light, (0.5, 99.5))
    with figure_style(STYLE):
        figure = canvas(6.4, 6.8, STYLE, layout="constrained")
        axes = figure.add_subplot()
        axes.set_facecolor("#b5482a")  # unseen
        rows, cols = z.shape
        half_east, half_north = 0.5 * cols * CELL_M, 0.5 * rows * CELL_M
        axes.imshow(
            light, cmap="gray", vmin=dark, vmax=max(bright, dark + 1e-9), interpolation="nearest",
            extent=(-half_east, half_east, -half_north, half_north),
        )  # fmt: skip
        axes.set(xlabel="east [m]", ylabel="north [m]")
        axes.set_title(f"Scene {scene.number}: {scene.sampling}", fontsize=11, loc="left")
        figure.savefig(path)
