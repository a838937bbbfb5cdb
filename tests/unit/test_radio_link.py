"""The margin of a radio link against the sum of its decibels, and what a mission file refuses."""

import math

import numpy as np
import pytest

from farside.mission import MissionError, load_mission, parse_mission
from farside.mission.radio_link import RadioLink

LINK = """
[[links]]
to = "Queqiao-2"
frequency_hz = 8.4e9
power_w = 10.0
rate_bps = 1e4
receiver_db_per_k = 15.0
"""


def with_link(text=LINK):
    return parse_mission(load_mission("chang-e-6").to_toml() + text)


def test_the_margin_is_the_sum_of_its_decibels():
    link = RadioLink(
        to="Earth", frequency_hz=2.2e9, power_w=5.0, rate_bps=2000.0, receiver_db_per_k=22.0,
        gain_dbi=3.0, losses_db=2.0, eb_n0_db=4.5,
    )  # fmt: skip
    distance = np.array([1e6, 16e6, 405e6])
    loss = 20.0 * np.log10(4.0 * math.pi * distance * 2.2e9 / 299792458.0)
    wanted = 10.0 * math.log10(5.0) + 3.0 - loss + 22.0 + 228.5991675 - 2.0 - 4.5
    assert link.margin_db(distance) == pytest.approx(wanted - 33.0103, abs=1e-4)
    # twice as far is 6.02 dB less
    near, far = link.margin_db(np.array([1e6, 2e6]))
    assert near - far == pytest.approx(6.0206, abs=1e-4)


def test_a_link_goes_to_someone_in_the_sky():
    assert with_link().links[0].to == "Queqiao-2"
    with pytest.raises(MissionError, match=r"nobody in the sky; known: Earth, Queqiao-2, Chang'e"):
        with_link(LINK.replace("Queqiao-2", "Queqiao-3"))


def test_two_in_the_sky_have_two_names():
    plan = load_mission("chang-e-6")
    text = plan.to_toml().replace('name = "ICUBE-Q"', 'name = "Queqiao-2"')
    with pytest.raises(MissionError, match="Queqiao-2 is the name of two in the sky"):
        parse_mission(text)


@pytest.mark.parametrize("name", ["Sun", "earth", "Relay", "  "])
def test_nobody_has_the_name_of_something_else(name):
    text = load_mission("chang-e-6").to_toml().replace('name = "ICUBE-Q"', f'name = "{name}"')
    with pytest.raises(MissionError, match="no name of its own in the sky"):
        parse_mission(text)
