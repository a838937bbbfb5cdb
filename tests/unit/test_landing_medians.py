"""A survey says where its relief below kilometres is not that of the Moon's medians."""

import math

import numpy as np
import pytest

from farside.mission import load_mission
from farside.survey.landing_medians import beside_medians

PLAN = load_mission("chang-e-6")  # nu(474 m) of 10 m
POSTS = np.full((4, 4), 3790.0)


@pytest.mark.parametrize(
    ("deviation_m", "said"),
    [
        # over metres 2.26 deg in maria, 3.89 deg where nu is 10 m, 9.69 deg where it is 62 m
        (2.0, "0.2 times as rough as chang-e-6's ground; the Moon's median slopes make it 0.58"),
        (62.0, "6.2 times as rough as chang-e-6's ground; the Moon's median slopes make it 2.5"),
    ],
)
def test_ground_unlike_the_missions_is_told(deviation_m, said):
    (line,) = beside_medians(PLAN, np.full((4, 4), deviation_m), POSTS)
    assert said in line and ("too low" in line) == (deviation_m > 10.0)


@pytest.mark.parametrize("deviation_m", [4.0, 10.0, 25.0])
def test_ground_like_the_missions_is_not(deviation_m):
    assert beside_medians(PLAN, np.full((4, 4), deviation_m), POSTS) == []


def test_data_of_finer_posts_have_a_law_of_their_own():
    assert beside_medians(PLAN, np.full((4, 4), 62.0), np.full((4, 4), 118.0)) == []


def test_cells_outside_the_region_do_not_count():
    deviation_m = np.full((4, 4), math.nan)
    assert beside_medians(PLAN, deviation_m, POSTS) == []
    deviation_m[1, 2] = 62.0
    assert len(beside_medians(PLAN, deviation_m, POSTS)) == 1
