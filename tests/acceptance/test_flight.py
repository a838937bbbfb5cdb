"""A landing as a result: its facts, its telemetry, and how flights that go wrong end."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from flown import changed, landing, phases

from farside.campaign import CampaignError, plan_campaign
from farside.flight import land
from farside.flight.landing import OUTCOMES
from farside.flight.telemetry import COLUMNS, ROW, digest
from farside.mission import load_mission
from farside.raster import Dem, RasterError

MISSION = load_mission("chang-e-6")

TOP = (
    "farside",
    "mission",
    "seed",
    "outcome",
    "safe",
    "duration_s",
    "propellant_kg",
    "landed_mass_kg",
    "touchdown",
    "site",
    "phases",
    "timing",
    "telemetry_sha256",
)
TOUCHDOWN = (
    "latitude_deg",
    "longitude_deg",
    "elevation_m",
    "vertical_speed_mps",
    "horizontal_speed_mps",
    "tilt_deg",
    "rate_dps",
    "rest_tilt_deg",
    "ground_slope_deg",
    "ground_roughness_m",
    "miss_m",
    "absolute_miss_m",
)
SITE = ("divert_m", "clearance_m", "candidates", "truth_safe_share", "least_bad")
PHASE = (
    "name",
    "start_s",
    "altitude_m",
    "vertical_speed_mps",
    "horizontal_speed_mps",
    "mass_kg",
)


# ---- the facts ---------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    "how", [{"seed": 0}, {"nominal": True}, {"seed": 0, "imaging": False}], ids=str
)
def test_facts_have_the_keys_of_landing_json_and_only_json(how):
    facts = landing(**how).to_dict()
    assert set(TOP) <= set(facts)
    assert set(TOUCHDOWN) <= set(facts["touchdown"])
    assert set(SITE) <= set(facts["site"])
    assert all(set(PHASE) <= set(phase) for phase in facts["phases"])
    assert {"count", "p50", "p99", "p99_9", "max"} <= set(facts["timing"]["tick_us"])
    assert {"hazard_map_ms", "slips"} <= set(facts["timing"])
    assert facts["outcome"] in OUTCOMES
    # No NaN, no infinity, nothing of numpy's: what is written is read back the same.
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts
    if how.get("imaging", True) is False:
        assert facts["site"]["clearance_m"] is None
        assert facts["timing"]["hazard_map_ms"] is None


def test_facts_agree_with_the_telemetry():
    landed = landing(seed=0)
    rows, facts = landed.telemetry, landed.to_dict()
    assert facts["telemetry_sha256"] == digest(rows)
    touched = rows[(rows["flags"] & 1) == 1][0]
    # The flag is up in the first row after the tick of the first contact.
    assert facts["duration_s"] == pytest.approx(touched["tick"] * 0.01, abs=0.011)
    assert facts["landed_mass_kg"] == rows["mass_kg"][-1]
    burned = rows["mass_kg"][0] - rows["mass_kg"][-1]
    assert facts["propellant_kg"] == pytest.approx(burned, abs=1e-6)
    assert facts["timing"]["tick_us"]["count"] == rows["guided"].sum()
    for phase in facts["phases"]:
        row = rows[round(phase["start_s"] * 100.0)]
        assert phase["mass_kg"] == row["mass_kg"]
        assert phase["vertical_speed_mps"] ** 2 + phase["horizontal_speed_mps"] ** 2 == (
            pytest.approx(row["v_site"] @ row["v_site"], rel=1e-12)
        )


def test_place_at_rest_is_where_the_telemetry_ends():
    landed = landing(nominal=True)
    down, site = landed.touchdown, landed.plan.site
    # A degree of latitude is 30.2 km here; the frame is level at the site.
    per_degree = np.pi / 180.0 * landed.radius_m
    north = (down.latitude_deg - site.latitude_deg) * per_degree
    east = (
        (down.longitude_deg - site.longitude_deg)
        * per_degree
        * math.cos(math.radians(site.latitude_deg))
    )
    np.testing.assert_allclose([east, north], landed.telemetry["r_site"][-1, :2], atol=0.05)
    assert 0.0 <= down.longitude_deg < 360.0


def test_safe_is_the_touchdown_limits_and_the_truth_disc():
    landed = landing(seed=0)
    hazards, down = landed.plan.hazards, landed.touchdown
    assert down.ground_slope_deg <= hazards.slope_deg
    assert down.ground_roughness_m <= hazards.obstacle_m
    assert landed.safe


def test_divert_is_from_where_it_hovered():
    landed = landing(seed=0)
    avoid = landed.telemetry[round(phases(landed)["avoid"].start_s * 100.0)]
    chosen = landed.imaging.chosen
    away = np.hypot(*(avoid["est_r_site"][:2] - [chosen.east_m, chosen.north_m]))
    assert landed.site.divert_m == pytest.approx(away, abs=0.5)
    assert landed.site.candidates == len(landed.imaging.sites)
    assert landed.site.clearance_m == pytest.approx(chosen.clearance_m)


# ---- telemetry ---------------------------------------------------------------------------------


def test_telemetry_has_a_row_a_tick_and_only_known_columns():
    rows = landing(seed=0).telemetry
    assert rows.dtype == ROW
    assert rows.dtype.names == tuple(name for name, *_ in COLUMNS)
    np.testing.assert_array_equal(rows["tick"], np.arange(len(rows)))
    # A height above ground is unknown until something measures it, a range until one returns.
    for name in set(ROW.names) - {"est_height_m", "range_m"}:
        assert np.isfinite(rows[name]).all(), name


def test_telemetry_records_truth_and_estimate_both():
    rows = landing(seed=0).telemetry
    wrong = np.linalg.norm(rows["est_r_site"] - rows["r_site"], axis=1)
    assert wrong[0] > 1.0  # knowledge error: 300 m an axis, 3 sigma
    assert (wrong < 3000.0).all()
    # At the hover the velocimeter knows the speed to centimetres.
    hover = rows[rows["phase"] == 3]
    assert np.linalg.norm(hover["est_v_site"] - hover["v_site"], axis=1).max() < 0.2
    # The measured and the true height meet below 30 m: 0.1 m noise, 1 sigma.
    low = rows[(rows["phase"] == 5) & (rows["height_m"] < 20.0)]
    assert np.abs(low["est_height_m"] - low["height_m"]).mean() < 0.2


def test_a_nominal_flight_measures_perfectly():
    rows = landing(nominal=True).telemetry
    np.testing.assert_allclose(rows["est_q_site_body"][1], rows["q_site_body"][1], atol=1e-6)
    hover = rows[rows["phase"] == 3]
    assert np.linalg.norm(hover["est_v_site"] - hover["v_site"], axis=1).max() < 0.05


def test_commands_stay_inside_the_limits():
    engine = MISSION.vehicle.engine
    for how in ({"seed": 0}, {"seed": 1}, {"nominal": True}):
        rows = landing(**how).telemetry
        thrust = rows["cmd_thrust_n"]
        burning = thrust > 0.0
        assert (thrust[burning] >= engine.thrust_min_n).all()
        assert (thrust[burning] <= engine.thrust_max_n).all()
        # From the approach on the thrust stays within the tilt limit; its lag behind the command,
        # and the turn of the local vertical, are small beside 1 deg.
        late = rows[(rows["phase"] >= 2) & burning]
        _, x, y, _ = late["q_site_body"].T
        tilt = np.degrees(np.arccos(np.clip(1.0 - 2.0 * (x * x + y * y), -1.0, 1.0)))
        assert tilt.max() < MISSION.guidance.tilt_limit_deg + 1.0
        # The reference slews at the limit; the lander swings about it. Contact may rock it harder.
        flying = rows[(rows["flags"] & 1) == 0]
        rate = np.degrees(np.linalg.norm(flying["omega_body"], axis=1))
        assert rate.max() < 1.25 * MISSION.guidance.rate_limit_dps
        assert not (rows["status"] == 3).any()  # no bad input from our own navigation


def test_progress_rises_and_names_what_is_done():
    told = []
    land(MISSION, nominal=True, imaging=False, progress=lambda *told_: told.append(told_))
    stages, done = zip(*told, strict=True)
    assert done[0] == 0.0 and done[-1] <= 1.0
    assert list(done) == sorted(done)
    assert {"ground", "braking", "approach"} <= set(stages)


@pytest.mark.parametrize("seed", [-1, -(2**64), 1.5])
def test_an_impossible_seed_is_refused(seed):
    with pytest.raises(ValueError, match=f"seed {seed}"):
        land(MISSION, seed=seed)


@pytest.mark.parametrize("mission", [b"chang-e-6", None, 3])
def test_what_is_no_mission_is_refused_with_the_way_to_one(mission):
    with pytest.raises(TypeError, match=r"is no Mission: give farside.mission.load_mission"):
        land(mission)


@pytest.mark.parametrize("dems", ["a.tif", Path("b.tif"), Dem("c.tif", unit="km"), ["d.tif"]])
def test_one_raster_needs_no_list(dems):
    """Its whole name is asked for, not its first letter."""
    with pytest.raises(RasterError, match=r"[abcd]\.tif: there is no such file"):
        land(MISSION, dems=dems, imaging=False)
    if not isinstance(dems, Dem):
        with pytest.raises(CampaignError, match=r"[abd]\.tif: cannot be read"):
            plan_campaign(MISSION, 1, imaging=False, dems=dems)


# ---- flights that end otherwise ----------------------------------------------------------------


@pytest.mark.slow
def test_out_of_propellant_on_the_way_down_is_told_with_everything():
    """Enough for the braking, too little for the approach."""
    # Chang'e 6 would leave for an orbit on its ascent stage
    short = changed(MISSION, "vehicle", usable_propellant_kg=1700.0).replace("abort.decides", False)
    landed = land(short, seed=1)
    assert landed.outcome == "out_of_propellant" and not landed.safe
    # What the engine's lag leaves running, 0.15 s at 2.5 kg/s, is on top.
    assert 1700.0 <= landed.propellant_kg < 1701.0
    facts = json.loads(json.dumps(landed.to_dict(), allow_nan=False))
    assert set(TOUCHDOWN) <= set(facts["touchdown"])
    assert facts["touchdown"]["vertical_speed_mps"] < -7.6
    assert [phase["name"] for phase in facts["phases"]][:3] == ["braking", "adjust", "approach"]
    assert landed.telemetry["cmd_thrust_n"][-1] >= 0.0
    assert landed.telemetry_sha256 == digest(landed.telemetry)


@pytest.mark.slow
def test_a_touchdown_outside_the_limits_is_not_safe():
    """The same flight, held against a limit that no fall from 2 m can meet."""
    strict = changed(MISSION, "touchdown", vertical_speed_mps=2.0)
    landed = land(strict, seed=1)
    assert landed.outcome == "landed" and not landed.safe
    assert landed.touchdown.vertical_speed_mps < -2.0
    assert landed.touchdown.ground_slope_deg <= MISSION.hazards.slope_deg


@pytest.mark.slow
def test_a_truth_disc_outside_the_limits_is_not_safe():
    """Without eyes the flight is the same, held against an obstacle that any ground has."""
    strict = changed(MISSION, "hazards", obstacle_m=0.005, obstacle_margin_m=0.0)
    landed = land(strict, seed=1, imaging=False)
    assert landed.outcome == "landed"
    assert landed.telemetry_sha256 == landing(seed=1, imaging=False).telemetry_sha256
    assert landed.touchdown.ground_roughness_m > 0.005
    assert not landed.safe


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_nothing_safe_ends_on_the_ground_all_the_same(seed):
    """Hazards of 2 cm are everywhere: sidestep, look again, then the least bad, in time."""
    strewn = changed(MISSION, "hazards", obstacle_m=0.02, obstacle_margin_m=0.0)
    landed = land(strewn, seed=seed)
    site = landed.site
    assert site.least_bad and not landed.safe
    assert site.candidates == 0 and site.map_safe_cells == 0 and not site.truth_has_safe_point
    assert site.scans >= 2
    began = phases(landed)
    hovered = began["avoid"].start_s - began["hover"].start_s
    assert hovered <= MISSION.hazards.hover_limit_s + 5.0
    # It stepped aside to look at other ground.
    hover = landed.telemetry[landed.telemetry["phase"] == 3]["est_r_site"][:, :2]
    assert np.hypot(*(hover - hover[0]).T).max() > 0.5 * MISSION.hazards.sidestep_m
    # The choice says what speaks against it, and is flown as gently as any other.
    assert landed.imaging.chosen.least_bad and landed.imaging.chosen.reasons
    assert landed.outcome == "landed"
    assert -landed.touchdown.vertical_speed_mps <= MISSION.touchdown.vertical_speed_mps
    assert landed.touchdown.horizontal_speed_mps <= MISSION.touchdown.horizontal_speed_mps
    assert landed.touchdown.tilt_deg <= MISSION.touchdown.tilt_deg
