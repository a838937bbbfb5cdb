"""The command `farside coarse`: what it writes and prints, and one line for all bad input."""

import json

import cv2
import numpy as np
import pytest
from test_craters import FIELD, ground, lit

from farside.cli.main import main


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """Lay out images of five craters, and what will not do."""
    desk = tmp_path_factory.mktemp("desk")
    image = lit(ground(256, FIELD, rough=0.005), 75.0, 30.0)
    noise = np.random.default_rng(1).integers(-1, 2, image.shape)
    image = np.clip(image.astype(int) + noise, 0, 254).astype(np.uint8)
    cv2.imwrite(str(desk / "image.png"), image)
    cv2.imwrite(str(desk / "deep.tif"), image.astype(np.uint16) * 257)
    cv2.imwrite(str(desk / "even.png"), np.full((128, 128), 80, np.uint8))
    cv2.imwrite(str(desk / "float.tif"), image.astype(np.float32))
    return desk


def run(desk, capsys, *words):
    code = main(["coarse", *words, "--out", str(desk / "out")])
    out = capsys.readouterr()
    return code, out.out, out.err


@pytest.mark.parametrize("name", ["image.png", "deep.tif"])
def test_the_region_is_where_no_crater_is(desk, capsys, name):
    code, out, _ = run(desk, capsys, str(desk / name), "--gsd", "2", "--sun", "75", "30")
    assert code == 0 and "hazardous within 50 m" in out
    facts = json.loads((desk / "out" / "hazards.json").read_text())
    best = facts["best"]
    apart = [np.hypot(best["column_px"] - x, best["row_px"] - y) - r for x, y, r, _, _ in FIELD]
    assert min(apart) > 20.0
    assert (
        best["hazardous_share"] < 0.1
        and best["hazardous_share"] <= facts["middle"]["hazardous_share"]
    )
    picture = cv2.imread(str(desk / "out" / "hazards.png"))
    assert picture is not None and min(picture.shape[:2]) > 400


@pytest.mark.parametrize(
    ("words", "match"),
    [
        (("image.png", "--sun", "75", "30"), "--gsd"),
        (("image.png", "--gsd", "2", "--sun", "75", "-3"), "lights nothing"),
        (("image.png", "--gsd", "nan", "--sun", "75", "30"), "metres above 0"),
        (("image.png", "--gsd", "0.2", "--sun", "75", "30"), "100 m and more"),
        (("even.png", "--gsd", "2", "--sun", "75", "30"), "one grey"),
        (("image.png", "--gsd", "2", "--sun", "75", "89"), "overhead"),
        (("float.tif", "--gsd", "2", "--sun", "75", "30"), "8 or 16 bit"),
        (("none.png", "--gsd", "2", "--sun", "75", "30"), "none.png"),
    ],
)
def test_bad_input_is_one_line(desk, capsys, words, match):
    code, _, err = run(desk, capsys, str(desk / words[0]), *words[1:])
    assert code == 2 and match in err.replace("\n", " ")
