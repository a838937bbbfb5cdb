"""What flights say, against published tables, coverage by simulation, and other computations."""

import json
import math

import numpy as np
import pytest
from sample_campaign import campaign_of, fail, sample_campaign, sample_columns, table_of
from scipy import stats

from farside.campaign.statistics import StatisticsError, clopper_pearson, summarise
from farside.campaign.statistics.convergence import prefixes_of, scatter
from farside.campaign.statistics.dispersion import disperse, prediction_scale
from farside.campaign.statistics.drivers import holm, rank_correlations
from farside.campaign.statistics.failures import classify
from farside.campaign.statistics.flights import Flights
from farside.campaign.statistics.percentile import order_bounds, percentile, percentiles
from farside.campaign.statistics.proportion import flights_for, share_of
from farside.mission import load_mission

MISSION = load_mission("chang-e-6")


# ---- shares ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [
        # published exact 95 % limits (Geigy tables; Newcombe 1998, tables I and II)
        (81, 263, 0.2527, 0.3676),
        (15, 148, 0.0578, 0.1617),
        (0, 20, 0.0, 0.1684),
        (1, 29, 0.0009, 0.1776),
        (29, 29, 0.8806, 1.0),
    ],
)
def test_exact_bounds_are_the_published_ones(count, of, low, high):
    assert clopper_pearson(count, of) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize("count", [0, 1, 7, 50, 99, 100])
def test_exact_bounds_are_scipys(count):
    twin = stats.binomtest(count, 100).proportion_ci(0.95, "exact")
    assert clopper_pearson(count, 100) == pytest.approx((twin.low, twin.high), abs=1e-12)
    one_sided = stats.binomtest(count, 100, alternative="greater").proportion_ci(0.95, "exact")
    assert share_of(count, 100).least == pytest.approx(one_sided.low, abs=1e-12)


def test_the_rule_of_three():
    """2995 flights without a failure show 99.9 % at 95 %; 10 000 with four do, with five do not."""
    assert flights_for(0.999) == 2995
    assert share_of(2995, 2995).least >= 0.999 > share_of(2994, 2994).least
    assert share_of(9996, 10_000).least >= 0.999 > share_of(9995, 10_000).least


@pytest.mark.parametrize(("count", "of"), [(-1, 5), (6, 5), (0, 0)])
def test_a_share_that_is_none(count, of):
    with pytest.raises(ValueError, match="is no share"):
        clopper_pearson(count, of)


# ---- percentiles -------------------------------------------------------------------------------


def test_59_flights_bound_the_95th_percentile_one_sided():
    """Wilks' number: the largest of 59 exceeds the 95th percentile with 95 % confidence."""
    assert order_bounds(59, 0.95, 0.90)[1] == 59
    assert order_bounds(58, 0.95, 0.90)[1] == 59  # beyond the sample: none


@pytest.mark.slow
@pytest.mark.parametrize(("flights", "percent"), [(200, 95.0), (1000, 99.0), (60, 50.0)])
def test_bounds_cover_the_true_percentile(flights, percent):
    rng = np.random.default_rng(4)
    true = stats.gamma(3.0).ppf(percent / 100.0)
    inside = below = 0
    trials = 2000
    for _ in range(trials):
        found = percentile(np.sort(rng.gamma(3.0, size=flights)), percent)
        inside += found.low <= true <= found.high
        below += true <= found.bound
    # three standard errors of 2000 trials under the nominal 95 %
    assert inside / trials >= 0.95 - 3.0 * math.sqrt(0.95 * 0.05 / trials)
    assert below / trials >= 0.95 - 3.0 * math.sqrt(0.95 * 0.05 / trials)


def test_what_is_missing_is_the_worst():
    found = percentiles(np.array([1.0] * 99 + [math.nan]))
    assert found[0].value == 1.0 and found[-1].value == math.inf
    left = percentiles(np.array([5.0, 1.0, 3.0]), sense=-1.0)
    assert left[-1].value == 1.0  # nearly all have this much left


# ---- ellipses ----------------------------------------------------------------------------------


