"""The command `farside locate`: a camera's place from one picture, and one line for the rest."""

import csv
import json

import cv2
import numpy as np
import pytest
from located_ground import ABOVE_M, SUN, lay_out, write_image

from farside.cli.main import main


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """Lay out a picture with its rasters, and what will not do."""
    desk = tmp_path_factory.mktemp("desk")
    truth = lay_out(desk)
    image = cv2.imread(str(desk / "image.png"), cv2.IMREAD_UNCHANGED)
    write_image(desk / "mirrored.png", image[:, ::-1])
    write_image(desk / "small.png", image[:100])
    write_image(desk / "dark.png", image // 128)
    cv2.imwrite(str(desk / "deep.png"), image.astype(np.uint16) * 16)
    whole = (desk / "deep.png").read_bytes()
    (desk / "cut.png").write_bytes(whole[: len(whole) // 2])
    (desk / "none.toml").write_text("pixels = [512, 512]\n")
    (desk / "folds.toml").write_text(
        "pixels = [512, 512]\nfield_of_view_deg = 90.0\ndistortion = [-5.0, 0.0, 0.0, 0.0, 0.0]\n"
    )
    (desk / "words.toml").write_text('pixels = ["a", 512]\nfield_of_view_deg = 45.0\n')
    (desk / "odd.toml").write_text("pixels = [512, 512]\nfield_of_view_deg = 45.0\nfov = 3\n")
    (desk / "deep.toml").write_text("pixels = [512, 512]\nfield_of_view_deg = 45.0\nbits = 12\n")
    return desk, truth


def words(desk, **change):
    given = {
        "image": "image.png", "map": "dem.tif", "camera": "camera.toml",
        "guess": ["-41.6385", "206.0148", str(ABOVE_M)], "sun": [str(SUN[0]), str(SUN[1])],
        "sigma": "400",
    } | change  # fmt: skip
    out = ["locate", str(desk / given["image"]), "--map", str(desk / given["map"])]
    out += ["--camera", str(desk / given["camera"]), "--guess", *given["guess"]]
    out += ["--sun", *given["sun"], "--sigma", given["sigma"]]
    return out + (["--ortho", str(desk / given["ortho"])] if "ortho" in given else [])


@pytest.mark.slow
@pytest.mark.parametrize(
    "change", [{"ortho": "ortho.tif"}, {}, {"image": "deep.png", "camera": "deep.toml"}]
)
def test_a_picture_gives_its_place(desk, tmp_path, capsys, change):
    desk, (latitude, longitude, height) = desk
    out = tmp_path / "out"
    assert main([*words(desk, **change), "--out", str(out)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "landmarks agree" in said and "1 sigma" in said
    facts = json.loads((out / "pose.json").read_text())
    metres = np.radians(1.0) * 1.737e6
    north = (facts["latitude_deg"] - latitude) * metres
    east = (facts["longitude_deg"] - longitude) * metres * np.cos(np.radians(latitude))
    sigma = np.sqrt(np.diag(facts["covariance"])[:3])
    error = np.array([east, north, facts["height_m"] - height])
    assert (np.abs(error) < 5.0 * sigma).all() and np.hypot(east, north) < 13.0
    assert facts["code"] == "FIX" and facts["inliers"] > 40
    with (out / "matches.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == facts["inliers"] and 0.0 < float(rows[0]["x_px"]) < 511.0
    assert cv2.imread(str(out / "matches.png")).std() > 10.0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"image": "mirrored.png"}, "not located"),
        ({"image": "dark.png"}, "the image is dark"),
        ({"sun": ["70", "25"]}, "not located"),
    ],
)
def test_no_place_is_one_line_and_status_1(desk, tmp_path, capsys, change, says):
    out = tmp_path / "out"
    assert main([*words(desk[0], **change), "--out", str(out)]) == 1
    said = capsys.readouterr().err.strip()
    assert says in said and "\n" not in said and not out.exists()


BAD = [
    ({"image": "small.png"}, "512 x 100 pixels of a camera of 512 x 512"),
    ({"image": "cut.png"}, "damaged or cut short"),
    ({"image": "absent.png"}, "no such file"),
    ({"camera": "none.toml"}, "gives no geometry"),
    ({"camera": "folds.toml"}, "folds"),
    ({"camera": "words.toml"}, "pixels is 2 numbers"),
    ({"camera": "odd.toml"}, "no key fov"),
    ({"camera": "absent.toml"}, "cannot be read"),
    ({"camera": "image.png"}, "is no TOML"),
    ({"guess": ["-45.0", "206.0148", "4000"]}, "dem.tif"),
    ({"guess": ["-41.6385", "206.0148", "0"]}, "above the ground"),
    ({"guess": ["95", "206.0148", "4000"]}, "latitude"),
    ({"sun": ["70", "-2"]}, "lights nothing"),
    ({"sun": ["nan", "20"]}, "finite"),
    ({"sigma": "0"}, "sigma"),
]


@pytest.mark.parametrize(("change", "says"), BAD)
def test_bad_input_is_one_line(desk, tmp_path, capsys, change, says):
    out = tmp_path / "out"
    assert main([*words(desk[0], **change), "--out", str(out)]) == 2
    said = capsys.readouterr().err.strip()
    assert says in said and "\n" not in said and not out.exists()
