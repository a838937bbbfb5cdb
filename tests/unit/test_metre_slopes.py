"""Slopes over 5 m of places known by posts of 3.8 km: published medians, drawn ground, rasters."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from farside.cli.main import main
from farside.ground import Ground
from farside.mission import load_mission
from farside.mission.new import new_mission
from farside.survey.metre_slopes import (
    DEVIATIONS_M,
    OFF_BY,
    CraterSlopes,
    median_slope,
    metre_slope,
)
from farside.survey.new_site import site_values

PLAN = load_mission("chang-e-6")
SERENITY, FAR_SIDE = (28.0, 17.5), (-20.0, 250.0)
DATA = Path(__file__).parents[3] / "shared" / "data"


def degrees(tangent):
    return math.degrees(math.atan(tangent))


def test_over_17_m_it_has_the_medians_of_the_laser_altimeter():
    """Rosenburg et al. 2011: 2.0 deg in maria, 7.5 in the highlands; 0.76 and 0.95 from there."""
    mare, highland = DEVIATIONS_M
    assert degrees(median_slope(mare, 17.0)) == pytest.approx(2.0, abs=1e-9)
    assert degrees(median_slope(highland, 17.0)) == pytest.approx(7.5, abs=1e-9)
    for nu, hurst in ((mare, 0.76), (highland, 0.95)):
        at = [median_slope(nu, lag) for lag in (170.0, 17.0, 5.0)]
        assert math.log10(at[0] / at[1]) == pytest.approx(hurst - 1.0)
        # Cai & Fa 2020: 0.9 over metres, in both
        assert math.log(at[2] / at[1]) / math.log(5.0 / 17.0) == pytest.approx(-0.1)


def test_it_rises_with_relief_but_not_in_proportion():
    nus = np.geomspace(0.3, 110.0, 60)
    slopes = np.array([degrees(median_slope(float(nu))) for nu in nus])
    assert np.all(np.diff(slopes) >= 0.0)
    # 370 times the relief; the law before made 0.06 to 21 deg of it
    assert slopes[0] == pytest.approx(2.26, abs=0.01)
    assert slopes[-1] < 17.5
    assert slopes[nus < DEVIATIONS_M[0]] == pytest.approx(slopes[0])


def test_without_craters_the_gradient_is_rayleighs():
    bare = CraterSlopes([], (0.01, 0.12))
    for sigma in (0.01, 0.1):
        assert bare.median_of(sigma) == pytest.approx(
            sigma * math.sqrt(2.0 * math.log(2.0)), rel=2e-3
        )
        assert bare.sigma_of(bare.median_of(sigma)) == pytest.approx(sigma, rel=3e-3)
        assert bare.share_below(2.0 * sigma, sigma) == pytest.approx(1.0 - math.exp(-2.0), abs=2e-3)


def slopes_of(plan, seed, count, side_m=40.0, lag=50):
    """Return slopes [tangents] over 5 m of squares of drawn ground, 0.1 m from post to post."""
    ground, out = Ground(plan, seed=seed), []
    for u, v in np.random.default_rng(seed).normal(0.0, 900.0, (count, 2)):
        z = ground.patch(float(u), float(v), 0.5 * side_m).heights.astype(float)
        east, north = z[:-lag, lag:] - z[:-lag, :-lag], z[lag:, :-lag] - z[:-lag, :-lag]
        out.append(np.hypot(east, north).ravel()[::53] / 5.0)
    return np.concatenate(out)


def moved(place, **ground):
    values = {key: value for key, (value, _) in site_values(PLAN, *place).items()}
    plan = PLAN.replace({key: values[key] for key in values if key.startswith(("site", "ground"))})
    return replace(plan, ground=replace(plan.ground, **ground))


def test_drawn_ground_of_a_mare_has_the_median_that_is_said():
    """Serenity: 2.3 deg over 5 m, though its craters alone make 4.1 deg rms."""
    said = metre_slope(PLAN.ground, *SERENITY)
    assert said.kind == "mare"
    found = degrees(np.median(slopes_of(moved(SERENITY), 1, 24)))
    print(f"said {said.drawn_deg:.2f}, found {found:.2f} deg")
    assert said.drawn_deg == pytest.approx(2.26, abs=0.05)
    assert found == pytest.approx(said.drawn_deg, rel=0.2)


@pytest.mark.slow
def test_drawn_ground_of_the_highlands_has_it_too():
    said = metre_slope(PLAN.ground, *FAR_SIDE)
    found = [degrees(np.median(slopes_of(moved(FAR_SIDE), seed, 20))) for seed in range(8)]
    print(f"said {said.drawn_deg:.2f}, found {np.mean(found):.2f} deg")
    assert np.mean(found) == pytest.approx(said.drawn_deg, rel=0.15)
    # carried down with 0.80 the field alone would be steeper than that
    assert 0.85 < said.hurst_regional < 0.95


def test_ground_without_craters_has_it_all_from_its_octaves():
    bare = metre_slope(replace(PLAN.ground, crater_density=0.0), *SERENITY)
    assert bare.drawn_deg == pytest.approx(bare.median_deg, rel=0.01)
    # 2.26 deg in the median is 1.92 rms along one axis
    assert bare.slope_5m_deg == pytest.approx(1.92, abs=0.05)
    assert bare.slope_5m_deg > 2.0 * metre_slope(PLAN.ground, *SERENITY).slope_5m_deg


def test_what_is_drawn_is_said_where_craters_alone_are_steeper():
    many = metre_slope(replace(PLAN.ground, crater_density=0.3), *SERENITY)
    assert many.drawn_deg > 1.5 * many.median_deg
    # the least of the octaves, and a field that is left as it was
    assert (many.octaves_deg, many.hurst_regional) == ((0.0, 0.0), 0.8)
    assert many.slope_5m_deg == pytest.approx(0.5)


def test_a_new_mission_says_where_it_is_from_and_how_far_it_may_be_off():
    values = site_values(PLAN, *SERENITY)
    slope, source = values["ground.slope_5m_deg"]
    text = new_mission("there", given=values, without=("observers",))
    said = " ".join(line.removeprefix("# ") for line in text.split("\n"))
    assert source in said
    assert f"slope_5m_deg = {slope}\n" in text
    assert "3.8 km from post to post" in source and "a mare" in source
    assert "2.3 deg over 5 m, median; 0.8 to 3.8 are likely (90 %)" in source
    assert max(map(len, text.split("\n"))) <= 100


def test_the_command_warns_of_ground_too_steep(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["mission", "new", "steep", "--site", "-60", "150"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("warning: ground: half of it slopes by 9.2 deg and more over 5 m")
    assert main(["mission", "new", "level", "--site", "28", "17.5"]) == 0
    assert "warning" not in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_dir(), reason="the rasters are not there")
def test_rasters_cut_to_posts_of_3_8_km_are_within_what_is_said():
    """GLD100 over 474 m, its resolution: squares of 15 km, predicted over measured."""
    from studies.metre_slopes import RASTERS, raster_ratios

    for name, posting, step in RASTERS:
        ratios = raster_ratios(DATA / name, posting, step)[round(474.0 / posting)]
        low, half, high = np.percentile(ratios, [5, 50, 95])
        print(f"{name}: {half:.2f}, {low:.2f} to {high:.2f}")
        assert 0.9 < half < 1.4
        assert 1.0 / OFF_BY[1] < low
        assert high < OFF_BY[0]
