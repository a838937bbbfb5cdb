"""Point clouds of every kind that is read, and one line for every kind that is not."""

import os

import numpy as np
import pytest
from sample_points import (
    LEVEL_M,
    SLOPE,
    degrees_of,
    plane,
    write_las,
    write_ply,
    write_text,
)

from farside.survey import SurveyError
from farside.survey.sources import open_source

CELL_M = 0.2
MOON_M = 1737400.0


@pytest.fixture(scope="module")
def cloud():
    return plane()


def mapped(path, cell_m=CELL_M):
    """Open a file: its source, and its heights."""
    with open_source(path, cell_m) as source:
        rows, cols = source.geometry.shape
        return source, source.read(0, rows, 0, cols)


def is_the_plane(source, heights):
    """Whether what was gridded is the plane of `sample_points`, to 3 mm."""
    rows, cols = heights.shape
    x, y = np.meshgrid(np.arange(cols), np.arange(rows))
    west, south = source.geometry.place(0, 0)
    want = LEVEL_M + SLOPE[0] * (west + CELL_M * x) + SLOPE[1] * (south + CELL_M * y)
    inner = (slice(2, -2), slice(2, -2))
    # at the rim the points lie to one side of a cell; the noise of a point is 2 mm
    return bool(np.abs(heights[inner] - want[inner]).max() < 6e-3)


@pytest.mark.parametrize("kind", ["ascii", "binary_little_endian", "binary_big_endian"])
@pytest.mark.parametrize("faces", [0, 3])
def test_ply(tmp_path, cloud, kind, faces):
    source, heights = mapped(write_ply(tmp_path / "a.ply", cloud, kind, faces=faces))
    assert is_the_plane(source, heights)
    assert "names no units" in source.notes[0]


def test_ply_of_single_precision_and_capital_ending(tmp_path, cloud):
    types = ("float", "float", "double")
    path = write_ply(tmp_path / "A.PLY", cloud, "binary_big_endian", types)
    assert is_the_plane(*mapped(path))
    # 0.125 m is what single precision holds at 2000 km
    far = cloud + np.array([2e6, 0.0, 0.0])
    with pytest.raises(SurveyError, match=r"stored to 0\.125 m"):
        mapped(write_ply(tmp_path / "far.ply", far, "binary_little_endian", types))


TEXTS = {
    "spaces": {"delimiter": " "},
    "tabs": {"delimiter": "\t"},
    "commas": {"delimiter": ","},
    "comma and space": {"delimiter": ", "},
    "semicolons": {"delimiter": ";"},
    "header": {"delimiter": ",", "header": "x,y,z\n"},
    "header of other words": {"delimiter": ";", "header": "Easting;Northing;Elevation\n"},
    "comments": {"header": "# made up\n// of points\n% three\n"},
    "named in a comment": {"header": "//X Y Z\n"},
    "count first": {"header": "6400\n"},
    "byte order mark": {"header": "\ufeffx,y,z\n", "delimiter": ","},
    "carriage returns": {"end": "\r\n"},
    "old Macintosh": {"end": "\r"},
}


@pytest.mark.parametrize("case", TEXTS)
@pytest.mark.parametrize("ending", ["xyz", "csv"])
def test_text(tmp_path, cloud, case, ending):
    path = write_text(tmp_path / f"a.{ending}", cloud, **TEXTS[case])
    assert is_the_plane(*mapped(path))


def test_text_with_decimal_commas(tmp_path, cloud):
    path = write_text(tmp_path / "a.txt", cloud, delimiter=";")
    path.write_text(path.read_text().replace(".", ","))
    assert is_the_plane(*mapped(path))


def test_text_in_any_order_with_units(tmp_path, cloud):
    shuffled = np.column_stack([cloud[:, 2] / 1000.0, cloud[:, 1] / 0.3048, cloud[:, 0], cloud])
    header = "up [km],y_ft,Easting (m),a,b,c\n"
    path = write_text(tmp_path / "a.csv", shuffled, header, ",", digits=8)
    source, heights = mapped(path)
    assert is_the_plane(source, heights) and source.notes == ()


def test_text_with_more_columns_says_so(tmp_path, cloud):
    path = write_text(tmp_path / "a.xyz", np.column_stack([cloud, cloud[:, 0]]))
    source, heights = mapped(path)
    assert is_the_plane(source, heights)
    assert "first three" in source.notes[0] and "1 more column was not read" in source.notes[0]


