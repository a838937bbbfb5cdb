"""Arrays with coordinates, columns with names, numbers that are none: right, or one line."""

import math
import re

import numpy as np
import pytest

from farside.guidance import DivertError, DivertState, Thrust, divert_map
from farside.mission import load_mission
from farside.survey import Query, SurveyError, survey
from farside.terrain import ElevationError, ElevationMap, HazardLimits, LanderFootprint, assess
from farside.terrain.conditions import Sensing

STEEP = 0.3  # 16.7 deg
DEG = math.radians(1737400.0)  # metres in a degree


def plane(gradient=STEEP, rows=60, cols=70, cell_m=1.0, level=-5256.0):
    return level + gradient * cell_m * np.arange(rows)[:, None] + np.zeros(cols)


def slope(found):
    return float(np.nanmedian(found.view.slope_deg))


def array(z, step=(1.0, 1.0), dims=("y", "x"), units=None, first=(0.0, 0.0), **attrs):
    xarray = pytest.importorskip("xarray")
    at = {d: f + s * np.arange(n) for d, f, s, n in zip(dims, first, step, z.shape, strict=True)}
    held = xarray.DataArray(z, dims=dims, coords=at, attrs=attrs)
    for dim in dims if units else ():
        held[dim].attrs["units"] = units
    return held


def frame(z, step=(1.0, 1.0)):
    pandas = pytest.importorskip("pandas")
    index, columns = (s * np.arange(n) for s, n in zip(step, z.shape, strict=True))
    return pandas.DataFrame(z, index=index, columns=columns)


@pytest.mark.slow
@pytest.mark.parametrize(
    "held",
    [
        lambda: array(plane(), (2.0, 2.0)),
        lambda: array(plane(), (0.002, 0.002), units="km"),
        lambda: array(plane(), (2.0 / 0.3048,) * 2, units="ft"),
        lambda: array(plane(), (2.0 / DEG,) * 2, ("lat", "lon")),
        lambda: frame(plane(), (2.0, 2.0)),
    ],
)
def test_coordinates_that_agree_and_others(held):
    want = math.degrees(math.atan(STEEP / 2.0))
    assert slope(survey(held(), 2.0)) == pytest.approx(want, abs=0.05)
    for wrong_m in (1.0, 5.0):
        with pytest.raises(SurveyError, match=f"2 m across.*cells of {wrong_m:g} m.*drop"):
            survey(held(), wrong_m)
        with pytest.raises(ElevationError, match="2 m across"):
            ElevationMap.from_array(held(), wrong_m)


def test_oblong_and_uneven_coordinates():
    step = (3.0 / DEG, 3.0 / DEG)
    with pytest.raises(SurveyError, match=r"1\.5 m across and 3 m down.*square"):
        survey(array(plane(), step, ("lat", "lon"), first=(60.0, 20.0)), 3.0)
    with pytest.raises(SurveyError, match="2 m across and 1 m down"):
        survey(array(plane(), (1.0, 2.0), units="m"), 1.0)
    # of an oblong cell the map can be told
    got = ElevationMap.from_array(array(plane(), (3.0, 2.0)), 2.0, cell_north_m=3.0)
    assert (got.cell_east_m, got.cell_north_m) == (2.0, 3.0)
    uneven = array(plane()).assign_coords(y=np.arange(60.0) ** 2)
    with pytest.raises(SurveyError, match="y are not evenly spaced"):
        survey(uneven, 1.0)
    # the numbers of pixels are no metres
    found = survey(array(plane()), 0.5)
    assert slope(found) == pytest.approx(math.degrees(math.atan(0.6)), abs=0.1)


def test_rows_of_a_frame_that_fall():
    z = plane()
    z[:10] = np.nan
    north, south = survey(frame(z), 1.0), survey(frame(z).iloc[::-1], 1.0)
    assert south.geometry.mirrored and not north.geometry.mirrored
    np.testing.assert_array_equal(south.reason[::-1], north.reason)
    with pytest.raises(ElevationError, match="southwards"):
        ElevationMap.from_array(frame(z).iloc[::-1], 1.0)


@pytest.mark.parametrize("cell_m", [None, "1", (1.0, 1.0), [1.0], np.ones(1), True, 1j, -1, 0])
def test_what_is_no_side_of_a_cell(cell_m):
    with pytest.raises(SurveyError, match="one number of metres"):
        survey(plane(), cell_m)
    with pytest.raises(ElevationError, match="one positive number"):
        ElevationMap.from_array(plane(), cell_m)


