"""The figure of docs/architecture.md is drawn from the imports as they stand."""

import sys

from page_blocks import ROOT

sys.path.insert(0, str(ROOT / "docs" / "_ext"))
import architecture


def test_the_figure_is_that_of_the_sources():
    drawn = architecture.draw()
    assert drawn == architecture.FIGURE.read_text("utf-8"), "python docs/_ext/architecture.py"


def test_an_arrow_leads_to_a_lower_floor():
    pairs = architecture.imports()
    floors = architecture.walls.FLOORS
    assert {("flight", "avoidance"), ("guidance", "terrain"), ("cli", "report")} <= pairs
    assert all(floors[a] > floors[b] for a, b in pairs)
