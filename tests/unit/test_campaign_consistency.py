"""NEES in a campaign: its columns, its statistics on draws that are known, and its section."""

import numpy as np
import pytest
from sample_campaign import campaign_of, sample_columns

from farside.campaign.columns import columns
from farside.campaign.page.campaign_page import render_campaign
from farside.campaign.page.consistency import consistency_figure
from farside.campaign.statistics import summarise
from farside.campaign.statistics.consistency import consistency, nees_band
from farside.campaign.statistics.flights import flights_of
from farside.flight.consistency import CONTACT, NeesWatch, nees_columns
from farside.flight.wiring import wire
from farside.mission import load_mission


def with_nees(runs, scale=1.0, seed=2):
    """Return a campaign whose errors are `scale` times what their covariance says."""
    rng = np.random.default_rng(seed)
    held = sample_columns(runs)
    for name, _, _ in nees_columns():
        held[name] = scale**2 * rng.chisquare(3, runs)
    return campaign_of(held)


def test_the_band_of_200_flights_is_the_one_asked():
    assert nees_band(200) == pytest.approx((2.67, 3.35), abs=0.01)


@pytest.mark.slow
def test_a_right_filter_is_inside_and_one_that_trusts_itself_outside():
    right = consistency(flights_of(with_nees(200)))
    wrong = consistency(flights_of(with_nees(200, 1.2)))
    assert len(right) == len(nees_columns())
    assert np.mean([each.inside for each in right]) > 0.8
    assert not any(each.inside for each in wrong)


def test_flights_that_never_came_to_an_epoch_are_left_out():
    held = sample_columns(10)
    held["nees_velocity_300_s"] = np.array([3.0] * 4 + [np.nan] * 6)
    held["nees_velocity_contact"] = np.array([2.0] * 1 + [np.nan] * 9)
    (only,) = consistency(flights_of(campaign_of(held)))
    assert (only.flights, only.mean, only.epoch) == (4, 3.0, "300_s")
    assert (only.low, only.high) == nees_band(4)


def test_the_page_has_a_section_where_there_are_columns_and_none_where_not():
    campaign, plain = with_nees(60), campaign_of(sample_columns(60))
    page = render_campaign(campaign, "folder", summarise(campaign))
    assert "How well it knew where it was" in page
    assert "gyro bias" in page
    assert "How well it knew" not in render_campaign(plain, "folder", summarise(plain))


def test_a_summary_says_of_each_mean_whether_it_is_inside():
    told = summarise(with_nees(200, 1.2)).to_dict()["consistency"]
    assert [each["inside"] for each in told] == [False] * len(nees_columns())


def test_a_figure_names_what_is_outside():
    means = [
        each for each in consistency(flights_of(with_nees(200, 1.2))) if each.block == "position"
    ]
    assert f"outside at {len(means)} of {len(means)} epochs" in consistency_figure(means)


def test_a_flight_fills_its_columns_as_it_goes():
    mission = load_mission("chang-e-6")
    names = [column.name for column in columns(mission)]
    assert {name for name, _, _ in nees_columns()} <= set(names)
    flight = wire(mission, seed=1, nominal=False, dems=(), imaging=False, flat=True)
    watch = NeesWatch(flight)
    flight.advance(1999)
    watch("braking", 0.1)
    assert np.isnan(watch.row()["nees_position_20_s"])
    flight.advance(1)
    watch("braking", 0.1)
    row = watch.row()
    assert 0.0 < row["nees_attitude_20_s"] < 30.0
    assert np.isnan(row["nees_position_100_s"])
    assert np.isnan(row[f"nees_position_{CONTACT}"])