@pytest.mark.parametrize("radius", [None, 1.0, 1000.0])
def test_text_of_longitudes(tmp_path, cloud, radius):
    place = degrees_of(cloud, 117.0, -45.0)
    header = "Pt_Longitude,Pt_Latitude," + ("Topography" if radius is None else "Pt_Radius") + "\n"
    if radius is not None:
        # LOLA's tables have radii in kilometres; metres are told by their size
        place[:, 2] = (place[:, 2] + MOON_M) / radius
    source, heights = mapped(write_text(tmp_path / "a.csv", place, header, ",", digits=9))
    place = source.geometry.longitude_latitude(0, 0)
    # the first cell is half a cell from the corner of the cloud: 0.2 m are 7e-6 deg
    assert place == pytest.approx((117.0, -45.0), abs=2e-5)
    assert np.nanmedian(heights) == pytest.approx(np.median(cloud[:, 2]), abs=5e-3)


BAD_TEXTS = {
    "a word": ("x,y,z\n0,0,0\n1,1,oops\n2,2,2\n", "line 3 has 'oops'"),
    "a gap": ("0,0,0\n1,,1\n2,2,2\n", "line 2 has ''"),
    "cut short": ("0 0 0\n1 1 1\n2 2", "line 3 has 2 values"),
    "after comments": ("# one\n\n0 0 0\n1 1 x\n", "line 4 has 'x'"),
    "two columns": ("1 2\n3 4\n", "2 values a line"),
    "unnamed columns": ("a,b,c\n1,2,3\n", "rename the columns"),
    "header alone": ("x,y,z\n", "0 points"),
    "blank": ("\n\n  \n", "0 points"),
    "fewer than said": ("5\n0 0 0\n9 0 0\n0 9 0\n", "3 of 5"),
    "a map of heights": ("\n".join([" ".join(["1.5"] * 30)] * 30), "30 values a line"),
    "unknown unit": ("x [furlong],y,z\n1,2,3\n", "furlong"),
    "header longer than lines": ("x,y,z,t\n1,2,3\n", "4 columns"),
}


@pytest.mark.parametrize("case", BAD_TEXTS)
def test_bad_text_names_its_line(tmp_path, case):
    text, words = BAD_TEXTS[case]
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(SurveyError) as refused:
        mapped(tmp_path / "a.csv")
    assert words in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize("content", [b"\xff\xfe1\x00,\x002\x00", b"1 2 3\n\x00\x00\x01"])
def test_what_is_no_text(tmp_path, content):
    (tmp_path / "a.xyz").write_bytes(content)
    with pytest.raises(SurveyError, match=r"UTF-16|no text"):
        mapped(tmp_path / "a.xyz")


@pytest.mark.parametrize("kind", ["ascii", "binary_little_endian", "binary_big_endian"])
def test_ply_cut_short_or_lying(tmp_path, cloud, kind):
    path = write_ply(tmp_path / "a.ply", cloud, kind)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    with pytest.raises(SurveyError, match="cut short"):
        mapped(path)
    # a count that would need 2.5 GB is compared with the file before anything is allocated
    path.write_bytes(whole.replace(b"vertex 6400", b"vertex 100000000"))
    with pytest.raises(SurveyError, match="cut short"):
        mapped(path)
    path.write_bytes(whole.replace(b"vertex 6400", b"vertex 99999999999999999999999"))
    with pytest.raises(SurveyError, match="million points"):
        mapped(path)
    path.write_bytes(whole.replace(b"vertex 6400", b"vertex 0"))
    with pytest.raises(SurveyError, match="0 vertices"):
        mapped(path)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"double x", b"double u", "no x, y, z"),
        (b"double x", b"double y", "twice"),
        (b"double x", b"list uchar int x", "lists"),
        (b"double x", b"quadruple x", "quadruple"),
        (b"format", b"fromat", "fromat"),
        (b"element vertex 6400\n", b"element vertex -1\n", "line 4"),
        (b"end_header", b"end_heather", "end_heather"),
    ],
)
def test_damaged_ply(tmp_path, cloud, old, new, words):
    path = write_ply(tmp_path / "a.ply", cloud, "binary_little_endian")
    path.write_bytes(path.read_bytes().replace(old, new))
    with pytest.raises(SurveyError, match=words) as refused:
        mapped(path)
    assert "\n" not in str(refused.value)


def test_ascii_ply_names_its_bad_vertex(tmp_path, cloud):
    path = write_ply(tmp_path / "a.ply", cloud, "ascii")
    lines = path.read_text().split("\n")
    lines[lines.index("end_header") + 3] = "7 0.0 word 0.0"
    path.write_text("\n".join(lines))
    with pytest.raises(SurveyError, match="vertex 3 has 'word'"):
        mapped(path)


