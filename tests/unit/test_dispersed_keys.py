"""Keys of a mission file that are dispersed: the draws, the refusals, and a campaign of them."""

import numpy as np
import pytest
from flown_campaign import blind_task, serial
from scipy import stats

from farside.campaign import plan_campaign, read_campaign, replay
from farside.campaign.columns import columns
from farside.campaign.task import fly_run
from farside.flight import land
from farside.flight.inputs import drawn_inputs, input_specs, mission_of, nominal_inputs, quantile_of
from farside.mission import MissionError, load_mission, parse_mission
from farside.mission.dispersed_keys import DEVIATIONS
from farside.sensors.constant_errors import CONSTANT_ERRORS

MISSION = load_mission("chang-e-6")
TILT, TRIES = "phases[hover].tilt_limit_deg", "guidance.polynomial.first_tries"
BRAKE, ISP = "guidance.hover.brake_mps2", "vehicle.engine.isp_s"


def dispersed(*rows):
    return MISSION.replace("dispersions.keys", list(rows))


def row(key, three_sigma=None, **more):
    return {"key": key, **({} if three_sigma is None else {"three_sigma": three_sigma}), **more}


TWO = dispersed(row(BRAKE, 0.06), row(ISP, distribution="uniform", half_width=3.0))


def test_a_file_has_them_and_a_mission_writes_them():
    text = MISSION.to_toml()
    rows = f'''
[[dispersions.keys]]
key = "{BRAKE}"
three_sigma = 0.06
[[dispersions.keys]]
key = "{ISP}"
distribution = "uniform"
half_width = 3
'''
    assert parse_mission(text + rows) == TWO
    assert parse_mission(TWO.to_toml()) == TWO


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([row("guidance.hover.brake", 0.1)], r"unknown key; did you mean brake_mps2\?"),
        ([row("phases[hoover].limit_s", 0.1)], r"no such row; choose braking, "),
        ([row("guidance.hover", 0.1)], "guidance.hover holds no number"),
        ([row("hazards.stand", 0.1)], "hazards.stand holds no number"),
        ([row("orbit.apolune_altitude_m.x", 0.1)], "unknown key"),
        ([row("vehicle.engine.throttle_low_n", 0.1)], "is not given; give the value"),
        ([row(BRAKE, -0.1)], "three_sigma: -0.1 must be at least 0"),
        ([row(BRAKE, 0.3)], r"leave the range \(guidance.hover.brake_mps2: .* must be above 0"),
        ([row(TRIES, 21)], r"leave the range \(.*first_tries: -1 must be at least 0"),
        (
            [row("avoidance.safe_probability", 0.1)],
            r"leave the range \(avoidance.fallback_prob.* above",
        ),
        ([row("dispersions.position_m.three_sigma", 1.0)], "is a distribution itself"),
        ([row("sensors.imu.gyro_bias_dph", 0.01)], "is a distribution itself"),
        ([row(BRAKE, 0.1), row(BRAKE, 0.05)], "dispersed twice"),
        ([row(BRAKE)], "three_sigma: missing"),
        ([{"three_sigma": 1.0}], "key: missing"),
        ([row(3, 1.0)], "3 must be a text"),
    ],
)
def test_a_key_that_cannot_be_dispersed_is_refused_in_one_line(rows, says):
    with pytest.raises(MissionError, match=rf"^chang-e-6: dispersions.keys\[.*{says}") as why:
        dispersed(*rows)
    assert "\n" not in str(why.value)


def test_the_deviations_are_those_of_the_constant_errors():
    """Each constant error is drawn with a figure of [sensors], and that is not dispersed too."""
    for key in DEVIATIONS:
        wider = MISSION.replace(key, 0.123).sensors
        assert any(error.sigma_of(wider) == 0.123 for error in CONSTANT_ERRORS)
    tight = MISSION.replace(dict.fromkeys(DEVIATIONS, 0.0)).sensors
    assert not any(error.sigma_of(tight) for error in CONSTANT_ERRORS)


def test_each_is_an_input_behind_the_others_and_shifts_none_of_them():
    assert [spec.name for spec in input_specs(TWO)[-2:]] == [BRAKE, ISP]
    assert [spec.unit for spec in input_specs(TWO)[-2:]] == ["m/s^2", "s"]
    plain, drawn = drawn_inputs(MISSION, 5, 3), drawn_inputs(TWO, 5, 3)
    assert np.array_equal(drawn.values[:-2], plain.values)
    assert drawn_inputs(dispersed(row(BRAKE, 0.06)), 5, 3)[BRAKE] == drawn[BRAKE]
    assert 0.0 < abs(drawn[BRAKE]) <= 0.06 and 0.0 < abs(drawn[ISP]) <= 3.0


def test_a_normal_ends_at_three_sigma():
    spread = input_specs(TWO)[-2].distribution
    twin = stats.truncnorm(-3.0, 3.0, scale=0.02)
    for share in (1e-9, 0.02, 0.5, 0.9, 1.0 - 1e-9):
        assert quantile_of(spread, share) == pytest.approx(twin.ppf(share), rel=1e-7, abs=1e-12)
    nothing = input_specs(dispersed(row(BRAKE, 0.0)))[-1].distribution
    assert quantile_of(nothing, 1e-9) == 0.0


def test_the_mission_that_is_flown_has_the_drawn_values():
    mission = dispersed(row(BRAKE, 0.06), row(TRIES, 6.0), row("phases[hover].altitude_m", 3.0))
    inputs = drawn_inputs(mission, 1, 0)
    flown = mission_of(mission, inputs)
    assert flown.guidance.hover.brake_mps2 == MISSION.guidance.hover.brake_mps2 + inputs[BRAKE]
    assert flown.guidance.polynomial.first_tries == round(20 + inputs[TRIES])
    assert flown.dispersions.keys == ()
    assert mission_of(mission, nominal_inputs(mission)) == MISSION
    assert mission_of(MISSION, nominal_inputs(MISSION)) is MISSION


@pytest.mark.slow
def test_a_campaign_has_them_as_inputs_and_replays_them(tmp_path):
    serial(plan_campaign(TWO, 2, seed=2, sampling="plain", imaging=False), tmp_path / "a")
    flown = read_campaign(tmp_path / "a")
    names = {column.name: column for column in columns(flown.mission)}
    assert names[f"input_{BRAKE}"].unit == "m/s^2"
    for run in range(2):
        held, inputs = flown.row(run), drawn_inputs(TWO, 2, run)
        assert held["outcome"] == "landed"
        assert held[f"input_{BRAKE}"] == inputs[BRAKE] and held[f"input_{ISP}"] == inputs[ISP]
    assert replay(flown, 1).same
    # the engine has what was drawn: the same flight otherwise takes other propellant
    plain = land(MISSION, seed=2, run=1, imaging=False).propellant_kg
    taken = flown.row(1)["propellant_kg"]
    assert taken != plain and taken == pytest.approx(plain, rel=0.02)


def test_draws_that_break_a_rule_together_are_a_run_that_is_not_flown():
    fallback, safe = "avoidance.fallback_probability", "avoidance.safe_probability"
    mission = dispersed(row(fallback, 0.03), row(safe, 0.003), row(BRAKE, 0.06))
    inputs = nominal_inputs(mission)
    inputs.values[-3:-1] = 0.03, -0.02
    refused, landing = fly_run(mission, blind_task(0), 1, inputs)
    assert landing is None and refused["outcome"] == "not_flown"
    assert refused["error"].startswith("MissionError: chang-e-6: avoidance.fallback_probability: ")
    assert refused[f"input_{fallback}"] == 0.03
