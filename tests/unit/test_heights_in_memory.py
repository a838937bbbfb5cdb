"""Heights in whatever holds them, in whatever order: what is masked there is unknown here."""

import numpy as np
import pytest
from sample_ground import ground

from farside.mission import load_mission
from farside.raster.arrays import given_array
from farside.survey import Query, SurveyError, survey, survey_file
from farside.terrain import ElevationError, ElevationMap, HazardLimits, LanderFootprint, assess

MISSION = load_mission("chang-e-6")
QUERY = Query.of(MISSION)
CELL_M = 0.25  # the lander fits on what is known


@pytest.fixture(scope="module")
def plain():
    """Return ground of 100 x 100 cells of which 64 % are known: doubles, NaN elsewhere."""
    z = ground(100, 100, rocks=1, cell_m=CELL_M).astype(np.float64)
    z[np.isnan(z)] = -5255.0
    z[:60, :60] = np.nan
    return z


def masked(z):
    return np.ma.masked_array(np.nan_to_num(z, nan=-5256.0), np.isnan(z))


def masked_codes(z):
    return np.ma.masked_equal(np.nan_to_num(z, nan=-9999.0), -9999.0)


def frame(z):
    pandas = pytest.importorskip("pandas")
    return pandas.DataFrame(z)


def frame_of_nullable(z):
    pandas = pytest.importorskip("pandas")
    return pandas.DataFrame(z).astype("Float64")


def data_array(z, fill=-9999.0, **more):
    xarray = pytest.importorskip("xarray")
    held = np.nan_to_num(z, nan=fill)
    return xarray.DataArray(held, dims=("y", "x"), attrs={"_FillValue": fill}, **more)


def band_of_one(z):
    return data_array(z).expand_dims("band")


def across_first(z):
    return data_array(z).transpose("x", "y")


def missing_value(z):
    held = data_array(z, 1e20)
    held.attrs = {"missing_value": 1e20}
    return held


def told_by_encoding(z):
    held = data_array(z)
    held.encoding, held.attrs = {"_FillValue": -9999.0}, {}
    return held


def fortran(z):
    return np.asfortranarray(z)


def big_endian(z):
    return z.astype(">f4")


def every_second(z):
    wide = np.zeros((z.shape[0], 2 * z.shape[1]))
    wide[:, ::2] = z
    return wide[:, ::2]


HOLDERS = [
    *(masked, masked_codes, frame, frame_of_nullable, data_array, band_of_one, across_first),
    *(missing_value, told_by_encoding, fortran, big_endian, every_second),
]


@pytest.mark.slow
@pytest.mark.parametrize("hold", HOLDERS)
def test_a_survey_of_it(plain, hold):
    want, found = survey(plain, CELL_M), survey(hold(plain), CELL_M)
    assert found.known_share == want.known_share == 0.64 and want.safe_share > 0.0
    for name in want.maps:
        np.testing.assert_array_equal(found.maps[name], want.maps[name], err_msg=name)


@pytest.mark.parametrize("hold", HOLDERS)
def test_a_map_of_it(plain, hold):
    want, got = ElevationMap.from_array(plain, CELL_M), ElevationMap.from_array(hold(plain), CELL_M)
    np.testing.assert_array_equal(got.heights, want.heights)
    assert got.seen.mean() == 0.64 and got.heights.flags.c_contiguous
    limits, lander = HazardLimits(8.0, 0.2), LanderFootprint.of(MISSION)
    np.testing.assert_array_equal(
        assess(got, lander, limits).reasons, assess(want, lander, limits).reasons
    )


def test_whole_numbers_with_a_mask_and_packed_numbers(plain):
    whole = np.ma.masked_equal(np.nan_to_num(plain, nan=0.0).astype(np.int16), 0)
    assert survey(whole, CELL_M).known_share == 0.64
    xarray = pytest.importorskip("xarray")
    packed = np.nan_to_num(np.round((plain + 5256.0) / 0.001), nan=-32768.0).astype(np.int16)
    told = {"_FillValue": -32768, "scale_factor": 0.001, "add_offset": -5256.0}
    held = given_array(xarray.DataArray(packed, dims=("y", "x"), attrs=told)).values
    # stored to half a millimetre
    np.testing.assert_allclose(held, plain, atol=0.00051)


def test_units_and_directions_of_an_xarray(plain):
    xarray = pytest.importorskip("xarray")
    y, x = np.arange(100) * CELL_M, np.arange(100) * CELL_M
    north = xarray.DataArray(plain, dims=("y", "x"), coords={"y": y, "x": x})
    want = survey(north, CELL_M)
    south = survey(north.isel(y=slice(None, None, -1)), CELL_M)
    assert want.sites and not want.geometry.mirrored and south.geometry.mirrored
    np.testing.assert_array_equal(south.reason[::-1], want.reason)
    # ties go to the first in the file, and so to others; each lies where its row and column say
    assert len(south.sites) == len(want.sites)
    for site in south.sites:
        assert (site.x, site.y) == pytest.approx((x[site.col], y[99 - site.row]))
        assert site.elevation_m == pytest.approx(plain[99 - site.row, site.col], abs=1e-3)
    in_km = north / 1000.0
    in_km.attrs["units"] = "km"
    assert survey(in_km, CELL_M).sites[0].elevation_m == pytest.approx(
        want.sites[0].elevation_m, abs=2e-3
    )
    with pytest.raises(ElevationError, match="southwards"):
        ElevationMap.from_array(north[::-1], CELL_M)
    with pytest.raises(SurveyError, match="westwards"):
        survey(north[:, ::-1], CELL_M)
    in_km.attrs["units"] = "parsec"
    with pytest.raises(SurveyError, match="parsec"):
        survey(in_km, CELL_M)


def test_words_are_refused_in_a_frame():
    pandas = pytest.importorskip("pandas")
    with pytest.raises(SurveyError, match="not heights"):
        survey(pandas.DataFrame([["a", "b"], ["c", "d"]]), 0.1)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("order", "dtype"),
    [("F", ">f8"), ("F", "<f4"), ("C", ">i2"), ("F", ">i4"), ("F", "<f2")],
)
def test_arrays_of_other_programs(tmp_path, order, dtype):
    """MATLAB writes in Fortran's order, others with the high byte first."""
    z = np.round(ground(90, 100, rocks=1)[::-1] + 5256.0)
    z = np.nan_to_num(z, nan=0.0)
    np.save(tmp_path / "want.npy", z)
    np.save(tmp_path / "z.npy", np.asarray(z, dtype, order=order))
    want, _ = survey_file(tmp_path / "want.npy", tmp_path / "a", QUERY, cell_m=0.1)
    got, _ = survey_file(tmp_path / "z.npy", tmp_path / "b", QUERY, cell_m=0.1)
    assert got.safe_share == want.safe_share and got.sites == want.sites
    assert survey(z.T, 0.1).safe_share == survey(np.ascontiguousarray(z.T), 0.1).safe_share


def test_a_height_that_cannot_be_in_a_cloud():
    cloud = np.random.default_rng(0).uniform(0.0, 5.0, (4000, 3))
    cloud[:50, 2] = -9999.0
    with pytest.raises(ElevationError, match="-9999"):
        ElevationMap.from_points(cloud, 0.2)