@pytest.mark.parametrize(
    "bad", [plane() > 0, plane().astype(str), plane() + 0j, plane().astype("i8").astype("M8[s]")]
)
def test_values_that_are_no_heights(bad):
    with pytest.raises(SurveyError, match=re.escape(str(bad.dtype))):
        survey(bad, 1.0)
    with pytest.raises(ElevationError, match="numbers in metres"):
        ElevationMap.from_array(bad, 1.0)
    with pytest.raises(ElevationError, match="numbers in metres"):
        ElevationMap.from_points(bad[:, :3], 1.0)


def test_none_is_a_hole_and_rows_are_as_long():
    z = plane()
    holes = np.where(z > -5250.0, z, None)
    want = np.where(z > -5250.0, z, np.nan)
    for held in (holes, holes.tolist()):
        assert survey(held, 1.0).known_share == np.isfinite(want).mean()
    for make in (lambda z: survey(z, 1.0), lambda z: ElevationMap.from_array(z, 1.0)):
        with pytest.raises((SurveyError, ElevationError), match="different lengths"):
            make([[1.0, 2.0], [3.0]])


@pytest.mark.parametrize(("positive", "sign"), [("down", -1.0), ("up", 1.0)])
def test_a_depth_and_a_valid_range_of_an_xarray(positive, sign):
    z = plane()
    z[:30, :30] = -7000.0
    limits = {"valid_min": -6000.0} if sign > 0 else {"valid_range": [-8000.0, 6000.0]}
    found = survey(array(sign * z, units="m", positive=positive, **limits), 1.0)
    assert found.known_share == pytest.approx(1.0 - 900 / 4200)
    assert np.nanmax(found.view.heights) == pytest.approx(-5256.0 + 59 * STEEP, abs=0.01)


def test_a_unit_that_came_along_is_no_word_on_voids():
    z = plane()
    z[:20, :20] = 0.0
    held = array(z, units="m")
    held.attrs["units"] = "m"
    with pytest.raises(SurveyError, match=r"exactly 0.*nodata=0"):
        survey(held, 1.0)
    assert survey(held, 1.0, nodata=0).known_share == pytest.approx(1.0 - 400 / 4200)


def test_a_dataset_names_its_variables_and_a_variable_is_read():
    xarray = pytest.importorskip("xarray")
    held = array(plane())
    with pytest.raises(SurveyError, match=r"Dataset holds z, w; .*dataset\['name'\]"):
        survey(xarray.Dataset({"z": held, "w": held}), 1.0)
    assert slope(survey(held.variable, 1.0)) == pytest.approx(16.7, abs=0.05)


def points():
    rng = np.random.default_rng(0)
    east, north = rng.uniform(0.0, 20.0, (2, 2000))
    return east, north, STEEP * east


def test_columns_of_points_go_by_their_names():
    pandas = pytest.importorskip("pandas")
    x, y, z = points()
    want = survey(np.column_stack([x, y, z]), 0.5)
    for held in (
        pandas.DataFrame({"z": z, "y": y, "x": x}),
        pandas.DataFrame({"id": np.arange(2000), "Up": z, "East": x, "North": y}),
    ):
        np.testing.assert_array_equal(survey(held, 0.5).reason, want.reason)
        got = ElevationMap.from_points(held, 0.5).heights
        np.testing.assert_array_equal(got, ElevationMap.from_points(np.c_[x, y, z], 0.5).heights)
    with pytest.raises(SurveyError, match=r"longitudes.*\.csv"):
        survey(pandas.DataFrame({"lon": x, "lat": y, "h": z}), 0.5)


def test_masked_fields_of_records():
    x, y, z = points()
    held = np.zeros(2000, [("x", "f4"), ("y", "f8"), ("z", "i4"), ("name", "U2")])
    held["x"], held["y"], held["z"] = x, y, np.round(10.0 * z)
    held["z"][:500] = 500
    mask = np.zeros(2000, [(name, "?") for name in held.dtype.names])
    mask["z"][:500] = True
    found = survey(np.ma.array(held, mask=mask), 0.5, unit="dm")
    assert slope(found) == pytest.approx(16.7, abs=0.3)  # rounded to 0.1 m
    assert "500 of 2000 points are not finite" in " ".join(found.notes)