def test_an_ellipse_holds_what_it_says():
    rng = np.random.default_rng(8)
    turn = math.radians(30.0)
    trials, held = 400, []
    for _ in range(trials):
        a, b = rng.normal(0.0, 3.0, 41), rng.normal(0.0, 1.0, 41)
        east, north = (
            a * math.sin(turn) - b * math.cos(turn),
            a * math.cos(turn) + b * math.sin(turn),
        )
        found = disperse("the site", east[:40], north[:40])
        e = found.ellipses[1]
        azimuth = math.radians(found.azimuth_deg)
        along = (east[40] - found.east_m) * math.sin(azimuth) + (
            north[40] - found.north_m
        ) * math.cos(azimuth)
        across = (east[40] - found.east_m) * math.cos(azimuth) - (
            north[40] - found.north_m
        ) * math.sin(azimuth)
        held.append((along / e.major_m) ** 2 + (across / e.minor_m) ** 2 <= 1.0)
    assert np.mean(held) == pytest.approx(0.95, abs=3.0 * math.sqrt(0.95 * 0.05 / trials))


def test_its_axes_and_azimuth_are_those_of_the_draws():
    rng = np.random.default_rng(9)
    a, b = rng.normal(0.0, 3.0, 200_000), rng.normal(0.0, 1.0, 200_000)
    turn = math.radians(30.0)
    found = disperse(
        "the site", a * math.sin(turn) - b * math.cos(turn), a * math.cos(turn) + b * math.sin(turn)
    )
    assert found.azimuth_deg == pytest.approx(30.0, abs=0.5)
    outer = found.ellipses[1]
    assert outer.major_m == pytest.approx(3.0 * math.sqrt(stats.chi2(2).ppf(0.95)), rel=0.01)
    assert outer.minor_m == pytest.approx(math.sqrt(stats.chi2(2).ppf(0.95)), rel=0.01)
    assert outer.enclosed.share == pytest.approx(0.95, abs=0.003)
    assert prediction_scale(10**7, 0.5) == pytest.approx(
        math.sqrt(stats.chi2(2).ppf(0.5)), rel=1e-5
    )


def test_touchdowns_on_a_line_have_no_ellipse():
    line = np.arange(10.0)
    assert disperse("the site", line, 2.0 * line) is None
    assert disperse("the site", line[:3], line[:3] ** 2) is None


# ---- drivers -----------------------------------------------------------------------------------


def test_partial_correlations_are_those_of_residuals():
    """Ranks regressed on all other ranks by least squares, and what is left correlated."""
    rng = np.random.default_rng(2)
    inputs = rng.normal(size=(300, 4))
    inputs[:, 3] += 0.7 * inputs[:, 0]
    outcome = np.exp(inputs[:, 0] - 0.5 * inputs[:, 1]) + 0.3 * rng.normal(size=300)
    found = rank_correlations(inputs, outcome)
    ranks, y = stats.rankdata(inputs, axis=0), stats.rankdata(outcome)
    for j in range(4):
        others = np.column_stack([np.ones(300), np.delete(ranks, j, axis=1)])
        left = [v - others @ np.linalg.lstsq(others, v, rcond=None)[0] for v in (ranks[:, j], y)]
        assert found.partial[j] == pytest.approx(np.corrcoef(*left)[0, 1], abs=1e-10)
        assert found.spearman[j] == pytest.approx(
            stats.spearmanr(inputs[:, j], outcome).statistic, abs=1e-12
        )
    assert found.low[0] < found.partial[0] < found.high[0]


def test_inputs_that_do_nothing_are_seldom_called_drivers():
    rng = np.random.default_rng(3)
    alarms = 0
    for _ in range(200):
        found = rank_correlations(rng.normal(size=(100, 10)), rng.normal(size=100))
        alarms += bool((holm(found.p) < 0.05).any())
    # 5 % of 200, and three standard errors
    assert alarms <= 10 + 3.0 * math.sqrt(10.0)


def test_holm_is_the_textbooks():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert math.isnan(holm([math.nan, 0.01])[0]) and holm([math.nan, 0.01])[1] == 0.01


