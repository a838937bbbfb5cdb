"""What the gallery asks of its examples: one look, and axes that say what they show."""

from __future__ import annotations

from typing import Any

import matplotlib
import matplotlib.pyplot as plt
from sphinx_gallery.scrapers import matplotlib_scraper

LOOK = {
    "figure.dpi": 110,
    "savefig.dpi": 110,
    "font.size": 9.0,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "legend.frameon": False,
    "image.cmap": "cividis",
    "lines.linewidth": 1.3,
}


def look(config: Any, name: Any) -> None:
    """Give every example the same style, whatever the one before it has set."""
    plt.close("all")
    matplotlib.rcdefaults()
    matplotlib.rcParams.update(LOOK)


def scrape(block: Any, block_vars: Any, config: Any, **kwargs: Any) -> str:
    """Take the figures of a block; one whose axes have no words is an error."""
    for number in plt.get_fignums():
        for axes in plt.figure(number).axes:
            if axes.get_label() == "<colorbar>":  # its axes have the words
                continue
            words = axes.get_xlabel() or axes.get_ylabel() or axes.get_title(loc="left")
            if axes.axison and not words:
                raise ValueError(f"{block_vars['src_file']}: axes without a label")
    return str(matplotlib_scraper(block, block_vars, config, **kwargs))