@pytest.mark.parametrize(
    "more",
    [
        {"sigma_m": np.ones((60, 70))}, {"sigma_m": "a"}, {"dispersion_m": 1.0},
        {"dispersion_m": (1.0,)}, {"dispersion_m": "ab"},
        {"nodata": "x"}, {"mission": 3}, {"mission": None}, {"sites": 2.5},
    ],
)  # fmt: skip
def test_arguments_that_are_no_numbers(more):
    with pytest.raises(SurveyError, match=r"give "):
        survey(plane(), 1.0, **more)


def test_shapes_of_a_map_of_points():
    cloud = np.column_stack(points())
    for shape in ((3,), (30.0, 30.0), (0, 3), "ab"):
        with pytest.raises(ElevationError, match="map of"):
            ElevationMap.from_points(cloud, 0.5, shape=shape)
    stray = np.vstack([cloud, [5e6, 5e6, 0.0]])
    with pytest.raises(ElevationError, match="strays"):
        ElevationMap.from_points(stray, 0.5)


def test_a_map_of_errors_has_to_be_numbers():
    elevation = ElevationMap.from_array(plane(), 1.0)
    limits, lander = HazardLimits(8.0, 0.2), LanderFootprint.of(load_mission("chang-e-6"))
    for bad in (np.full((60, 70), "0.1"), np.full((60, 70), True), np.full((60, 70), np.nan)):
        with pytest.raises(ValueError, match=r"metres|finite"):
            assess(elevation, lander, limits, sensing=Sensing(bad))
    assert Query.of(load_mission("chang-e-6"), np.float32(0.5)).sigma_m == 0.5


def test_what_divert_map_takes():
    ground = ElevationMap.from_array(np.zeros((12, 12)), 4.0)
    asked = {
        "r_m": (0.0, 0.0, 100.0), "v_mps": (0.0, 0.0, -5.0), "mass_kg": 1500.0,
        "thrust": Thrust(1500.0, 7500.0, 3040.0),
    }  # fmt: skip
    state = DivertState(**asked)
    want = divert_map(state, ground).propellant_kg
    same = {"r_m": np.array([[0, 0, 100]], ">i4")[0], "mass_kg": np.float32(1500.0)}
    like = DivertState(**asked | same)
    np.testing.assert_array_equal(divert_map(like, ground).propellant_kg, want)
    for bad in (
        {"r_m": np.ma.array([0.0, 0.0, 100.0], mask=[0, 0, 1])}, {"r_m": "abc"},
        {"v_mps": (0j, 0, 0)}, {"v_mps": None}, {"mass_kg": "x"}, {"mass_kg": np.ones(2)},
        {"thrust": 3}, {"above_m": "x"}, {"dry_mass_kg": None},
    ):  # fmt: skip
        with pytest.raises(DivertError, match="give "):
            DivertState(**asked | bad)
    given = {"state": state, "elevation": ground}
    for bad in (
        {"state": asked}, {"elevation": np.zeros((12, 12))}, {"limits": 3}, {"lone_tries": 1.5},
    ):  # fmt: skip
        with pytest.raises(DivertError, match="give "):
            divert_map(**given | bad)


def dunes(cells=200):
    """Return rolling ground of a few degrees, cells of 5 m."""
    k = np.arange(cells) * 5.0
    return 3.0 * np.sin(k / 40.0)[:, None] * np.cos(k / 55.0) - 5256.0


@pytest.mark.parametrize(
    ("metres", "cell_m", "says"),
    [
        (0.001, 5.0, "its heights look like km, a factor of 1000; multiply them by 1000"),
        (1000.0, 5.0, "look like"),
        (1.0, 0.005, "its cells look like km; give both in metres"),
    ],
)
def test_an_elevation_map_in_kilometres(metres, cell_m, says):
    heights = dunes() * metres if metres < 1.0 else (dunes() + 5256.0) * metres
    with pytest.raises(ElevationError, match=re.escape(says)) as refused:
        ElevationMap.from_array(heights, cell_m)
    assert str(refused.value).count("\n") == 0
    assert "say trusted=True if it is so" in str(refused.value)
    assert ElevationMap.from_array(heights, cell_m, trusted=True).shape == (200, 200)


def test_an_elevation_map_in_metres_is_taken():
    assert ElevationMap.from_array(dunes(), 5.0).shape == (200, 200)
    # level ground, and a level lake in ground, are no kilometres
    lake = dunes()
    lake[:120, :120] = -5250.0
    for heights in (np.zeros((50, 50)), lake):
        assert ElevationMap.from_array(heights, 5.0).seen.all()
