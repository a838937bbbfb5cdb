"""Heights that contradict each other, silence and false contacts, each in a flight of Chang'e 6."""

from functools import cache

import numpy as np
import pytest

from farside.flight import land
from farside.navigation import Trust

RANGE, HEIGHT = 1, 5


@cache
def flown(*faults):
    return land("chang-e-6", seed=1, imaging=False, faults=list(faults))


def lands_softly(landed):
    """Return whether it came down at 3.8 m/s at most; what rock lies there nobody has looked."""
    fell = landed.outcome not in ("landed", "belly_struck")
    return not fell and landed.touchdown.vertical_speed_mps > -3.8


@pytest.mark.slow
@pytest.mark.parametrize(
    "line",
    [
        "altimeter bias 50 from 600 s",
        "altimeter bias -20 from 600 s",
        "altimeter bias -80 from 600 s",
        "altimeter drift 0.5 from 600 s",
    ],
)
def test_the_touchdown_sensor_outvotes_an_altimeter_that_is_off(line):
    """It begins to be heard at its range, 30 m; the estimate is tens of metres from there."""
    landed = flown(line)
    assert lands_softly(landed)
    rows = landed.telemetry
    low = rows[(rows["height_m"] < 20.0) & (rows["height_m"] > 3.0) & (rows["flags"] & 1 == 0)]
    assert np.abs(low["est_height_m"] - low["height_m"]).max() < 1.0
    # a drift that is below either gate may name the one that is right: 2 of 5 seeds (decision 075)
    if "drift" not in line:
        assert (low["trust"][:, HEIGHT] == Trust.TRUST_BELIEVED).mean() > 0.9


@pytest.mark.slow
@pytest.mark.parametrize("mission", ["chang-e-6", "chang-e-4", "apollo-11"])
def test_hills_are_no_faults(mission):
    """No altimeter that is whole is rejected above the last seconds; decision 063."""
    for seed in range(3):
        landed = land(mission, seed=seed, imaging=False)
        spans = [s for s in landed.health if s.unit == "altimeter" and s.state == "rejected"]
        assert [s for s in spans if s.from_s < landed.duration_s - 15.0] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("line", "named_s"),
    [
        ("altimeter scale 1.05 from 400 s", 401.0),
        ("altimeter scale 1.5 from 400 s", 401.0),
        ("altimeter scale 0.7 from 400 s", 401.0),
        ("altimeter bias -80 from 400 s", 401.0),
        ("altimeter sign from 300 s", 301.0),
        # noise that ground could have is told late: where the way between two looks is short
        ("altimeter noise 10 from 300 s", 790.0),
    ],
)
def test_an_altimeter_that_is_no_ground_is_named_and_survived(line, named_s):
    landed = flown(line)
    assert landed.touchdown.vertical_speed_mps > -3.8
    spans = [s for s in landed.health if s.unit == "altimeter" and s.state == "rejected"]
    assert spans and spans[0].from_s < named_s


@pytest.mark.slow
@pytest.mark.parametrize(
    "line",
    [
        "height bias 10 from 0 s",
        "height bias -10 from 0 s",
        "height bias -3 from 0 s",
        "height bias 3 from 0 s",
        "height zero from 0 s",
        "height stuck below 17 m",
        "height silent from 0 s",
    ],
)
def test_a_touchdown_sensor_that_is_off_does_not_move_the_estimate(line):
    landed = flown(line)
    assert lands_softly(landed)
    rows = landed.telemetry
    low = rows[(rows["height_m"] < 17.0) & (rows["height_m"] > 5.0) & (rows["flags"] & 1 == 0)]
    # 3.1 m of ground off the map's level in this flight, with or without the fault
    off = low["est_r_site"][:, 2] - low["r_site"][:, 2]
    assert np.ptp(off) < 1.0
    named = low["trust"][:, HEIGHT] != Trust.TRUST_BELIEVED
    assert named.mean() > 0.9


@pytest.mark.slow
def test_a_sensor_that_never_spoke_is_named():
    """An altimeter of 30 km should be heard from 15 km down, less three sigma; nominally it is."""
    silent, good = flown("altimeter silent from 0 s").telemetry, flown().telemetry
    named = np.flatnonzero(silent["trust"][:, RANGE] == Trust.TRUST_SILENT)[0]
    due = np.flatnonzero(silent["height_m"] + 3.0 * silent["nav_height_sigma_m"] < 14_500.0)[0]
    # half a kilometre for the altitude's own error; a second of silence, seen at 10 Hz
    assert named <= due + 130 and silent["height_m"][named] < 15_000.0
    assert not (good["trust"][:70_000, RANGE] == Trust.TRUST_SILENT).any()
    # the touchdown sensor: from 24 m down, less three sigma, and before the cut-off
    rows = flown("height silent from 0 s").telemetry
    named = np.flatnonzero(rows["trust"][:, HEIGHT] == Trust.TRUST_SILENT)[0]
    assert 15.0 < rows["height_m"][named] < 24.0
    assert not (good["trust"][:, HEIGHT] == Trust.TRUST_SILENT).any()


def test_a_contact_in_flight_costs_nothing():
    """All switches closed for a second at 300 s, under thrust: mass and place are as without."""
    good, bad = flown(), flown("contact flag from 300 s for 1 s")
    assert abs(bad.touchdown.miss_m - good.touchdown.miss_m) < 5.0
    for rows in (good.telemetry, bad.telemetry):
        off = rows["est_mass_kg"][60_000] - rows["mass_kg"][60_000]
        assert abs(off) < 15.0
    # 1 s of it is 2.5 kg: the thrust commanded is within 2 % of that flown
    assert bad.telemetry["est_mass_kg"][30_200] == pytest.approx(
        good.telemetry["est_mass_kg"][30_200], abs=0.06
    )


@pytest.mark.slow
def test_guidance_is_told_the_heights_sigma():
    """Of the filter, with the ground's share; larger while the touchdown sensor is missed."""
    rows = flown().telemetry
    told, own = rows["est_height_sigma_m"], rows["nav_height_sigma_m"].astype(float)
    assert told == pytest.approx(np.hypot(own, 0.45), rel=1e-5)
    rows = flown("height silent from 0 s").telemetry
    assert rows["est_height_sigma_m"][rows["height_m"] < 10.0].min() >= 6.0


@pytest.mark.slow
@pytest.mark.parametrize(
    "line", ["altimeter scale 0.7 in approach", "altimeter scale 1.3 in approach"]
)
def test_a_scanned_site_s_level_follows_a_height_that_is_put_right(line):
    """The site was placed from an estimate tens of metres off; 7 m/s at contact where it stays."""
    landed = land("chang-e-6", seed=3, faults=[line])
    assert lands_softly(landed)
    rows = landed.telemetry
    low = rows[(rows["height_m"] < 10.0) & (rows["height_m"] > 3.0)]
    # the centre of mass is 1 to 3 m above the base
    above = low["est_r_site"][:, 2] - low["target_site"][:, 2] - low["height_m"]
    assert above.min() > -4.0 and above.max() < 8.0