def test_the_drivers_of_the_sample_are_found():
    said = summarise(sample_campaign(2000))
    driven = {each.outcome: each for each in said.driven}
    assert [d.input for d in driven["propellant"].drivers[:3]] == [
        "mass_percent", "isp_percent", "thrust_percent",
    ]  # fmt: skip
    assert all(d.significant for d in driven["propellant"].drivers[:3])
    assert not any(d.significant for d in driven["miss"].drivers)
    # 4 kg^2 of noise in 130; ranks of normals are no linear sum, and lose some of the rest
    assert 0.90 <= driven["propellant"].explained <= 126.0 / 130.0


# ---- failures, convergence, all of it ----------------------------------------------------------


def test_every_failure_has_a_class_and_a_run():
    columns = sample_columns(200)
    fail(columns, 3, "crashed", touchdown_vertical_speed_mps=-20.0)
    fail(columns, 5, "out_of_propellant")
    fail(columns, 7, "tipped", touchdown_ground_slope_deg=15.0)
    fail(columns, 9, touchdown_ground_roughness_m=0.3)
    fail(columns, 11, touchdown_ground_roughness_m=0.3, site_truth_has_safe_point=False,
         site_least_bad=True)  # fmt: skip
    fail(columns, 13, "not_flown", error="no braking solution")
    campaign = campaign_of(columns)
    said = summarise(campaign)
    found = {each.name: each for each in said.failures}
    assert said.success.count == 194
    assert sum(each.flights.count for each in said.failures) == 6
    assert found["out_of_propellant"].runs == (5,)
    assert found["tipped_on_slope"].runs == (7,)
    assert found["unsafe_disc_chosen"].runs == (9,)
    assert found["least_bad_site"].runs == (11,)
    assert found["not_flown"].says == ("no braking solution",)
    good = np.ones(200, bool)
    good[[3, 5, 7, 9, 11, 13]] = False
    named = classify(Flights(campaign.table), MISSION, good)
    assert all((name == "") == bool(won) for name, won in zip(named, good, strict=True))


def test_a_limit_broken_is_no_success_even_if_marked_safe():
    columns = sample_columns(100)
    columns["touchdown_tilt_deg"][4] = MISSION.touchdown.tilt_deg + 0.1
    columns["touchdown_rate_dps"][6] = math.nan
    assert summarise(campaign_of(columns)).success.count == 98


def test_a_wide_miss_on_safe_ground_is_remarked_and_counts():
    columns = sample_columns(100)
    columns["touchdown_miss_m"][8] = 1.4
    said = summarise(campaign_of(columns))
    assert said.success.count == 100
    assert {each.name: each.runs for each in said.remarks}["wide_miss"] == (8,)


def test_prefixes_grow_to_the_whole():
    assert prefixes_of(100) == (32, 64, 100)
    said = summarise(sample_campaign(100))
    assert [each.flights for each in said.convergence] == [32, 64, 100]
    assert said.convergence[-1].success == said.success


def test_failures_that_cluster_are_told_from_those_that_do_not():
    rng = np.random.default_rng(1)
    alone = rng.random(3200) > 0.05
    together = np.ones(3200, bool)
    together[1000:1150] = False
    assert not scatter(alone).clustered
    assert scatter(together).clustered
    assert scatter(np.ones(3200, bool)) is None


def test_a_summary_is_plain_json():
    said = summarise(sample_campaign(64)).to_dict()
    again = json.loads(json.dumps(said, allow_nan=False))
    assert again["success"]["count"] == 64
    assert all(each["met"] for each in again["requirements"])


def test_nothing_flown_and_rows_that_are_none():
    columns = {name: values[:0] for name, values in sample_columns(2).items()}
    with pytest.raises(StatisticsError, match="no flight has been flown"):
        summarise(campaign_of(columns))
    strange = sample_campaign(3)
    with pytest.raises(StatisticsError, match="not the rows of a campaign"):
        summarise(type(strange)(table_of({"x": [1.0]}), strange.mission, strange.manifest))
