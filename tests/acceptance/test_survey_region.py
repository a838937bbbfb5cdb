"""`farside survey`: sites that were flown, walls and shadows, what is written and refused."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin
from tests.support.browser import CHROMIUM, Browser
from tests.support.flown_campaign import reference
from tests.support.small_templates import few_templates

from farside.cli.main import main
from farside.flight import land
from farside.mission import load_mission, parse_mission
from farside.survey import LandingEllipse, SurveyError, save_region, survey_region
from farside.survey.landing_mission import mission_text, site_mission
from farside.survey.landing_survey import LAYERS

CE6, CE4 = (-41.6385, 206.0148), (-45.457, 177.589)
CE6_DATES, CE4_DATES = "2024-06-01..2024-06-03", "2019-01-02..2019-01-05"
MOON = "+proj=longlat +R=1737400 +no_defs"


@pytest.fixture(scope="module", autouse=True)
def _few():
    with few_templates():
        yield


@pytest.fixture(scope="module")
def apollo():
    return survey_region("apollo", "chang-e-6", dates=CE6_DATES)


# ---- what was flown, and what nobody would fly ---------------------------------------------------


@pytest.mark.slow
def test_chang_e_6_landed_among_the_best_of_apollo(apollo):
    # 0.5 % of the basin's cells score higher with all templates
    assert apollo.rank_of(*CE6) < 0.05
    row, col = apollo.cell_at(*CE6)
    assert apollo.layers["probability"][row, col] > 0.9
    # the Sun stood 31 deg high in the morning of 1 June and rose
    assert 25.0 < apollo.layers["sun_elevation_deg"][row, col] < 45.0


@pytest.mark.slow
def test_chang_e_4_landed_among_the_good_of_von_karman():
    found = survey_region("von-karman", "chang-e-4", dates=CE4_DATES, sites=1)
    assert found.link.name == "Queqiao" and any("Queqiao's phase" in note for note in found.notes)
    assert found.layers["link_share"][found.cell_at(*CE4)] == 1.0
    assert found.rank_of(*CE4) < 0.15
    assert found.layers["score"][found.cell_at(*CE4)] > 0.9


@pytest.mark.slow
def test_the_deviation_at_both_sites_is_what_their_files_have_from_other_data(apollo):
    # 10 m by GLD100; the survey extrapolates the 3.8 km DEM
    assert apollo.layers["deviation_474_m"][apollo.cell_at(*CE6)] == pytest.approx(10.0, rel=0.5)


def test_a_wall_is_no_site(apollo):
    slope, score = apollo.layers["slope_deg"], apollo.layers["score"]
    assert np.nanmax(score[slope > 12.0]) < 0.05
    assert np.nanmax(slope) > 20.0
    for site in apollo.sites:
        assert site.layers["slope_deg"] < 3.0


@pytest.mark.slow
def test_the_relays_shadow_is_no_site():
    # Queqiao-2's apolune is over the south; at the north pole it is seen nowhere but on heights
    found = survey_region(
        "85N,0E,100", "chang-e-6", dates="2024-06-01..2024-06-15", sun_deg=(-1.0, 60.0)
    )
    dark = found.layers["link_share"] == 0.0
    assert dark.sum() > 0.5 * found.ground.grid.inside.sum()
    assert (found.layers["score"][dark] == 0.0).all()
    assert np.nanmax(found.layers["probability"][dark]) > 0.05
    assert all(site.layers["link_share"] > 0.0 for site in found.sites)


def test_a_relay_whose_phase_is_known_is_asked_at_its_instants():
    plan = load_mission("chang-e-6").replace(
        {"dispersions.relay_phase_deg": 0.0, "dispersions.relay_node_deg": 0.0}
    )
    found = survey_region("41.6S,154W,40", plan, dates=CE6_DATES, sites=1)
    assert found.link.timed
    row, col = found.cell_at(*CE6)
    assert 0.5 < found.layers["opportunity_share"][row, col] < 1.0
    assert found.sites[0].braking_link_share == 1.0
    assert len(found.sites[0].windows) > 1


@pytest.mark.slow
def test_a_mission_without_a_scan_lands_blind():
    plan = load_mission("apollo-11")
    assert not any(row.scan for row in plan.phases)
    found = survey_region("0.7N,23.5E,20", plan, dates="1969-07-18..1969-07-25", sites=1)
    assert found.link.kind == "earth"
    assert np.array_equal(
        found.layers["probability"], found.layers["blind_probability"], equal_nan=True
    )
    assert any("blind" in note for note in found.notes)


def test_sites_are_apart_ranked_and_inside(apollo):
    assert [site.rank for site in apollo.sites] == list(range(1, len(apollo.sites) + 1))
    scores = [site.score for site in apollo.sites]
    assert scores == sorted(scores, reverse=True) and len(scores) == 10
    grid = apollo.ground.grid
    cells = np.array([(site.row, site.col) for site in apollo.sites])
    for n, cell in enumerate(cells):
        assert grid.inside[tuple(cell)]
        away = np.hypot(*(cells[:n] - cell).T) * grid.cell_m
        assert (away >= 0.99 * apollo.separation_m).all()


def test_a_wider_ellipse_is_never_surer_at_the_best_site(apollo):
    best = apollo.sites[0]
    wide = LandingEllipse(15e3, 15e3).mean_at(
        apollo.layers["scan_probability"].astype(float), apollo.ground.grid, best.row, best.col
    )[0]
    assert wide < best.probability


def test_windows_hold_the_sun_between_its_limits():
    found = survey_region("41.6S,154W,40", "chang-e-6", sun_deg=(10.0, 30.0), sites=2)
    assert found.sites
    for site in found.sites:
        assert 10.0 <= site.sun_elevation_deg <= 30.0
        for window in site.windows:
            assert all(9.9 <= e <= 30.1 for e in window.sun_deg)
            assert window.first <= window.last


# ---- what is written ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def written(apollo, tmp_path_factory):
    folder = tmp_path_factory.mktemp("survey") / "apollo"
    return folder, save_region(apollo, folder)


def test_the_raster_holds_every_layer_with_unit_and_place(apollo, written):
    with rasterio.open(written[0] / "survey.tif") as file:
        assert file.descriptions == tuple(LAYERS)
        assert file.units == tuple(unit for unit, _ in LAYERS.values())
        assert file.profile["tiled"] and np.isnan(file.nodata)
        assert "1737400" in file.crs.to_wkt()
        score = file.read(1)
        row, col = apollo.cell_at(*CE6)
        x, y = file.xy(row, col)
    assert np.array_equal(score, apollo.layers["score"], equal_nan=True)
    longitude, latitude = apollo.ground.grid.geometry.projection.to_degrees(x, y)
    assert latitude == pytest.approx(CE6[0], abs=0.1)
    assert longitude % 360.0 == pytest.approx(CE6[1], abs=0.1)


def test_sites_are_written_as_points_ellipses_and_rows(apollo, written):
    places = json.loads((written[0] / "sites.geojson").read_text())
    kinds = [each["properties"]["kind"] for each in places["features"]]
    assert kinds == ["site", "ellipse"] * len(apollo.sites)
    ring = places["features"][1]["geometry"]["coordinates"][0]
    assert ring[0] == ring[-1]
    with (written[0] / "sites.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert float(rows[0]["score"]) == pytest.approx(apollo.sites[0].score, rel=1e-5)
    facts = json.loads((written[0] / "survey.json").read_text())
    assert facts["mission"] == "chang-e-6" and len(facts["sites"]) == 10
    assert set(facts["layers"]) == set(LAYERS)


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
def test_the_page_works_offline_and_by_keyboard(apollo, written, tmp_path):
    browser = Browser(tmp_path)
    try:
        browser.open(
            (written[0] / "survey.html").as_uri(),
            ready="document.documentElement?.dataset.survey === 'ready'",
        )
        assert not browser.faults
        assert all(url.startswith(("file:", "data:")) for url in browser.requests)
        where = "document.getElementById('where').textContent"
        first = browser.evaluate(where)
        site = apollo.sites[0]
        said = [float(x) for x in first.split(" deg")[0].removeprefix("near ").split(",")]
        assert said == pytest.approx([site.latitude_deg, site.longitude_deg], abs=0.02)
        browser.evaluate("document.getElementById('map').focus()")
        browser.press("ArrowLeft")
        assert browser.evaluate(where) != first
        browser.evaluate("document.querySelectorAll('#sites button')[1].focus()")
        browser.press("Enter")
        browser.evaluate("document.querySelectorAll('#sites button')[1].click()")
        rows = "document.getElementById('numbers').textContent"
        assert f"{apollo.sites[1].elevation_m:.0f} m" in browser.evaluate(rows)
        names = browser.evaluate("[...document.getElementById('layer').options].map(o => o.text)")
        assert len(names) == len(LAYERS)
    finally:
        browser.close()


# ---- from site to flight ------------------------------------------------------------------------


@pytest.mark.slow
def test_a_site_becomes_a_mission_that_lands(apollo, tmp_path):
    text = mission_text(apollo, 1, tmp_path)
    assert 'like = "chang-e-6"' in text
    plan = parse_mission(text)
    site = apollo.sites[0]
    assert plan.site.latitude_deg == pytest.approx(site.latitude_deg, abs=1e-6)
    assert plan.orbit.arrival_azimuth_deg == pytest.approx(site.approaches[0].azimuth_deg, abs=1e-3)
    assert not plan.observers
    assert site_mission(apollo, 1).site == plan.site
    landing = land(plan, seed=1, cameras=False)
    assert landing.safe, landing.outcome
    with pytest.raises(SurveyError, match="10 sites"):
        mission_text(apollo, 11, tmp_path)


# ---- the command, and bad input -----------------------------------------------------------------


@pytest.mark.slow
def test_the_command_writes_a_folder_and_a_mission(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    asked = ["survey", "-41.6,206,40", "--dates", CE6_DATES, "--sites", "2", "--ellipse", "300,200"]
    assert main([*asked, "--write-mission", "1"]) == 0
    said = capsys.readouterr().out
    assert "survey.tif" in said and "fly it with" in said
    missions = list(Path("survey").glob("*.toml"))
    assert len(missions) == 1 and load_mission(missions[0]).name.startswith("chang-e-6-")
    folders = [place for place in Path("survey").iterdir() if place.is_dir()]
    facts = json.loads((folders[0] / "survey.json").read_text())
    assert facts["ellipse"]["sigma_east_m"] == 300.0


@pytest.mark.slow
def test_an_ellipse_is_a_campaigns(tmp_path):
    from farside.campaign import read_campaign
    from farside.cli.survey import _ellipse

    folder = reference()
    facts = tmp_path / "summary.json"
    page = str(tmp_path / "page.html")
    assert main(["summary", str(folder), "--json", str(facts), "--out", page]) == 0
    plan, table = load_mission("chang-e-6"), read_campaign(folder).table
    places = np.stack([table[f"touchdown_{way}_m"].to_numpy() for way in ("east", "north")])
    for text in (str(folder), str(facts)):
        found = _ellipse(text, plan)
        assert found.covariance == pytest.approx(np.cov(places), rel=1e-6)
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(SurveyError, match="no summary"):
        _ellipse(str(tmp_path / "other.json"), plan)


@pytest.mark.slow
def test_where_nothing_is_safe_the_page_says_so(tmp_path, capsys):
    plan = load_mission("chang-e-6").replace("hazards.obstacle_m", 0.031)
    file = tmp_path / "strict.toml"
    file.write_text(plan.to_toml())
    asked = ["survey", "41.6S,154W,30", "--mission", str(file), "--dates", CE6_DATES]
    assert main([*asked, "--out", str(tmp_path / "out")]) == 1
    assert "Nothing is safe" in capsys.readouterr().out
    page = (tmp_path / "out" / "survey.html").read_text()
    assert "No site was found" in page and "Nothing is safe" in page
    assert json.loads((tmp_path / "out" / "survey.json").read_text())["sites"] == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["nowhere"], "no region that is known"),
        (["--bogus"], "No such option: --bogus"),
        (["10S,20E,1"], "less than a cell"),
        (["apollo", "--dates", "2200-01-01..2200-02-01"], "1850 to 2149"),
        (["apollo", "--dates", "2024-06-03..2024-06-01"], "not after the start"),
        (["apollo", "--dates", "yesterday"], "two times"),
        (["apollo", "--ellipse", "400000,10"], "300000"),
        (["10S,20E,20", "--ellipse", "9000,10"], "larger than the region"),
        (["apollo", "--ellipse", "wide"], "two numbers"),
        (["apollo", "--sun", "60", "5"], "lower one first"),
        (["apollo", "--stay", "-1"], "hours after landing"),
        (["apollo", "--sites", "-1"], "number of sites"),
        (["apollo", "--cell", "0"], "above 0"),
        (["apollo", "--link", "radio"], "give one of"),
        (["apollo", "--unit", "km"], "--dem"),
        (["apollo", "--mission", "nobody"], "nobody"),
        (["apollo", "--dem", "missing.tif"], "missing.tif"),
    ],
)
def test_bad_input_is_one_line(options, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["survey", *options]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1 and said in lines[0]
    assert not (tmp_path / "survey").exists()


def raster(path, west, north, size, step, holes=False):
    """Write heights of a cone on a lunar grid of degrees."""
    y, x = np.mgrid[0:size, 0:size].astype(np.float32)
    z = (-4000.0 + 20.0 * np.hypot(x - size / 2, y - size / 2)).astype(np.float32)
    if holes:
        z[size // 3 : 2 * size // 3, size // 3 : 2 * size // 3] = np.nan
    profile = {"driver": "GTiff", "height": size, "width": size, "count": 1, "dtype": "float32"}
    transform = from_origin(west, north, step, step)
    with rasterio.open(path, "w", **profile, crs=MOON, transform=transform, nodata=np.nan) as file:
        file.write(z, 1)


@pytest.mark.slow
def test_a_raster_with_holes_is_filled_and_flagged_and_one_elsewhere_refused(tmp_path):
    raster(tmp_path / "holed.tif", 19.0, -9.0, 100, 0.02, holes=True)
    found = survey_region(
        "10S,20E,20", "chang-e-6", dates="2026-01-01..2026-01-20", dems=[tmp_path / "holed.tif"],
        cell_m=1000.0, sites=3, link="none",
    )  # fmt: skip
    posting = found.layers["posting_m"]
    assert any("holes" in note for note in found.notes)
    row, col = found.cell_at(-10.0, 20.0)
    assert posting[row, col] > 3700.0  # the hole: the whole Moon's
    assert np.nanmin(posting) < 1100.0
    assert np.isfinite(found.ground.heights_m).all()
    with pytest.raises(SurveyError, match=r"holed.tif: holds nothing"):
        survey_region("10N,60E,20", "chang-e-6", dems=[tmp_path / "holed.tif"])


def test_a_folder_that_holds_something_else_is_left_alone(apollo, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ValueError, match="no survey of a region"):
        save_region(apollo, tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "mine"
