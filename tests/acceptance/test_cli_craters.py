"""The command `farside craters`: what it writes and prints, and one line for all bad input."""

import csv
import json

import cv2
import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin
from sample_ground import LONLAT
from test_craters import FIELD, ground, lit

from farside.cli.main import main

COLUMNS = ["x_px", "y_px", "semi_major_px", "semi_minor_px", "angle_deg", "confidence"]


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """Lay out images of five craters, and what will not do."""
    desk = tmp_path_factory.mktemp("desk")
    image = lit(ground(256, FIELD), 75.0)
    cv2.imwrite(str(desk / "image.png"), image)
    cv2.imwrite(str(desk / "deep.png"), image.astype(np.uint16) * 250)
    cv2.imwrite(str(desk / "colour.png"), np.stack([image] * 3, axis=-1))
    cv2.imwrite(str(desk / "image.jpg"), image)
    cv2.imwrite(str(desk / "even.png"), np.full((64, 64), 80, np.uint8))
    cv2.imwrite(str(desk / "small.png"), image[:8, :8])
    whole = (desk / "deep.png").read_bytes()
    (desk / "cut.png").write_bytes(whole[: len(whole) // 2])
    (desk / "text.png").write_text("no image")
    placed = {
        "driver": "GTiff", "width": 256, "height": 256, "count": 1, "crs": LONLAT,
        "transform": from_origin(176.5, -45.2, 1.0 / 30323.35, 1.0 / 30323.35),
    }  # fmt: skip
    with rasterio.open(desk / "placed.tif", "w", dtype="uint8", **placed) as file:
        file.write(image, 1)
    with rasterio.open(desk / "complex.tif", "w", dtype="complex64", **placed) as file:
        file.write(image.astype(np.complex64), 1)
    with rasterio.open(desk / "nothing.tif", "w", dtype="uint8", nodata=0, **placed) as file:
        file.write(np.zeros_like(image), 1)
    with rasterio.open(
        desk / "earth.tif", "w", dtype="uint8", **placed | {"crs": "EPSG:4326"}
    ) as file:
        file.write(image, 1)
    return desk


def rows_of(folder):
    with (folder / "craters.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["image.png", "deep.png", "colour.png", "image.jpg", "placed.tif"])
def test_any_image_gives_its_craters(desk, tmp_path, capsys, name):
    out = tmp_path / "out"
    assert main(["craters", str(desk / name), "--out", str(out)]) == 0
    rows = rows_of(out)
    assert list(rows[0])[:6] == COLUMNS
    for x, y, radius, _, _ in FIELD:
        near = [
            r for r in rows[:40] if np.hypot(float(r["x_px"]) - x, float(r["y_px"]) - y) < radius
        ]
        assert near, (x, y)
    confidence = [float(row["confidence"]) for row in rows]
    assert confidence == sorted(confidence, reverse=True) and 0.3 <= confidence[-1] <= 1.0
    said = capsys.readouterr().out
    assert "craters in" in said and "found from the shading" in said
    facts = json.loads((out / "craters.json").read_text())
    assert facts["sun"]["azimuth_deg"] == pytest.approx(75.0, abs=4.0)
    assert facts["craters"] == len(rows)
    picture = cv2.imread(str(out / "craters.png"))
    assert picture.shape[0] > 600 and picture.std() > 10.0


def test_an_image_with_a_place_gives_rims_on_the_moon(desk, tmp_path):
    out = tmp_path / "out"
    assert main(["craters", str(desk / "placed.tif"), "--out", str(out)]) == 0
    made = json.loads((out / "craters.geojson").read_text())
    rows = rows_of(out)
    assert "IAU_2015" in made["crs"]["properties"]["name"]
    assert len(made["features"]) == len(rows)
    rim = np.array(made["features"][0]["geometry"]["coordinates"][0])
    assert (rim[0] == rim[-1]).all()
    # the middle of its pixel: 1 m north to south, less to the east
    x, y = (float(rows[0][name]) for name in ("x_px", "y_px"))
    place = (176.5 + (x + 0.5) / 30323.35, -45.2 - (y + 0.5) / 30323.35)
    assert rim[:-1].mean(axis=0) == pytest.approx(place, abs=2e-7)
    # a pixel is 1 m down and cos 45.2 deg of it across
    facts = json.loads((out / "craters.json").read_text())
    assert facts["gsd_m"] == pytest.approx(np.sqrt(np.cos(np.radians(45.204))), rel=2e-3)
    across = 2.0 * np.sqrt(float(rows[0]["semi_major_px"]) * float(rows[0]["semi_minor_px"]))
    assert float(rows[0]["diameter_m"]) == pytest.approx(across * facts["gsd_m"], rel=1e-3)


@pytest.mark.slow
def test_what_is_given_is_taken(desk, tmp_path, capsys):
    out = tmp_path / "out"
    words = ["craters", str(desk / "image.png"), "--sun", "75", "30", "--gsd", "0.5"]
    assert main([*words, "--out", str(out)]) == 0
    assert "The Sun is at 75 deg." in capsys.readouterr().out
    facts = json.loads((out / "craters.json").read_text())
    assert facts["sun"] == {"azimuth_deg": 75.0, "given": True, "contrast": None}
    assert facts["gsd_m"] == 0.5 and "diameter_m" in rows_of(out)[0]
    # a second run replaces the first; the same bytes
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    assert main([*words, "--out", str(out)]) == 0
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


@pytest.mark.slow
def test_what_an_expert_wants_to_know_is_said(desk, tmp_path, capsys):
    for sun, says in (("3", "shadows"), ("70", "albedo")):
        words = ["craters", str(desk / "placed.tif"), "--sun", "75", sun, "--gsd", "5"]
        assert main([*words, "--out", str(tmp_path / sun)]) == 0
        said = " ".join(capsys.readouterr().out.split())
        assert says in said and "The file's own pixels are 0.839 m, not 5 m." in said


BAD = {
    "missing.png": "there is no such file",
    "text.png": "raster",
    "cut.png": "damaged or cut short",
    "even.png": "one grey all over",
    "small.png": "16 pixels or more",
    "complex.tif": "not grey values",
    "nothing.tif": "no known pixel",
    "earth.tif": "another body",
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_line(desk, tmp_path, capsys, name):
    out = tmp_path / "out"
    assert main(["craters", str(desk / name), "--out", str(out)]) == 2
    said = capsys.readouterr().err.strip()
    assert BAD[name] in said and "\n" not in said
    assert not out.exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--sun", "75", "-1"], "lights nothing"),
        (["--sun", "75", "nan"], "lights nothing"),
        (["--sun", "nan", "30"], "no number"),
        (["--gsd", "0"], "metres above 0"),
        (["--gsd", "inf"], "metres above 0"),
    ],
)
def test_bad_options_are_one_line(desk, tmp_path, capsys, words, says):
    assert main(["craters", str(desk / "image.png"), "--out", str(tmp_path / "o"), *words]) == 2
    said = capsys.readouterr().err.strip()
    assert says in said and "\n" not in said
