"""Rare campaigns and stress tests: what is flown, kept, gone on with and flown again."""

import json
import math

import numpy as np
import pytest
from scipy.stats import norm
from tests.support.fake_flights import MASS_KG, MIDDLE_KG, NOISE_KG, FormulaExecutor
from tests.support.flown_campaign import bits

from farside.campaign import CampaignError, plan_campaign, replay
from farside.campaign.rare import find_failure, fly_rare, plan_rare, read_rare
from farside.campaign.rare.flights import FlownRows
from farside.campaign.rare.margin import margin_of
from farside.campaign.rare.moves import own_streams
from farside.campaign.rare.sensitivity import plane_of
from farside.campaign.statistics.flights import Flights
from farside.campaign.task import fly_task, task_of
from farside.cli.main import main
from farside.flight import land
from farside.flight.flight_file import read_flight
from farside.flight.inputs import drawn_inputs
from farside.flight.standard_inputs import (
    drawn_normals,
    inputs_of_normals,
    log_likelihoods,
    spread_specs,
    values_of_normals,
)
from farside.mission import MissionError, load_mission, mission_text, parse_mission

SPREAD_KG = math.hypot(MASS_KG, NOISE_KG)
#: Of which 1e-4 are left with less.
LIMIT_KG = float(MIDDLE_KG - SPREAD_KG * norm.isf(1e-4))
OF = (f"propellant_left={LIMIT_KG!r}",)


def plan(samples=200, **options):
    return plan_rare("surveyor-1", samples=samples, of=OF, imaging=False, **options)


