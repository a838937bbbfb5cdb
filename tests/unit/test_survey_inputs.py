"""Point clouds and arrays as input to a survey."""

import sys
from dataclasses import replace

import numpy as np
import pytest
import rasterio
from sample_ground import STEREO, ground
from sample_rasters import PDS_LABEL
from scipy.spatial import cKDTree

from farside.mission import load_mission
from farside.raster import RasterError
from farside.survey import Query, SurveyError, save, survey, survey_file
from farside.survey.sources import open_source

QUERY = Query.of(load_mission("chang-e-6"))


@pytest.fixture(scope="module")
def cloud():
    """Measure gentle ground of 10 x 12 m, one every 5 cm or so: (N, 3) east, north, up [m]."""
    rng = np.random.default_rng(3)
    place = rng.uniform((0.0, 0.0), (12.0, 10.0), (48_000, 2))
    up = 0.05 * place[:, 0] - 0.02 * place[:, 1] + rng.normal(0.0, 0.002, len(place))
    return np.column_stack([place, up - 5256.0])


def las(path, cloud, crs=None):
    laspy = pytest.importorskip("laspy")
    header = laspy.LasHeader(point_format=6, version="1.4")
    header.scales, header.offsets = (1e-4,) * 3, cloud.min(axis=0)
    if crs is not None:
        import pyproj

        header.add_crs(pyproj.CRS(crs))
    held = laspy.LasData(header)
    held.x, held.y, held.z = cloud.T
    held.write(path)
    return path


def test_points_are_gridded_where_they_lie(tmp_path, cloud):
    np.save(tmp_path / "cloud.npy", cloud + np.array([1000.0, -50.0, 0.0]))
    result, _ = survey_file(tmp_path / "cloud.npy", tmp_path / "out", QUERY, cell_m=0.1)
    rows, cols = result.geometry.shape
    assert (abs(rows - 100), abs(cols - 120)) <= (1, 1)
    site = result.sites[0]
    assert 1000.0 < site.x < 1012.0 and -50.0 < site.y < -40.0
    plane = 0.05 * (site.x - 1000.0) - 0.02 * (site.y + 50.0) - 5256.0
    assert site.elevation_m == pytest.approx(plane, abs=0.01)
    assert site.slope_deg == pytest.approx(np.degrees(np.arctan(np.hypot(0.05, 0.02))), abs=0.05)
    assert site.longitude_deg is None


@pytest.mark.parametrize("suffix", [".las", ".laz"])
def test_las_is_the_same_cloud(tmp_path, cloud, suffix):
    if suffix == ".laz":
        pytest.importorskip("lazrs")
    np.save(tmp_path / "cloud.npy", cloud)
    with open_source(tmp_path / "cloud.npy", 0.1) as want:
        shape = want.geometry.shape
        heights = want.read(0, shape[0], 0, shape[1])
    with open_source(las(tmp_path / f"cloud{suffix}", cloud), 0.1) as got:
        assert got.geometry.shape == shape
        # stored to a tenth of a millimetre
        assert got.read(0, shape[0], 0, shape[1]) == pytest.approx(heights, abs=2e-3, nan_ok=True)


def test_las_in_a_lunar_crs_is_georeferenced(tmp_path, cloud):
    path = las(tmp_path / "cloud.las", cloud, STEREO)
    result, _ = survey_file(path, tmp_path / "out", QUERY, cell_m=0.1)
    # the projection's centre is the south-west corner of the cloud, within 12 m of every site
    assert result.sites[0].latitude_deg == pytest.approx(-41.6385, abs=12.0 / 30323.0)
    assert result.geometry.turn_deg == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize(("crs", "words"), [("EPSG:32633", "another body"), ("lonlat", "degrees")])
def test_las_that_will_not_do(tmp_path, cloud, crs, words):
    crs = "+proj=longlat +R=1737400 +no_defs" if crs == "lonlat" else crs
    path = las(tmp_path / "cloud.las", cloud[:100], crs)
    with pytest.raises((SurveyError, RasterError), match=words):
        survey_file(path, tmp_path / "out", QUERY, cell_m=0.1)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("suffix", [".las", ".laz"])
