"""The benchmark from the command line: a scene written, masks scored, bad ones refused."""

import json

import numpy as np
import pytest
import rasterio

from farside.cli.main import main
from farside.raster.projection import apply
from farside.scenes import make_scene, storage, truth_of, write_scene

NUMBER = 1002  # posted, noise-free


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scene")
    write_scene(make_scene(NUMBER), folder)
    return folder


def refused(capsys, *words):
    """Run a command that must be refused, and give its one line."""
    assert main([str(word) for word in words]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    return err


def write_tif(path, values, folder, **changes):
    """Write an array as a GeoTIFF on the scene's grid, or with something about it changed."""
    with rasterio.open(folder / "elevation.tif") as source:
        profile = source.profile
    profile |= {"dtype": values.dtype, "nodata": None, "count": 1}
    profile |= {"height": values.shape[0], "width": values.shape[1]} | changes
    names = profile.pop("names", ())
    with rasterio.open(path, "w", **profile) as file:
        for band in range(1, profile["count"] + 1):
            file.write(values, band)
        for band, name in enumerate(names, 1):
            file.set_band_description(band, name)
    return path


def test_a_scene_is_written_and_reads_back(tmp_path, capsys):
    assert main(["scene", str(NUMBER), "--out", str(tmp_path / "out")]) == 0
    assert "elevation.tif, elevation.npy, scene.json, hillshade.png" in capsys.readouterr().out
    scene = make_scene(NUMBER)
    about = json.loads((tmp_path / "out" / "scene.json").read_text())
    assert about["set"] == "evaluation" and about["noise_m"] == 0.0
    assert about["lander"]["footprint_m"] == 5.0 and about["limits"]["slope_deg"] == 8.0
    array = np.load(tmp_path / "out" / "elevation.npy")
    assert array.tobytes() == scene.elevation_m.tobytes()
    with rasterio.open(tmp_path / "out" / "elevation.tif") as file:
        assert file.read(1).tobytes() == array.tobytes()
        assert file.offsets[0] == pytest.approx(-5256, abs=60)
        assert (file.transform.a, file.transform.e) == (0.1, -0.1)
        assert apply(file.transform, 256, 256) == pytest.approx((0.0, 0.0), abs=1e-9)
    assert not {"truth.npz"} & {p.name for p in (tmp_path / "out").iterdir()}


def test_the_crs_is_true_to_scale_on_the_ground():
    import pyproj

    scene = make_scene(NUMBER)
    crs = pyproj.CRS(storage.crs_of(scene))
    geod = pyproj.Geod(a=scene.radius_m, b=scene.radius_m)
    to_moon = pyproj.Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
    lon, lat = to_moon.transform([-25.0, 25.0], [-25.0, 25.0])
    # the sphere of the cells is 5 km below that of the CRS, which its scale makes up for
    assert geod.inv(lon[0], lat[0], lon[1], lat[1])[2] == pytest.approx(np.hypot(50, 50), rel=1e-6)
    assert (lon[0] + lon[1]) / 2 == pytest.approx(scene.longitude_deg, abs=1e-7)


@pytest.mark.slow
def test_the_truth_is_written_for_training_only(tmp_path, capsys):
    assert main(["scene", "3", "--truth", "--out", str(tmp_path)]) == 0
    with np.load(tmp_path / "truth.npz") as truth:
        assert set(truth) == {
            "heights_m", "slope_deg", "deviation_m", "safe", "safe_stand", "scored", "craters",
            "rocks",
        }  # fmt: skip
        assert (truth["safe"] == truth_of(3).safe).all()
        assert truth["rocks"]["diameter_m"].min() >= 0.1
    capsys.readouterr()
    line = refused(capsys, "scene", "1003", "--truth", "--out", tmp_path / "none")
    assert "kept for evaluation" in line
    assert not (tmp_path / "none").exists()


@pytest.mark.slow
def test_a_mask_comes_back_as_its_score(folder, tmp_path, capsys):
    truth = truth_of(NUMBER)
    mask = truth.safe.astype(np.uint8)
    unsafe = np.argwhere(truth.scored & ~truth.safe)[:100]
    safe = np.argwhere(truth.scored & truth.safe)[:50]
    mask[tuple(unsafe.T)], mask[tuple(safe.T)] = 1, 0
    np.save(tmp_path / "mask.npy", mask)
    write_tif(tmp_path / "mask.tif", mask, folder)
    answers = []
    for name in ("mask.npy", "mask.tif"):
        assert main(["score", str(tmp_path / name), "--scene", str(NUMBER), "--json"]) == 0
        answers.append(json.loads(capsys.readouterr().out))
        assert answers[-1].pop("mask") == name
    assert answers[0] == answers[1]
    assert answers[0]["false_safe_cells"] == 100 and answers[0]["missed_safe_cells"] == 50
    assert answers[0]["rule"] == "disc" and "brier" not in answers[0]
    assert main(["score", str(tmp_path / "mask.npy"), "--scene", str(NUMBER)]) == 0
    out = capsys.readouterr().out
    assert "false safe" in out and "100" in out and "Brier" not in out


@pytest.mark.slow
def test_probabilities_and_the_stand(folder, tmp_path, capsys):
    given = np.where(truth_of(NUMBER).safe, np.float32(0.85), np.float32(0.15))
    path = write_tif(tmp_path / "odds.tif", given, folder, count=2, names=("slope", "probability"))
    words = ["score", str(path), "--scene", str(NUMBER), "--rule", "stand"]
    assert main(words) == 0
    assert "Brier score" in capsys.readouterr().out
    assert main([*words, "--json", "--accept", "0.9"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["accepted_cells"] == 0 and answer["false_safe"] is None
    assert answer["calibration"][8]["predicted"] == pytest.approx(0.85)
    assert answer["calibration"][8]["observed"] < 1.0  # some of them tilt it too far


def spoil(kind, folder, tmp_path):
    """Make a mask that cannot be scored."""
    good, path = np.ones((512, 512), np.uint8), tmp_path / "mask.npy"
    arrays = {
        "shape": np.ones((511, 512), np.uint8),
        "cube": np.ones((1, 512, 512), np.uint8),
        "255": 255 * good,
        "text": np.full((512, 512), "safe"),
        "complex": good * 1j,
        "nan": np.full((512, 512), np.nan, np.float32),
        "percent": np.linspace(0, 100, 512 * 512, dtype=np.float32).reshape(512, 512),
        "object": np.full((512, 512), None),
    }
    rasters = {
        "crs": {"crs": "+proj=stere +lat_0=-41 +lon_0=-154 +R=1737400"},
        "earth": {"crs": "EPSG:3857"},
        "no crs": {"crs": None},
        "moved": {"transform": rasterio.transform.from_origin(-25.5, 25.6, 0.1, 0.1)},
        "upside down": {"transform": rasterio.Affine(0.1, 0, -25.6, 0, 0.1, -25.6)},
        "bands": {"count": 3},
    }
    if kind in arrays:
        np.save(path, arrays[kind])
    elif kind in rasters:
        path = write_tif(tmp_path / "mask.tif", good, folder, **rasters[kind])
    elif kind == "small tif":
        path = write_tif(tmp_path / "mask.tif", good[:40], folder)
    elif kind == "cut npy":
        np.save(path, good)
        path.write_bytes(path.read_bytes()[:5000])
    elif kind == "empty":
        path.write_bytes(b"")
    elif kind == "cut tif":
        path = write_tif(tmp_path / "mask.tif", good, folder)
        path.write_bytes(path.read_bytes()[:3000])
    elif kind == "npz":
        np.savez(tmp_path / "a.npz", good)
        (tmp_path / "a.npz").rename(path)
    elif kind == "words":
        path = tmp_path / "mask.txt"
        path.write_text("safe everywhere")
    elif kind == "folder":
        path = tmp_path
    return path


BAD = {
    "shape": "has 511 x 512 cells, scene 1002 has 512 x 512",
    "cube": "has 1 x 512 x 512 cells",
    "small tif": "has 40 x 512 cells",
    "255": "holds 255; write 1 where it is safe",
    "text": "holds <U4; give uint8",
    "complex": "holds complex128; give uint8",
    "object": "not a .npy array, or cut short",
    "nan": "holds NaN; write 0 where nothing is known",
    "percent": "runs from 0 to 100; probabilities lie between 0 and 1",
    "crs": "from those of scene 1002",
    "earth": "not the Moon's",
    "no crs": "has no CRS",
    "moved": "its corners lie up to 0.1 m from",
    "upside down": "its corners lie up to 51.2 m from",
    "bands": "has 3 bands, and none is named",
    "cut npy": "not a .npy array, or cut short",
    "cut tif": "neither a raster nor a .npy array, or cut short",
    "empty": "not a .npy array, or cut short",
    "npz": "holds several arrays",
    "words": "neither a raster nor a .npy array",
    "folder": "there is no such file",
    "nothing": "there is no such file",
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_mask_is_one_line(kind, folder, tmp_path, capsys):
    path = spoil(kind, folder, tmp_path)
    assert BAD[kind] in refused(capsys, "score", path, "--scene", NUMBER)


@pytest.mark.parametrize(
    "words",
    [
        ("scene", "-1"),
        ("scene", "1000000"),
        ("scene", "seven"),
        ("scene",),
        ("score", "mask.npy"),
        ("score", "mask.npy", "--scene", "1000000"),
        ("score", "mask.npy", "--scene", "1", "--rule", "legs"),
        ("score", "mask.npy", "--scene", "1", "--accept", "1.5"),
    ],
)
def test_bad_words_are_one_line(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    refused(capsys, *words)


def test_a_folder_that_cannot_be_made(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert "cannot be written" in refused(capsys, "scene", "0", "--out", tmp_path / "file")