@pytest.fixture(scope="module")
def flown(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rare") / "whole"
    return folder, fly_rare(plan(), folder, FormulaExecutor(), workers=1)


@pytest.mark.slow
def test_probability_by_cause_and_driver(flown):
    folder, found = flown
    estimate = found.estimate
    assert estimate.low < 1e-4 < estimate.high
    assert estimate.evaluations < 1500
    assert [cause.name for cause in found.causes] == ["propellant_left"]
    assert found.causes[0].probability == pytest.approx(estimate.probability)
    assert "where" in found.causes[0].text
    # nine tenths of the variance are one input's
    assert found.drivers[0].name == "mass_percent"
    assert found.drivers[0].importance > 0.9
    assert found.drivers[0].failing_sigma > 2.5
    told = json.loads((folder / "result.json").read_text())
    assert told["probability"] == estimate.probability
    # the same points say how probable less of a shortage is: 2 % at two sigma
    scale = 1.4826 * np.median(np.abs(_left(found)[:200] - np.median(_left(found)[:200])))
    at_two = (MIDDLE_KG - 2.0 * SPREAD_KG - LIMIT_KG) / scale
    assert norm.sf(2.0) / 2.0 < estimate.below(at_two) < 2.0 * norm.sf(2.0)
    assert estimate.below(0.0) == pytest.approx(estimate.probability)


def _left(found):
    return found.table["propellant_left_kg"].to_numpy()


@pytest.mark.slow
def test_the_same_rows_by_any_workers_and_after_a_break(flown, tmp_path):
    _, whole = flown
    many = fly_rare(plan(), tmp_path / "many", FormulaExecutor(), workers=3)
    assert bits(many.table) == bits(whole.table)
    with pytest.raises(CampaignError, match="memory"):
        fly_rare(plan(), tmp_path / "broken", FormulaExecutor(most=5), workers=2)
    with pytest.raises(CampaignError, match="--resume"):
        fly_rare(plan(), tmp_path / "broken", FormulaExecutor(), workers=1)
    rest = FormulaExecutor()
    again = fly_rare(plan(), tmp_path / "broken", rest, workers=1, resume=True)
    assert bits(again.table) == bits(whole.table)
    assert again.to_dict() == whole.to_dict()
    assert 0 < len(rest.rows) < whole.estimate.evaluations


@pytest.mark.slow
def test_another_campaign_is_refused(flown, tmp_path):
    folder, _ = flown
    for other, word in (
        (plan(samples=100), "samples"),
        (plan(seed=1), "seed"),
        (plan_rare("surveyor-1", samples=200, imaging=False), "requirements"),
    ):
        with pytest.raises(CampaignError, match=word):
            fly_rare(other, folder, FormulaExecutor(), workers=1, resume=True)
    (tmp_path / "letter.txt").write_text("x")
    with pytest.raises(CampaignError, match="not empty"):
        fly_rare(plan(), tmp_path, FormulaExecutor(), workers=1)
    with pytest.raises(CampaignError, match=r"rare\.json"):
        read_rare(tmp_path)


@pytest.fixture(scope="module")
def stressed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stress") / "s"
    return folder, find_failure(plan(samples=100), folder, FormulaExecutor(), workers=1)


@pytest.mark.slow
def test_the_likeliest_failure_of_a_plane_is_its_nearest_point(stressed):
    folder, found = stressed
    # mass alone: (20 - limit) / 3 less what lucky noise gives; beta of both is 3.72
    beta = (MIDDLE_KG - LIMIT_KG) / MASS_KG
    assert 2.0 < found.distance_sigma < 1.1 * beta
    assert found.inputs[0].name == "mass_percent"
    assert found.inputs[0].share > 0.8
    assert found.nominal - found.log_likelihood == pytest.approx(
        0.5 * found.distance_sigma**2, rel=1e-9
    )
    assert found.typical < found.nominal
    flight = read_flight(folder / "flight.json", mission_text("surveyor-1"))
    assert flight == found.flight
    assert flight.inputs["mass_percent"] == found.inputs[0].value


def test_a_failure_that_is_not_met_is_one_line(tmp_path):
    with pytest.raises(CampaignError, match="rarer than"):
        find_failure(plan(samples=50), tmp_path / "s", FormulaExecutor(alike=True), workers=1)


def test_normals_stand_for_the_inputs_of_a_campaign():
    for name in ("surveyor-1", "chang-e-6"):
        mission = load_mission(name)
        drawn = drawn_inputs(mission, 5, 3)
        u = drawn_normals(mission, 5, 3)
        assert u.shape == (len(spread_specs(mission)),)
        stood = inputs_of_normals(mission, u)
        assert np.allclose(stood.values, drawn.values, rtol=1e-11, atol=1e-14)
    with pytest.raises(ValueError, match="give"):
        values_of_normals(mission, u[None, :3])


def test_log_likelihood_is_that_of_the_distributions():
    text = mission_text("clps")
    mission = parse_mission(text).replace(
        {
            "dispersions.mass_percent": {"distribution": "uniform", "half_width": 2.0},
            "dispersions.isp_percent": {"distribution": "triangular", "half_width": 1.0},
        }
    )
    specs = spread_specs(mission)
    u = np.zeros(len(specs))
    names = [spec.name for spec in specs]
    nominal = log_likelihoods(mission, values_of_normals(mission, u[None]))[0]
    for name, expected in (
        ("thrust_percent", -0.5 * 1.5**2),
        ("mass_percent", 0.0),
        # the share Phi(1.5) lies at 1 - sqrt(2 (1 - Phi)) of the half width
        ("isp_percent", 0.5 * math.log(2.0 * norm.sf(1.5))),
    ):
        moved = u.copy()
        moved[names.index(name)] = 1.5
        there = log_likelihoods(mission, values_of_normals(mission, moved[None]))[0]
        assert there - nominal == pytest.approx(expected, abs=1e-9), name


def test_a_plane_is_found_through_noise():
    rng = np.random.default_rng(2)
    u = rng.normal(size=(500, 6))
    slopes = np.array([1.0, -0.5, 0.0, 0.0, 0.2, 0.0])
    height, found = plane_of(u, 2.0 + u @ slopes + 0.1 * rng.normal(size=500))
    assert height == pytest.approx(2.0, abs=0.03)
    assert np.allclose(found, slopes, atol=0.03)


@pytest.mark.parametrize("of", [("nothing",), ("tilt=x",), ("tilt", "tilt=3"), ("tilt=",)])
def test_requirements_that_there_are_not(of):
    with pytest.raises(CampaignError, match="of '"):
        margin_of(load_mission("surveyor-1"), False, of)


def test_margins_order_flights_and_agree_with_success():
    pa = pytest.importorskip("pyarrow")
    mission = load_mission("surveyor-1")
    most = mission.touchdown.vertical_speed_mps
    good = {
        "touchdown_vertical_speed_mps": -0.5 * most,
        "touchdown_horizontal_speed_mps": 0.1,
        "touchdown_tilt_deg": 0.1,
        "touchdown_rate_dps": 0.1,
        "touchdown_rest_tilt_deg": 1.0,
        "touchdown_ground_slope_deg": 1.0,
        "touchdown_ground_roughness_m": 0.01,
        "propellant_left_kg": 5.0,
    }
    flown = [
        good | {"outcome": "landed", "safe": True},
        good | {"outcome": "landed", "safe": False, "touchdown_vertical_speed_mps": -1.1 * most},
        good | {"outcome": "crashed", "safe": False, "touchdown_vertical_speed_mps": -300.0},
        good | {"outcome": "belly_struck", "safe": False},
        good | {"outcome": "crashed", "safe": False, "touchdown_vertical_speed_mps": math.nan},
        good | {"outcome": "out_of_propellant", "safe": False, "propellant_left_kg": 0.0},
    ]
    table = pa.Table.from_pylist([{"run": i} | row for i, row in enumerate(flown)])
    margin, flights = margin_of(mission, False), Flights(table)
    values = margin.values(flights)
    scales = np.ones(values.shape[1])
    least = margin.least(flights, values, scales)
    assert least[0] > 0.0
    assert (least[1:] < 0.0).all()
    # the harder it fell the further it is from safe
    assert least[1] == pytest.approx(-0.1 * most)
    assert least[4] == -np.inf < least[2] == pytest.approx(most - 300.0)
    assert margin.broken(flights, values, scales).tolist() == [
        "landed",
        "vertical_speed",
        "vertical_speed",
        "belly_struck",
        "vertical_speed",
        "propellant_left",
    ]
    only = margin_of(mission, False, ("propellant_left",))
    held = only.values(flights)
    assert (only.least(flights, held, np.ones(1)) < 0.0).tolist() == [False] * 5 + [True]
    # a margin is counted in its own spread
    assert only.scales(np.array([[1.0], [2.0], [4.0]])) == pytest.approx(1.4826, rel=1e-4)


@pytest.mark.slow
def test_a_steered_flight_is_the_flight_of_its_inputs_and_streams(tmp_path):
    rare = plan_rare("surveyor-1", samples=50, imaging=False, seed=3)
    mission = rare.plan.mission
    rows = FlownRows.__new__(FlownRows)
    rows.rare = rare
    first = rows.first()
    batch = type(first)(7, first.u[:2], np.array([[4, 4], [4, 9]]))
    values = values_of_normals(mission, batch.u)
    result = fly_task(rows.task(batch, values, range(7, 9)))
    folder = tmp_path / "rare"
    from farside.campaign.folder import keep
    from farside.campaign.rare.plan import write_plan

    write_plan(folder, rare, resume=False)
    keep(folder, result)
    kept = read_rare(folder)
    own, other = kept.row(7), kept.row(8)
    # what they differ in is the ground and the first draw of inputs
    landing = land(
        mission,
        seed=3,
        run=4,
        ground_run=9,
        inputs=inputs_of_normals(mission, batch.u[1]),
        imaging=False,
    )
    assert landing.propellant_kg == other["propellant_kg"]
    assert (own["noise_run"], own["ground_run"], other["ground_run"]) == (4, 4, 9)
    again = replay(kept, 8)
    assert again.same, again.differing
    # the first level is the campaign of the seed: run 1 to the bit
    plain = fly_task(task_of(plan_campaign("surveyor-1", 2, seed=3, imaging=False), range(1, 2)))
    level = type(first)(1, first.u[1:2], own_streams(range(1, 2), 2))
    values = values_of_normals(mission, level.u)
    same = fly_task(rows.task(level, values, range(1, 2)))
    assert same.outcomes == plain.outcomes
    assert _propellant(same) == _propellant(plain)


def _propellant(result):
    import pyarrow as pa
    from pyarrow import parquet

    return parquet.read_table(pa.BufferReader(result.part))["propellant_kg"].to_pylist()


@pytest.mark.slow
def test_a_flights_file_is_not_taken_on_trust(stressed, tmp_path):
    path, text = tmp_path / "flight.json", mission_text("surveyor-1")
    facts = json.loads((stressed[0] / "flight.json").read_text())
    path.write_text(json.dumps(facts))
    assert read_flight(path, text).inputs_for(load_mission("surveyor-1"))["mass_percent"] > 0.0
    with pytest.raises(MissionError, match="another mission"):
        read_flight(path, mission_text("clps"))
    for change, word in (
        ({"seed": "x"}, "seed"),
        ({"noise_run": -1}, "noise_run"),
        ({"format": 9}, "format"),
        ({"inputs": {"mass_percent": "x"}}, "mass_percent"),
    ):
        path.write_text(json.dumps(facts | change))
        with pytest.raises(MissionError, match=word):
            read_flight(path, text)
    path.write_text("{")
    with pytest.raises(MissionError, match="JSON"):
        read_flight(path, text)
    short = facts | {"inputs": {"mass_percent": 0.1}}
    path.write_text(json.dumps(short))
    with pytest.raises(MissionError, match="another mission"):
        read_flight(path, text).inputs_for(load_mission("surveyor-1"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["campaign", "--rare", "--runs", "9"], "--runs and --rare"),
        (["campaign", "--samples", "90", "--runs", "9"], "give --rare"),
        (["campaign", "--rare", "--of", "speed"], "vertical_speed"),
        (["campaign", "--rare", "--resume"], "--out"),
        (["stress", "no-such-mission"], "no-such-mission"),
        (["land", "--inputs", "no.json", "--seed", "1"], "--seed"),
        (["land", "--inputs", "no.json"], "no.json"),
    ],
)
def test_bad_input_is_one_line(words, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1
