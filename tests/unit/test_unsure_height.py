"""Ground whose height is known badly: what is flown, at what speed, and when a contact counts."""

import math

import numpy as np
import pytest
from sample_pilot import COM_M, MISSION, TABLE, core, estimate, one, run

from farside.guidance import GuidanceMode, Reason

GM, ROW_MPS = TABLE["gm"], 1.5
KEYS = MISSION.guidance.unsure


def weight(mass_kg, height_m):
    d = TABLE["radius_m"] + height_m + COM_M
    return mass_kg * GM / d**2


def searching_mps(height_m, mass_kg, sigma_m):
    """Return the speed downwards of docs/decisions/062, written a second time."""
    seconds = TABLE["exhaust_mps"] * math.log(mass_kg / TABLE["mass_dry_kg"])
    seconds /= weight(mass_kg, height_m) / mass_kg
    needed = (height_m + KEYS.sigmas * sigma_m) / (KEYS.slow_share * seconds)
    return min(max(needed, ROW_MPS), KEYS.rate_mps)


@pytest.mark.parametrize(
    ("height_m", "kg_left", "sigma_m"),
    [(60.0, 300.0, 40.0), (0.0, 200.0, 60.0), (-30.0, 150.0, 70.0), (20.0, 60.0, 80.0)],
)
def test_the_band_is_searched_as_slowly_as_the_propellant_allows(height_m, kg_left, sigma_m):
    """Thrust is the weight at just that speed: less where it is slower, more where faster."""
    mass = TABLE["mass_dry_kg"] + kg_left
    wanted = searching_mps(height_m, mass, sigma_m)
    found = []
    for faster in (-0.1, 0.0, 0.1):
        e = estimate(
            r_site=[0.0, 0.0, height_m + COM_M], v_site=[0.0, 0.0, -wanted - faster],
            mass_kg=mass, height_sigma_m=sigma_m,
        )  # fmt: skip
        found.append(run(core("descend", "fall", "settle"), e, 1)["thrust_n"][0])
    # 5 N: 2 mm/s; the turning Moon holds up 1e-4 of the weight, and T changes by it
    assert found[1] == pytest.approx(weight(mass, height_m), abs=5.0)
    assert found[0] < found[1] - 100.0 and found[2] > found[1] + 100.0


@pytest.mark.parametrize("sigma_m", [0.0, 0.5, 9.0])
def test_a_height_that_is_known_leaves_the_rows_rate(sigma_m):
    e = estimate(r_site=[0.0, 0.0, 20.0 + COM_M], v_site=[0.0, 0.0, -ROW_MPS], mass_kg=2000.0,
                 height_sigma_m=sigma_m)  # fmt: skip
    thrust = run(core("descend", "fall", "settle"), e, 1)["thrust_n"][0]
    assert thrust == pytest.approx(weight(2000.0, 20.0), abs=1.0)


@pytest.mark.parametrize(("sigma_m", "stops"), [(0.5, False), (40.0, True)])
def test_a_contact_counts_where_the_ground_may_be(sigma_m, stops):
    """The ground lies 100 m higher than estimated, within three times 40 m."""
    pilot = core("descend", "fall", "settle")
    e = estimate(r_site=[0.0, 0.0, 100.0 + COM_M], v_site=[0.0, 0.0, -ROW_MPS],
                 height_sigma_m=sigma_m)  # fmt: skip
    run(pilot, e, 100)
    e["contact"] = 1
    assert bool(run(pilot, e, 3, 100)["phase"].max()) is stops


def falling(sigma_m):
    return estimate(r_site=[-900.0, 0.0, 2000.0 + COM_M], v_site=[30.0, 0.0, -40.0],
                    mass_kg=2100.0, height_sigma_m=sigma_m)  # fmt: skip


def test_no_plan_that_brakes_late_is_flown_over_unknown_ground():
    pilot = core("approach", "descend", "fall")
    sure = run(core("approach", "descend", "fall"), falling(1.0), 40)[-1]
    unsure = run(pilot, falling(100.0), 40)[-1]
    assert sure["link"] in (GuidanceMode.OPTIMAL, GuidanceMode.CONSTRAINED)
    assert unsure["link"] == GuidanceMode.POLYNOMIAL and unsure["reason"] == Reason.UNSURE
    # 300 m of doubt under 2000 m: it brakes at once, the plan falls first
    assert unsure["thrust_n"] > 1.5 * sure["thrust_n"]
    # heard again: the plan is flown
    again = run(pilot, falling(1.0), 40, 40)[-1]
    assert again["link"] in (GuidanceMode.OPTIMAL, GuidanceMode.CONSTRAINED)


def test_rows_up_to_a_scan_fly_as_they_are():
    """A scan has ranges of its own, and sees hazards from its height."""
    sure = run(core("approach", "hover", "descend"), falling(1.0), 40)
    unsure = run(core("approach", "hover", "descend"), falling(100.0), 40)
    assert sure.tobytes() == unsure.tobytes()


def test_a_place_out_of_reach_is_not_chased_to_the_ground():
    """6 m up, 4 s: from rest to rest at 0.2 m/s^2 in 4 s is 0.8 m; a hover's 2 m are held."""
    lean = []
    for off_m in (1.0, 2.0, 20.0, 150.0):
        e = estimate(r_site=[off_m, 0.0, 6.0 + COM_M], v_site=[0.0, 0.0, -ROW_MPS])
        lean.append(one(core("descend", "fall", "settle"), 0, e)["direction_site"][0])
    assert lean[0] == pytest.approx(0.5 * lean[1], rel=0.02)
    # the vertical itself leans by 150 m / 1737 km
    assert np.allclose(lean[1:], lean[1], atol=2e-4)
