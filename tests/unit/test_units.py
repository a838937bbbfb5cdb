"""Units of length and angle by name and by CRS: what the files of other tools call them."""

import pyproj
import pytest
from pyproj import CRS

from farside.raster.units import angular_factor, linear_factor, metres_per, vertical_factor

STEREO = "+proj=stere +lat_0=-90 +R=1737400"
FOOT, SURVEY_FOOT = 0.3048, 1200.0 / 3937.0


@pytest.mark.parametrize(
    ("names", "metres"),
    [
        (("m", "METER", "metres", "Metre", "metre(s)", " meters "), 1.0),
        (("km", "KILOMETER", "<KM>", "kilometres", "(km)"), 1000.0),
        (("dm", "decimetre", "decimeters"), 0.1),
        (("cm", "CENTIMETER", "centimetres"), 0.01),
        (("mm", "MM", "millimeter"), 0.001),
        (("ft", "foot", "FEET", "International_Foot", "Foot_International"), FOOT),
        (("US survey foot", "us-ft", "ft-US", "Foot_US", "ftUS", "U.S. Survey Feet"), SURVEY_FOOT),
        (("yd", "Yards"), 0.9144),
    ],
)
def test_a_unit_of_length_by_any_of_its_names(names, metres):
    # a survey foot is 0.6 micrometre longer: told apart exactly, not to a tolerance
    assert [metres_per(name) for name in names] == [metres] * len(names)


@pytest.mark.parametrize("name", ["", "Mm", "degree", "1", "DN", "furlongs and chains", "m/s"])
def test_what_is_no_known_length_is_refused_by_name(name):
    with pytest.raises(ValueError, match="known are m, km") as why:
        metres_per(name)
    assert f"'{name}'" in str(why.value) and "\n" not in str(why.value)


@pytest.mark.parametrize(
    ("crs", "metres"),
    [
        (f"{STEREO} +units=m", 1.0),
        (f"{STEREO} +units=km", 1000.0),
        (f"{STEREO} +units=us-ft", SURVEY_FOOT),
        (f"{STEREO} +to_meter=0.3048", FOOT),
        (f"{STEREO} +units=km +vunits=m", 1000.0),
    ],
)
def test_the_linear_unit_of_a_projected_crs(crs, metres):
    assert linear_factor(CRS(crs)) == pytest.approx(metres, rel=1e-9)


def test_every_unit_that_proj_has_a_name_for_is_known():
    # all but those of surveys of the nineteenth century, which no lunar map is in
    for unit in pyproj.get_units_map(category="linear").values():
        if unit.name in ("metre", "kilometre", "centimetre", "millimetre", "foot"):
            assert metres_per(unit.name) == pytest.approx(unit.conv_factor, rel=1e-12)
    assert metres_per("US survey foot") == pytest.approx(
        pyproj.get_units_map(category="linear")["US survey foot"].conv_factor, rel=1e-9
    )


def test_the_vertical_unit_of_a_crs():
    flat = CRS(STEREO).to_wkt("WKT1_GDAL")
    feet = 'VERT_CS["up",VERT_DATUM["Moon",2005],UNIT["ft",0.3048],AXIS["Up",UP]]'
    assert vertical_factor(CRS(f'COMPD_CS["both",{flat},{feet}]')) == FOOT
    assert linear_factor(CRS(f'COMPD_CS["both",{flat},{feet}]')) == 1.0
    assert vertical_factor(CRS(f"{STEREO} +units=m +vunits=km")) == 1000.0
    assert vertical_factor(CRS(f"{STEREO} +units=km")) is None


def geographic(unit):
    return CRS.from_wkt(
        'GEOGCS["Moon",DATUM["Moon",SPHEROID["Moon",1737400,0]],PRIMEM["Reference",0],'
        f"UNIT[{unit}]]"
    )


@pytest.mark.parametrize(
    ("unit", "degrees"),
    [
        ('"degree",0.0174532925199433', 1.0),
        ('"grad",0.015707963267949', 0.9),
        ('"radian",1', 57.295779513),
    ],
)
def test_the_angular_unit_of_a_geographic_crs(unit, degrees):
    # 1e-9 deg is 0.03 mm on the ground
    assert angular_factor(geographic(unit)) == pytest.approx(degrees, abs=1e-9)


def test_geocentric_coordinates_are_refused_by_name():
    crs = CRS("+proj=geocent +R=1737400 +no_defs")
    for factor in (linear_factor, angular_factor):
        with pytest.raises(ValueError, match="geocentric"):
            factor(crs)
    with pytest.raises(ValueError, match="angles"):
        linear_factor(CRS("+proj=longlat +R=1737400"))
    with pytest.raises(ValueError, match="lengths"):
        angular_factor(CRS(STEREO))