def test_las_cut_short(tmp_path, cloud, suffix):
    if suffix == ".laz":
        pytest.importorskip("lazrs")
    path = las(tmp_path / f"cloud{suffix}", cloud[:5000])
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(SurveyError, match="cut short"):
        survey_file(path, tmp_path / "out", QUERY, cell_m=0.1)


def test_without_laspy_las_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "laspy", None)
    (tmp_path / "cloud.las").write_bytes(b"LASF")
    with pytest.raises(SurveyError, match=r"farside\[las\]"):
        survey_file(tmp_path / "cloud.las", tmp_path / "out", QUERY, cell_m=0.1)


@pytest.mark.slow
def test_an_array_of_whole_numbers_or_doubles(tmp_path):
    z = ground(90, 100)
    for dtype in (np.float64, np.int16):
        np.save(tmp_path / "z.npy", np.nan_to_num(z, nan=-5255.0).astype(dtype))
        result, _ = survey_file(tmp_path / "z.npy", tmp_path / "out", QUERY, cell_m=0.1)
        assert result.known_share == 1.0


def test_only_the_header_of_an_array_is_read_first(tmp_path):
    # 4 TB that are not there: a header, and a file that the disk holds no block of
    path = tmp_path / "huge.npy"
    with path.open("wb") as file:
        np.lib.format.write_array_header_2_0(
            file, {"descr": "<f4", "fortran_order": False, "shape": (10**6, 10**6)}
        )
        file.truncate(file.tell() + 4 * 10**12)
    with pytest.raises(SurveyError, match="more than any map"):
        survey_file(path, tmp_path / "out", QUERY, cell_m=0.1)


@pytest.mark.parametrize(
    ("heights", "cell_m", "words"),
    [
        (np.zeros(5), 0.1, "shape"),
        (np.zeros((0, 4)), 0.1, "shape"),
        (np.zeros((4, 4, 4)), 0.1, "shape"),
        (np.full((60, 60), np.nan), 0.1, "not one cell"),
        (np.zeros((9, 9), complex), 0.1, "complex"),
        (np.zeros((9, 9)), 0.0, "above 0"),
        (np.zeros((9, 9)), -1.0, "above 0"),
        (np.zeros((9, 9)), np.nan, "above 0"),
        (np.full((9, 9), 17_244.0), 0.1, "feet"),
    ],
)
def test_arrays_that_will_not_do(heights, cell_m, words):
    with pytest.raises(SurveyError, match=words) as refused:
        survey(heights, cell_m)
    assert "\n" not in str(refused.value)


def test_a_pds_raster_of_radii(tmp_path):
    # as LOLA's are: scaled whole numbers that, with the offset, are radii from the Moon's centre
    z = np.round(100.0 * (0.08 * np.arange(70)[:, None] + 0.0 * np.arange(90))).astype("<i2")
    (tmp_path / "ldem.img").write_bytes(z.tobytes())
    (tmp_path / "ldem.lbl").write_text(PDS_LABEL.format(rows=70, cols=90, record=180))
    result, _ = survey_file(tmp_path / "ldem.lbl", tmp_path / "out", QUERY)
    assert result.geometry.shape == (70, 90)
    assert result.geometry.bands[0].down_m == pytest.approx(1.0, rel=1e-5)
    site = result.sites[0]
    assert site.elevation_m == pytest.approx(0.08 * site.row, abs=6e-3)
    # two centimetres of rounding over a footprint of five cells
    assert site.slope_deg == pytest.approx(np.degrees(np.arctan(0.08)), abs=0.1)
    assert "do not show rocks" in result.notes[0]


