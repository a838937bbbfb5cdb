"""A hover without a site ends while the way down is still covered, and not before."""

import math

import pytest
from sample_pilot import COM_M, MISSION, TABLE, core, estimate, one

from farside.mission.moon import GM

DRY_KG = TABLE["mass_dry_kg"]


def way_down_kg(height_m, scale=1.0):
    """Propellant of the rows behind the hover at the weight, half as much again: by bisection."""
    rows = {row.name: row for row in MISSION.phases}
    avoid, descend = rows["avoid"], rows["descend"]
    seconds = avoid.duration_s
    seconds += (avoid.altitude_m - descend.exit_m) / -descend.vertical_speed_mps
    weight = GM / TABLE["radius_m"] ** 2
    burnt = 1.0 - math.exp(-weight * seconds / (TABLE["exhaust_mps"] * scale))
    # m - dry = 1.5 m burnt
    return DRY_KG / (1.0 - 1.5 * burnt) - DRY_KG


@pytest.mark.parametrize("over_kg", [-1.0, 1.0])
def test_a_hover_ends_for_the_way_down(over_kg):
    pilot = core("hover", "avoid", "descend", "fall", "settle", scan=1)
    e = estimate(r_site=[0.0, 0.0, 100.0 + COM_M], mass_kg=DRY_KG + way_down_kg(100.0) + over_kg)
    for k in range(30):
        one(pilot, k, e)
    assert pilot.phase == (0 if over_kg > 0.0 else 1)


def test_the_limit_is_of_the_order_of_what_is_flown():
    """Chang'e 6 takes 40 to 60 s and 40 to 60 kg from its hover down."""
    assert 40.0 < way_down_kg(100.0) < 80.0
