"""The command `farside horizon`: what it writes and prints, and one line for all bad input."""

import json

import numpy as np
import pytest
import rasterio
from browser import CHROMIUM, Browser
from horizon_cases import SOUTH, raster, rough

from farside.cli.main import main

DATES = ("--dates", "2026-01-01..2026-01-20")


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """Lay out a raster with a hole, and what will not do."""
    desk = tmp_path_factory.mktemp("desk")
    heights = rough(72, 200.0)
    heights[10:13, 20:22] = -9999.0
    raster(desk / "dem.tif", heights, SOUTH, 20e3, 40e3, 100.0, nodata=-9999.0)
    np.save(desk / "plain.npy", rough(40, 200.0))
    (desk / "words.tif").write_text("no raster")
    return desk


@pytest.fixture(scope="module")
def made(desk):
    """Map the raster once."""
    out = desk / "made"
    words = [str(desk / "dem.tif"), *DATES, "--azimuths", "36", "--reach", "30"]
    words += ["--mission", "chang-e-6", "--step", "3", "--no-moon", "--out", str(out)]
    assert main(["horizon", *words]) == 0
    return out


def run(capsys, *words):
    code = main(["horizon", *words])
    out = capsys.readouterr()
    return code, out.out, out.err


@pytest.mark.slow
def test_layers_of_every_body_stand_in_one_file(made):
    with rasterio.open(made / "horizon.tif") as file:
        names = file.descriptions
        bands = {name: file.read(k + 1) for k, name in enumerate(names)}
        tags = file.tags()
    assert tags["start_utc"] == "2026-01-01T00:00:00Z" and tags["instants"] == "152"
    for body in ("sun", "earth", "queqiao_2"):
        for what in ("share", "hours", "longest_gap_h", "longest_seen_h", "first_h", "last_h"):
            assert bands[f"{body}_{what}"].shape == (72, 72)
    share = bands["sun_share"]
    assert np.isnan(share[10:13, 20:22]).all() and np.isnan(share).sum() == 6
    known = np.isfinite(share)
    assert np.all((share[known] >= 0.0) & (share[known] <= 1.0))
    assert bands["sun_hours"][known] == pytest.approx(share[known] * 456.0, rel=1e-5)
    # cells beside the hole cannot say what it hides
    assert 0.0 < bands["unsure_share"][11, 19] < 1.0


def test_facts_name_the_best_cells_and_what_is_unknown(made):
    facts = json.loads((made / "horizon.json").read_text())
    assert facts["cells_without_height"] == 6 and facts["hours"] == 456.0
    shares = [best["sun_share"] for best in facts["best"]]
    assert shares == sorted(shares, reverse=True) and len(shares) == 10
    assert -89.5 < facts["best"][0]["latitude_deg"] < -88.0
    assert any("6 cells" in note for note in facts["notes"])
    with rasterio.open(made / "horizon.tif") as file:
        best = facts["best"][0]
        first = file.read(list(file.descriptions).index("sun_share") + 1)
    assert np.nanmax(first) == pytest.approx(best["sun_share"])
    assert first[best["row"], best["column"]] == np.nanmax(first)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
@pytest.mark.slow
def test_the_page_answers_a_click(made, tmp_path):
    browser = Browser(tmp_path / "profile")
    try:
        ready = "document.getElementById('where')?.textContent.length > 0"
        browser.open((made / "horizon.html").as_uri(), ready=ready)
        before = browser.evaluate("document.getElementById('where').textContent")
        browser.evaluate("choose(3, 3)")
        after = browser.evaluate("document.getElementById('where').textContent")
        table = browser.evaluate("document.querySelector('#counts tbody').textContent")
        assert before != after and "row" in after
        assert "Sun" in table and "%" in table
        assert browser.faults == []
        # nothing but the page and the picture that it carries
        assert all(url.startswith(("file:", "data:")) for url in browser.requests)
    finally:
        browser.close()


def test_one_place_prints_its_sky(capsys, tmp_path):
    out = tmp_path / "sky"
    code, said, _ = run(capsys, "--mission", "chang-e-4", "--step", "12", "--out", str(out))
    assert code == 0 and "whole-Moon DEM" in said
    facts = json.loads((out / "place.json").read_text())
    assert facts["bodies"]["earth"]["hours"] == 0.0
    assert facts["bodies"]["earth"]["elevation_deg"][0] == pytest.approx(-39.2, abs=0.05)
    assert len(facts["horizon_deg"]) == 720
    assert (out / "place.png").read_bytes()[:4] == b"\x89PNG"


def test_a_place_beside_the_raster_is_told(capsys, desk, tmp_path):
    words = ("--at", "10", "10", *DATES, "--step", "12", "--out", str(tmp_path / "sky"))
    code, said, _ = run(capsys, str(desk / "dem.tif"), *words)
    assert code == 0 and "No raster given holds the place" in " ".join(said.split())


def test_an_array_is_laid_about_a_place(capsys, desk):
    words = (str(desk / "plain.npy"), "--cell", "50", "--at", "-89", "20", *DATES)
    out = desk / "plain"
    code, said, _ = run(
        capsys, *words, "--azimuths", "16", "--reach", "3", "--step", "12", "--out", str(out)
    )
    assert code == 0 and "the edge of the heights" in said
    assert {p.name for p in out.iterdir()} == {
        "horizon.tif", "horizon.png", "horizon.html", "horizon.json"
    }  # fmt: skip


@pytest.mark.parametrize(
    "words, told",
    [
        ((), "give a DEM"),
        (("dem.tif",), "--dates"),
        (("dem.tif", "--dates", "2300-01-01..2300-02-01"), "1850 to 2149"),
        (("dem.tif", "--dates", "2026-02-01..2026-01-01"), "not after"),
        (("none.tif", *DATES), "no such file"),
        (("words.tif", *DATES), "words.tif"),
        (("dem.tif", *DATES, "--azimuths", "2"), "azimuths"),
        (("dem.tif", *DATES, "--reach", "5000"), "reach"),
        (("dem.tif", *DATES, "--eye", "-3"), "eye"),
        (("dem.tif", *DATES, "--step", "0"), "step"),
        (("--at", "95", "10", *DATES), "-90 to 90 deg"),
        (("plain.npy", *DATES), "cell"),
        (("plain.npy", "--cell", "50", *DATES), "site"),
        (("--at", "10", "10", "--no-moon", *DATES), "--no-moon"),
    ],
)
def test_bad_input_is_one_line(capsys, desk, words, told):
    given = [str(desk / w) if w.endswith((".tif", ".npy")) else w for w in words]
    out = desk / "refused"
    code, _, err = run(capsys, *given, "--out", str(out))
    assert code == 2 and told in err
    assert err.count("\n") == 1 and err.startswith("farside: ")
    assert not out.exists()
