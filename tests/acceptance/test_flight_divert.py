"""Diverts from the hover, at rest or on the move, near or far: all end on the site, and gently."""

import math

import numpy as np
import pytest

from farside.ext.loop._flight import Event
from farside.flight.wiring import wire
from farside.mission import load_mission


def divert(mission, away_m, azimuth_deg, aside=False):
    """Fly over flat ground, and give a site so far from the hover: its miss [m], speeds, seconds.

    With `aside` the hover is first moved 25 m another way, and the site given meanwhile.
    """
    flight = wire(load_mission(mission), seed=1, nominal=False, dems=(), imaging=True, flat=True)
    site, moving = None, 0
    while (event := flight.loop.run(1 if moving else 2000)) != Event.EVENT_ENDED:
        moving = max(moving - 1, 0)
        if event == Event.EVENT_FULL:
            flight.grow()
        if site is not None or (event != Event.EVENT_SCAN and not moving == 1):
            continue
        here = flight.flown[-1]["est_r_site"]
        if aside:
            flight.autopilot.retarget((here[0] + 25.0, here[1], 0.0), final=False)
            aside, moving = False, 1200  # 12 s: by then it moves at more than 1 m/s
            continue
        azimuth = math.radians(azimuth_deg)
        site = here[:2] + away_m * np.array([math.sin(azimuth), math.cos(azimuth)])
        flight.autopilot.retarget((site[0], site[1], 0.0))
    tick, touched = flight.loop.touchdown
    at = flight.flown[tick]["est_r_site"][:2]
    began = dict(zip(*np.unique(flight.flown["phase"], return_index=True), strict=True))
    return (
        float(np.hypot(*(at - site))),
        float(np.hypot(touched["v_site"][0], touched["v_site"][1])),
        0.01 * float(began[5] - began[4]),
    )


@pytest.mark.slow
@pytest.mark.parametrize("mission", ["chang-e-6", "chang-e-4"])
@pytest.mark.parametrize("away_m", [0.0, 15.0, 25.0, 36.0, 60.0])
def test_a_divert_ends_on_its_site(mission, away_m):
    """36 m is a corner of the map, 60 m one of the map before a sidestep."""
    for azimuth_deg in (20.0, 140.0, 260.0):
        miss_m, speed_mps, _ = divert(mission, away_m, azimuth_deg)
        assert miss_m < 0.3
        assert speed_mps < 0.1


@pytest.mark.parametrize("azimuth_deg", [90.0, 270.0])
def test_a_divert_begun_on_the_move_ends_on_its_site(azimuth_deg):
    """Onwards, or back against the way that it is going."""
    miss_m, speed_mps, _ = divert("chang-e-6", 25.0, azimuth_deg, aside=True)
    assert miss_m < 0.3
    assert speed_mps < 0.1


@pytest.mark.slow
def test_a_far_site_takes_longer_and_a_near_one_the_time_of_the_table():
    near, far = (divert("chang-e-6", away_m, 90.0)[2] for away_m in (5.0, 60.0))
    assert near == pytest.approx(21.0, abs=0.2)  # 22 s, handed over 1 s early
    assert far > near + 5.0


@pytest.mark.parametrize("heading_deg", [-60.0, 30.0, 200.0])
def test_a_site_may_come_with_a_heading(heading_deg):
    """Body x points there at first contact, to a degree."""
    mission = load_mission("chang-e-6")
    flight = wire(mission, seed=2, nominal=False, dems=(), imaging=True, flat=True)
    while (event := flight.loop.run(2000)) != Event.EVENT_ENDED:
        if event == Event.EVENT_SCAN:
            here = flight.flown[-1]["est_r_site"]
            site = (here[0] + 10.0, here[1] - 5.0, 0.0)
            flight.autopilot.retarget(site, heading_rad=math.radians(heading_deg))
    w, x, y, z = flight.loop.touchdown[1]["q_site_body"]
    east, north = 1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y + w * z)
    off = math.degrees(math.atan2(east, north)) - heading_deg
    assert abs((off + 180.0) % 360.0 - 180.0) < 1.0
    assert flight.loop.ended_how["rest"]