def returns_over(ground_of, side_m, spacing_m, sigma_m, seed):
    """Measure a square by returns on a jittered raster, so far apart in the mean: (N, 3)."""
    rng = np.random.default_rng(seed)
    along = (np.arange(round(side_m / spacing_m)) + 0.5) * spacing_m
    place = np.dstack(np.meshgrid(along, along)).reshape(-1, 2)
    place += rng.uniform(-0.3 * spacing_m, 0.3 * spacing_m, place.shape)
    up = ground_of(place[:, 0], place[:, 1]) + rng.normal(0.0, sigma_m, len(place))
    return np.column_stack([place, up])


def rocks_on(place, size_m):
    """Return flat ground with hemispheres on it."""
    tree = cKDTree(place)

    def height(x, y):
        apart, _ = tree.query(np.column_stack([x, y]))
        return np.sqrt(np.maximum(0.25 * size_m**2 - apart**2, 0.0))

    return height


def test_the_spacing_of_a_cloud_is_that_of_its_returns(tmp_path):
    np.save(tmp_path / "cloud.npy", returns_over(lambda x, _: 0.0 * x, 30.0, 0.12, 0.0, 1))
    result, _ = survey_file(tmp_path / "cloud.npy", tmp_path / "out", QUERY, cell_m=0.1)
    # 0.12 m as drawn; cells at the rim and holes that a mean fills are a few in a hundred
    assert result.query.spacing_m == pytest.approx(0.12, rel=0.04)
    assert any("returns every 0.12 m" in note for note in result.notes)


@pytest.mark.slow
def test_tiles_of_a_cloud_are_the_whole(tmp_path, monkeypatch):
    ground_of = rocks_on(np.random.default_rng(4).uniform(0.0, 24.0, (60, 2)), 0.5)
    np.save(tmp_path / "cloud.npy", returns_over(ground_of, 24.0, 0.12, 0.01, 2))
    query = replace(QUERY, sigma_m=0.01, dispersion_m=(0.2, 0.2))
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    for folder, side in ((whole, 1024), (cut, 64)):
        monkeypatch.setattr(save, "TILE", side)
        survey_file(tmp_path / "cloud.npy", folder, query, cell_m=0.1)
    with rasterio.open(whole / "hazards.tif") as a, rasterio.open(cut / "hazards.tif") as b:
        np.testing.assert_array_equal(a.read(), b.read())


@pytest.mark.slow
def test_what_returns_may_have_missed_counts_against_a_cloud(tmp_path):
    """Rocks of 0.44 m stand 0.22 m high, over the 0.2 m allowed; returns seldom meet the top."""
    place = np.random.default_rng(5).uniform(3.0, 57.0, (40, 2))
    cloud = returns_over(rocks_on(place, 0.44), 60.0, 0.12, 0.015, 3)
    np.save(tmp_path / "cloud.npy", cloud)
    query = replace(QUERY, sigma_m=0.015)
    result, _ = survey_file(tmp_path / "cloud.npy", tmp_path / "out", query, cell_m=0.1)
    with rasterio.open(tmp_path / "out" / "hazards.tif") as file:
        probability, reason = file.read(4), file.read(6)
    rows, cols = result.geometry.shape
    y, x = (np.arange(n) * 0.1 + 0.05 for n in (rows, cols))
    apart, _ = cKDTree(place).query(np.dstack(np.meshgrid(x, y)).reshape(-1, 2))
    under = apart.reshape(rows, cols) < 1.5  # well inside a footprint of 2.5 m
    sure = (probability > 0.99) & (reason == 0)
    assert np.count_nonzero(sure & under) == 0
    assert np.count_nonzero(sure) > 0.02 * sure.size


def test_a_thin_cloud_sees_no_hazard(tmp_path):
    np.save(tmp_path / "cloud.npy", returns_over(lambda x, _: 0.02 * x, 200.0, 2.0, 0.0, 1))
    result, _ = survey_file(tmp_path / "cloud.npy", tmp_path / "out", QUERY, cell_m=2.0)
    assert result.coarse and not result.sites
    assert any("miss hazards of 0.2 m" in note for note in result.notes)
