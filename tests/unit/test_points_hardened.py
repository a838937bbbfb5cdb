"""Texts and PLY as other programs write them, and scans that do not match."""

import numpy as np
import pytest
from sample_points import TILT_DEG, degrees_of, plane, write_las, write_ply, write_text

from farside.mission import load_mission
from farside.survey import Query, SurveyError, survey, survey_file

QUERY = Query.of(load_mission("chang-e-6"))


@pytest.fixture(scope="module")
def cloud():
    return plane()


def mapped(path, folder, **more):
    return survey_file(path, folder / "o", QUERY, cell_m=0.2, **more)[0]


def lines(folder, rows, header="", ending=".csv"):
    path = folder / f"p{ending}"
    path.write_text(header + "\n".join(rows) + "\n")
    return path


def tilt(found):
    return float(np.nanmedian(found.view.slope_deg))


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("x,y,z\n", "{0:,.2f},{1:,.2f},{2:,.2f}"),  # thousands
        ("x,y,z\n", "0,{0:05.0f},1,{1:05.0f},-5256,5"),  # decimal commas
        ("x y z\n", "{3} {0} {1} {2}"),  # names of rows, as R writes them
        ("lon,lat,h\n", "{3},117.{3},-45.{3},1"),
    ],
)
def test_more_values_than_names(tmp_path, cloud, header, row):
    rows = [row.format(1000 + x, 1000 + y, z, i) for i, (x, y, z) in enumerate(cloud[:90])]
    with pytest.raises(SurveyError, match=r"names 3 columns, and its first line has \d values"):
        mapped(lines(tmp_path, rows, header), tmp_path)


@pytest.mark.parametrize("delimiter", [" ", ",", ";"])
def test_a_first_column_that_counts(tmp_path, cloud, delimiter):
    rows = [delimiter.join(map(str, (i, *p))) for i, p in enumerate(cloud, 7)]
    with pytest.raises(SurveyError, match="counts the lines"):
        mapped(lines(tmp_path, rows, ending=".txt"), tmp_path)
    named = lines(tmp_path, rows, delimiter.join(("id", "x", "y", "z")) + "\n", ".txt")
    assert tilt(mapped(named, tmp_path)) == pytest.approx(TILT_DEG, abs=0.05)


@pytest.mark.parametrize("delimiter", [" ", "  ", ";", "\t"])
def test_decimal_commas(tmp_path, cloud, delimiter):
    rows = [delimiter.join(f"{v:.4f}".replace(".", ",") for v in p) for p in cloud]
    found = mapped(lines(tmp_path, rows, ending=".xyz"), tmp_path)
    assert tilt(found) == pytest.approx(TILT_DEG, abs=0.05)


def test_decimal_commas_between_commas(tmp_path, cloud):
    rows = [",".join(f"{v:.4f}".replace(".", ",") for v in p) for p in cloud]
    with pytest.raises(SurveyError, match=r"decimal signs.*semicolons"):
        mapped(lines(tmp_path, rows), tmp_path)
    # whole numbers with colours are read where a header says so
    rows = [f"{10 * x:.0f},{10 * y:.0f},{z:.0f},1,2,3" for x, y, z in cloud]
    path = lines(tmp_path, rows, "x_dm,y_dm,z,r,g,b\n")
    assert mapped(path, tmp_path).known_share > 0.9


@pytest.mark.parametrize("row", ["1.000,5;2,5;-5.256,1", "1'000.5 2.5 -5'256.1", "1.5D+0 2D+0 3D0"])
def test_numbers_in_other_writing_are_named(tmp_path, row):
    with pytest.raises(SurveyError, match=r"line 1 has .*where numbers should be"):
        mapped(lines(tmp_path, [row] * 9), tmp_path)


@pytest.mark.parametrize(
    "names",
    ["Latitude (deg N),Longitude (deg E),Elevation (m)", "lat [degrees_north],lon [degE],h"],
)
def test_degrees_by_other_names(tmp_path, cloud, names):
    path = write_text(
        tmp_path / "p.csv", degrees_of(cloud)[:, [1, 0, 2]], names + "\n", ",", digits=9
    )
    assert tilt(mapped(path, tmp_path)) == pytest.approx(TILT_DEG, abs=0.05)


def test_a_word_in_a_column_that_is_not_read(tmp_path, cloud):
    rows = [f"2009-07-13T17:33:17,{x},{y},{z}" for x, y, z in cloud]
    found = mapped(lines(tmp_path, rows, "time,x,y,z\n"), tmp_path)
    assert tilt(found) == pytest.approx(TILT_DEG, abs=0.05)


def test_vertices_by_other_names_and_in_whole_numbers(tmp_path, cloud):
    path = write_ply(tmp_path / "p.ply", cloud, "binary_little_endian")
    held = path.read_bytes()
    for axis, name in (("x", "east"), ("y", "north"), ("z", "up")):
        held = held.replace(f"double {axis}\n".encode(), f"double {name}\n".encode())
    path.write_bytes(held)
    assert tilt(mapped(path, tmp_path)) == pytest.approx(TILT_DEG, abs=0.05)
    kinds = ("double", "double", "int")
    path = write_ply(tmp_path / "q.ply", np.round(cloud, 3), "binary_big_endian", types=kinds)
    assert "whole numbers" in " ".join(mapped(path, tmp_path).notes)


@pytest.mark.parametrize("apart_m", [0.5, 3.0])
def test_scans_that_do_not_match_are_told(tmp_path, cloud, apart_m):
    """Between two surfaces the mean is smooth, and no ground is there."""
    double = np.vstack([cloud, cloud + np.array([0.03, 0.02, apart_m])])
    for found in (survey(double, 0.2), mapped(write_las(tmp_path / "p.las", double), tmp_path)):
        assert f"more than {0.5 * apart_m:.2g} m above or below" in " ".join(found.notes)
    assert "above or below" not in " ".join(survey(cloud, 0.2).notes)
    steep = cloud.copy()
    steep[:, 2] += 1.5 * steep[:, 0]  # 57 deg
    assert "above or below" not in " ".join(survey(steep, 0.2).notes)
