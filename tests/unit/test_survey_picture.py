"""The picture of a survey: words whole and apart at any shape of map, unknown ground apart."""

from dataclasses import replace

import matplotlib
import numpy as np
import pytest
from layout import layout_faults
from sample_ground import ground

from farside.mission import load_mission
from farside.report.style import RC
from farside.survey import survey
from farside.survey.picture import MOST_SITES, draw

MISSION = load_mission("chang-e-6")
LONG = "a $file$ <of> a_name_that_is_longer_than_any_page_" * 4 + ".tif"


def holed():
    heights = ground(210, 260).copy()
    heights[:60, :90] = np.nan
    return heights


SURVEYS = {
    "fine": lambda: survey(ground(210, 260), 0.1, MISSION, sigma_m=0.01),
    "with a hole": lambda: survey(holed(), 0.1, MISSION, sigma_m=0.01),
    "forty sites": lambda: survey(ground(500, 700), 0.1, MISSION, sigma_m=0.01, sites=40),
    "tall": lambda: survey(ground(500, 90), 0.1, MISSION, sigma_m=0.01),
    "wide and flat": lambda: survey(np.zeros((90, 900), np.float32), 0.1, MISSION),
    "coarse": lambda: survey(holed(), 30.0, MISSION),
}


def drawn(found):
    with matplotlib.rc_context(RC):
        return draw(found)


@pytest.mark.slow
@pytest.mark.parametrize("name", SURVEYS)
def test_words_are_whole_and_apart(name):
    found = SURVEYS[name]()
    for called in (found.name, LONG):
        figure = drawn(replace(found, name=called))
        assert not layout_faults(figure), called
        title = " ".join(text.get_text() for text in figure.texts if text.get_weight() == "bold")
        # wrapped, not shortened, and no formula
        assert called.replace(" ", "") in title.replace(" ", "")


def test_more_sites_than_lines_are_counted():
    found = SURVEYS["forty sites"]()
    words = "\n".join(text.get_text() for text in drawn(found).texts)
    assert len(found.sites) > MOST_SITES
    assert f"and {len(found.sites) - MOST_SITES} more on the map" in words


def test_ground_without_heights_is_left_open_and_hatched():
    found = SURVEYS["with a hole"]()
    figure = drawn(found)
    verdict = figure.axes[0]
    image = np.asarray(verdict.images[0].get_array())
    assert verdict.patch.get_hatch() and figure.axes[1].patch.get_hatch()
    # of 54 600 cells 5400 have no height, and a few more do in the sample's own hole
    hidden = image[..., 3] == 0.0
    assert hidden.mean() == pytest.approx(1.0 - found.known_share, abs=1e-6)
    words = [text.get_text() for text in figure.texts]
    assert "no height 10 %, counted above" in words


def test_all_known_ground_has_no_key_for_what_is_not():
    figure = drawn(SURVEYS["wide and flat"]())
    assert not any("no height" in text.get_text() for text in figure.texts)