KINDS = {
    "archive": ("a.npz", b"PK\x03\x04", "numpy.save"),
    "archive by its bytes": ("a.thing", b"PK\x03\x04", "archive"),
    "E57": ("a.e57", b"ASTM-E57", "not read"),
    "E57 by its bytes": ("a", b"ASTM-E57", "E57"),
    "PCD": ("a.pcd", b"# .PCD v.7", "not read"),
    "unknown": ("a.foo", b"what is this", "no kind that is read"),
    "empty LAS": ("a.las", b"", "empty file"),
    "empty PLY": ("a.ply", b"", "empty file"),
    "empty text": ("a.xyz", b"", "empty file"),
    "empty raster": ("a.tif", b"", "empty file"),
}


@pytest.mark.parametrize("case", KINDS)
def test_other_kinds_are_refused_by_name(tmp_path, case):
    name, content, words = KINDS[case]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SurveyError) as refused:
        mapped(tmp_path / name)
    why = str(refused.value)
    assert words in why and "\n" not in why
    if content:
        assert all(kind in why for kind in (".npy", ".las", ".ply", ".csv", "GeoTIFF"))


def test_folders_links_and_pipes(tmp_path):
    (tmp_path / "loop.las").symlink_to(tmp_path / "loop.las")
    os.mkfifo(tmp_path / "pipe.las")
    for name, words in ((".", "folder"), ("loop.las", "back to itself"), ("pipe.las", "file")):
        with pytest.raises(SurveyError, match=words):
            mapped(tmp_path / name)


def test_a_kind_is_told_by_its_bytes_where_the_name_does_not(tmp_path, cloud):
    write_ply(tmp_path / "scan", cloud, "binary_little_endian")
    assert is_the_plane(*mapped(tmp_path / "scan"))
    np.save(tmp_path / "cloud.npy", cloud)
    (tmp_path / "cloud.npy").rename(tmp_path / "cloud.bin")
    assert is_the_plane(*mapped(tmp_path / "cloud.bin"))


@pytest.mark.parametrize(("version", "point_format"), [("1.2", 3), ("1.4", 6)])
def test_noise_and_withheld_points_of_las_are_left_out(tmp_path, cloud, version, point_format):
    def spoil(held):
        held.withheld[:50] = 1
        held.classification[30:80] = 7
        held.classification[100:160] = 18
        held.classification[200:300] = 12  # overlap: measured all the same
        held.synthetic[400:410] = 1

    spoilt = cloud.copy()
    spoilt[:160, 2] += 40.0
    spoilt[80:100, 2] -= 40.0
    path = write_las(
        tmp_path / "a.las", spoilt, fill=spoil, point_format=point_format, version=version
    )
    source, heights = mapped(path)
    assert "140 of 6400 points were left out: 50 withheld" in " ".join(source.notes)
    assert "30 of class 7" in " ".join(source.notes) and "60 of class 18" in " ".join(source.notes)
    assert "10 of 6400 points are flagged as synthetic" in " ".join(source.notes)
    assert "names no coordinate reference system" in source.notes[0]
    np.save(tmp_path / "rest.npy", np.delete(spoilt, [*range(80), *range(100, 160)], axis=0))
    rest, want = mapped(tmp_path / "rest.npy")
    assert rest.geometry.place(0, 0) == pytest.approx(source.geometry.place(0, 0), abs=1e-4)
    # stored to a tenth of a millimetre, on a slope of 40 m between neighbours
    assert heights == pytest.approx(want, abs=0.05, nan_ok=True)


def test_las_of_noise_alone_or_of_no_points(tmp_path, cloud):
    def all_withheld(held):
        held.withheld[:] = 1

    with pytest.raises(SurveyError, match="all 6400 points are withheld"):
        mapped(write_las(tmp_path / "a.las", cloud, fill=all_withheld))
    laspy = pytest.importorskip("laspy")
    laspy.LasData(laspy.LasHeader(point_format=6, version="1.4")).write(tmp_path / "none.las")
    with pytest.raises(SurveyError, match="0 points"):
        mapped(tmp_path / "none.las")


def test_las_that_claims_more_than_it_holds(tmp_path, cloud):
    path = write_las(tmp_path / "a.las", cloud)
    held = bytearray(path.read_bytes())
    held[247:255] = (150_000_000).to_bytes(8, "little")  # the count of LAS 1.4
    path.write_bytes(held)
    with pytest.raises(SurveyError, match="cut short at 6400 of 150000000"):
        mapped(path)
