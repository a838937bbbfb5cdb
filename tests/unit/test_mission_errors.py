"""Mission files that cannot be flown: each gives one line that names the key and the cure."""

import copy
import math
import tomllib
from datetime import date
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farside.mission import MissionError, load_mission
from farside.mission.place import FieldPath
from farside.mission.reader import read_table
from farside.mission.schema import Mission

TEXT = files("farside.mission").joinpath("chang-e-6.toml").read_text("utf-8")
TABLE = tomllib.loads(TEXT)
# keys of the file that have defaults
NEEDLESS = {"apolune_altitude_m", "gamma", "kr", "scan", "tilt_limit_deg", "stand", "price"}
#: Of the true engine, body and thrusters: what is left out is not there.
NEEDLESS |= {"isp_least_s", "throat_height_m", "throttle_step_n", "throttle_rate_nps"}
NEEDLESS |= {"overshoot", "noise_percent", "com_offset_dry_m", "products_full_kgm2"}
NEEDLESS |= {"products_dry_kgm2", "large_rise_s", "small_rise_s"}
NEEDLESS |= {"slosh", "tanks", "damping_ratio"}
#: Of a lander that may have no stage of its own for the way up.
NEEDLESS |= {"ascent", "rise_s", "observers", "phase_known"}
#: Tables whose keys all have defaults, and so they themselves.
DEFAULTED = {"sensors", "ground", "dispersions", "relay", "avoidance"}
DEFAULTED |= {"terrain_navigation", "odometry"}
STACK_PARTS = {"orbiter", "reentry_module", "foreign_payload"}


def paths_of(value, path=()):
    """Every way down into a parsed file, tables and numbers alike."""
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    else:
        return [path]
    below = [step for key, item in items for step in paths_of(item, (*path, key))]
    return [path, *below] if path else below


PATHS = paths_of(TABLE)


def at(table, path):
    for key in path:
        table = table[key]
    return table


def changed(path, value):
    """Return the shipped mission with one value replaced."""
    table = copy.deepcopy(TABLE)
    at(table, path[:-1])[path[-1]] = value
    return table


def without(path):
    table = copy.deepcopy(TABLE)
    del at(table, path[:-1])[path[-1]]
    return table


def read(table):
    return read_table(Mission, table, FieldPath("mine.toml"))


def line_of(table):
    with pytest.raises(MissionError) as caught:
        read(table)
    line = str(caught.value)
    assert line.isprintable()
    assert line.startswith("mine.toml: ")
    assert len(line) < 300
    return line


NUMBERS = [p for p in PATHS if isinstance(at(TABLE, p), float)]
KEYS = [p for p in PATHS if isinstance(p[-1], str)]


def test_the_shipped_file_is_sound():
    assert read(copy.deepcopy(TABLE)) == load_mission("chang-e-6")


def needed(path):
    """Whether a mission lacks something without the key; a distribution needs its own numbers."""
    if path[0] in DEFAULTED and path != ("sensors", "lidar"):
        return (path[0] == "relay" and len(path) > 1) or path[-1] in ("half_width", "limit")
    return path[-1] not in NEEDLESS | STACK_PARTS


@pytest.mark.parametrize("path", [p for p in KEYS if needed(p)])
def test_every_key_is_missed(path):
    line = line_of(without(path))
    # the mass of a part that may be absent is missed by the sum of the masses instead
    if path[-1] == "ascender":
        assert "lander, ascender and rover make 3020 kg" in line
    else:
        assert f"{path[-1]}: missing" in line


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 10**400])
@pytest.mark.parametrize("path", NUMBERS)
def test_every_number_must_be_finite(path, value):
    line = line_of(changed(path, value))
    assert "must be a finite number" in line
    assert next(key for key in reversed(path) if isinstance(key, str)) in line


@pytest.mark.parametrize("path", NUMBERS)
@pytest.mark.parametrize("value", ["7500 N", True, [1.0], {"n": 1.0}, date(2024, 6, 1)])
def test_every_number_must_be_one(path, value):
    line = line_of(changed(path, value))
    # a distribution may be a table
    wanted = path[0] == "dispersions" and len(path) == 2 and isinstance(value, dict)
    assert ("unknown key" if wanted else "must be a number") in line


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({"distribution": "gauss", "three_sigma": 1.0}, "distribution: 'gauss' must be one of"),
        ({"distribution": "uniform"}, "half_width: missing"),
        ({"distribution": "uniform", "three_sigma": 1.0}, "half_width: missing"),
        ({"distribution": "uniform", "half_width": 1.0, "limit": 1.0}, "takes no such key"),
        ({"distribution": "truncated", "three_sigma": 1.0}, "limit: missing"),
        ({"distribution": "truncated", "three_sigma": 3.0, "limit": 0.1}, "nearly uniform"),
        ({"distribution": "triangular", "half_width": -1.0}, "must be at least 0"),
        ({}, "three_sigma: missing"),
        (60.0, "must be at most 45"),
        ({"distribution": "uniform", "half_width": 10.0, "offset": 40.0}, "must be at most 45"),
    ],
)
def test_a_distribution_that_is_none(value, says):
    assert says in line_of(changed(("dispersions", "mass_percent"), value))


def test_a_relay_upside_down():
    assert "swap them" in line_of(changed(("relay", "apolune_altitude_m"), 1000.0))


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.dates()
    | st.sampled_from(["braking", "off", "rest", "2024-06-01T22:09:00Z", "-0001-01-01", "\n\x1b["]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PATHS), JUNK), min_size=1, max_size=3))
def test_nothing_but_a_mission_error(swaps):
    table = copy.deepcopy(TABLE)
    for path, value in swaps:
        try:
            at(table, path[:-1])[path[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue  # an earlier swap took the way down away
    try:
        read(table)
    except MissionError as error:
        assert str(error).isprintable()


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(JUNK)
def test_nothing_but_a_mission_error_at_the_top(junk):
    line_of(junk)


@pytest.mark.parametrize("wrong", ["thrust_max_kn", "thrust_max_lbf", "thrust_max"])
def test_wrong_unit_names_the_right_one(wrong):
    table = without(("vehicle", "engine", "thrust_max_n"))
    table["vehicle"]["engine"][wrong] = 7.5
    assert line_of(table) == (
        f"mine.toml: vehicle.engine.{wrong}: wrong unit; give thrust_max_n, in newtons"
    )


@pytest.mark.parametrize("path", [p for p in KEYS if p[-1].endswith(("_m", "_mps", "_kg", "_deg"))])
def test_any_wrong_unit_names_the_right_one(path):
    table = without(path)
    stem, _, unit = path[-1].rpartition("_")
    at(table, path[:-1])[f"{stem}_{dict(m='km', mps='kmh', kg='t', deg='rad')[unit]}"] = 1.0
    assert f"wrong unit; give {path[-1]}, in " in line_of(table)


def test_a_slip_of_the_pen_is_guessed():
    table = without(("vehicle", "legs", "friction"))
    table["vehicle"]["legs"]["frction"] = 0.6
    assert "legs.frction: unknown key; did you mean friction?" in line_of(table)


@pytest.mark.parametrize(
    ("table", "key", "home"),
    [
        (("vehicle",), "isp_s", None),  # of two tables
        (("vehicle",), "thrust_max_n", "vehicle.engine"),
        (("vehicle", "legs"), "slope_deg", "hazards"),
        ((), "arrival_azimuth_deg", "orbit"),
        (("sensors",), "gyro_bias_dph", "sensors.imu"),
    ],
)
def test_a_key_in_the_wrong_table(table, key, home):
    said = line_of(changed((*table, key), 1.0))
    assert said.startswith(f"mine.toml: {'.'.join((*table, key))}: ")
    assert ("unknown key" if home is None else f"belongs in [{home}]; move it there") in said


def test_a_key_too_many():
    assert line_of(changed(("colour",), "red")) == "mine.toml: colour: unknown key; remove it"


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("vehicle", "descent_mass_kg"), -3730.0, "-3730.0 must be above 0"),
        (("vehicle", "engine", "thrust_min_n"), 8000.0, "8000 is above thrust_max_n, 7500"),
        (("orbit", "pdi_altitude_m"), -15e3, "must be above 0 and below 1e+06 (the mean sphere)"),
        (("phases", 0, "altitude_m"), 20_256.0, "start of the descent, 20256 above the site"),
        (("orbit", "apolune_altitude_m"), -5.0, "must be above 0"),
        (("orbit", "pdi_speed_mps"), 3000.0, "below 3000 (a fall from afar)"),
        (("orbit", "pdi_range_m"), 0.0, "must be above 0"),
        (("orbit", "arrival_azimuth_deg"), 360.0, "at least 0 and below 360"),
        (("vehicle", "usable_propellant_kg"), 3730.0, "3730 is not below descent_mass_kg"),
        (("vehicle", "stack_kg", "lander"), 3000.0, "make 3710 kg, not descent_mass_kg, 3730"),
        (("site", "latitude_deg"), -90.5, "must be at least -90 and at most 90"),
        (("site", "longitude_deg"), -153.9852, "must be at least 0 and below 360 (east)"),
        (("site", "elevation_m"), -5256e3, "the Moon's relief"),
        (("hazards", "footprint_m"), 4.0, "4 does not cover vehicle.legs.span_m, 4.8"),
        (("hazards", "map_cells"), 32, "5 does not fit on the map"),
        (("hazards", "map_cells"), 10**9, "must be at least 16 and at most 4096"),
        (("hazards", "map_cells"), 512.0, "512.0 must be a whole number"),
        (("hazards", "stand"), "feet", "'feet' must be one of legs, disc"),
        (("vehicle", "legs", "count"), True, "true must be a whole number"),
        (("vehicle", "legs", "pad_m"), 5.0, "5 is not below span_m"),
        (("vehicle", "body", "inertia_dry_kgm2"), [1.0, 1.0, 3.0], "no moment above the sum"),
        (("vehicle", "body", "inertia_dry_kgm2"), [1.0, 1.0], "2 elements; give 3, in kg m2"),
        (("sensors", "lidar", "boresight_body"), [0.0, 0.1, -1.0], "its length is 1.0049"),
        (("sensors", "lidar", "boresight_body"), [0.0, 0.0, 0.0], "its length is 0"),
        (("sensors", "altimeter", "range_min_m"), 4e4, "40000 is not below range_max_m"),
        (("ground", "crater_depth_ratio"), [0.2, 0.1], "a pair that rises"),
        (("epoch", "pdi_utc"), "2024-06-01 22:09", "a time in UTC"),
        (("epoch", "landing_utc"), "2024-06-01T22:08:00Z", "is not after pdi_utc"),
        (("vehicle", "engine", "thrust_max_n"), 1e13, "0.0 must be at most 1e+12 in size"),
        (("vehicle", "body", "inertia_dry_kgm2"), [1e308] * 3, "must be at most 1e+12 in size"),
        (("vehicle", "engine", "ignition_delay_s"), 1e9, "must be at least 0 and at most 60"),
        (("vehicle", "thrusters", "small_min_pulse_s"), 1e9, "must be above 0 and at most 60"),
        (("sensors", "altimeter", "rate_hz"), 5e-324, "at least 0.001 and at most 100 (the"),
        (("sensors", "lidar", "frame_hz"), 1000.0, "at most 100 (the tick of 10 ms)"),
        (("sensors", "lidar", "frame_hz"), 0.1, "9 frames last 90 s, more than 60; raise it"),
        (("sensors", "lidar"), {"frames": 1, "frame_hz": 100.0}, "last less than 2 ticks of 10 ms"),
        (("sensors", "lidar", "returns"), [4096, 4096], "more than 67108864 of a scan; lower them"),
        (("dispersions", "ignition_delay_s"), 1e6, "1e+06 must be at most 60; lower it"),
        (("phases", 0, "exit_s"), 1e9, "must be at least 0 and at most 36000"),
        (("name",), "../../etc", "small letters, digits"),
        (("title",), "two\nlines", "one line of at most 120 printable"),
        (("phases",), [], "0 rows; give 2 to 16"),
        (("phases",), {}, "a table must be an array"),
        (("phases", 3, "law"), "float", "must be one of braking, adjust"),
        (("phases", 3, "law"), ["hover"], "an array must be one of"),
        (("phases", 3, "exit"), "boredom", "'boredom' must be one of time_to_go"),
        (("phases", 3, "kr"), 6.0, 'phases[hover].kr: law = "hover" and exit = "site" takes no'),
        (("phases", 3, "name"), "avoid", "phases[avoid].name: used by two rows"),
        (("phases", 4, "duration_s"), -22.0, "phases[avoid].duration_s: -22.0 must be above 0"),
        (("phases", 4, "kr"), 5.0, "phases[avoid].kr: 5 must be at least 2 (gamma + 2), 6"),
        (("phases", 5, "vertical_speed_mps"), 0.0, "0 never comes down"),
        (("phases", 5, "vertical_speed_mps"), 1.5, "must be at most 0 (downwards)"),
        (("phases", 6, "exit"), "rest", "phases[fall].exit: only the last row"),
        (("phases", 7, "exit"), "contact", "phases[settle]: the last row must have"),
    ],
)
def test_impossible_values(path, value, says):
    assert says in line_of(changed(path, value))


def test_first_row_brakes():
    table = copy.deepcopy(TABLE)
    del table["phases"][0]
    assert 'phases[adjust].law: the first row must have law = "braking"' in line_of(table)


def test_sixteen_rows_and_no_more():
    table = copy.deepcopy(TABLE)
    spare = [{**table["phases"][2], "name": f"leg-{i}"} for i in range(8)]
    table["phases"][3:3] = spare
    assert len(read(table).phases) == 16
    table["phases"].insert(3, {**spare[0], "name": "one-more"})
    assert "phases: 17 rows; give 2 to 16" in line_of(table)


def test_law_needs_its_targets():
    assert line_of(without(("phases", 0, "range_m"))).endswith(
        'phases[braking].range_m: missing; law = "braking" and exit = "time_to_go" needs it; '
        "add it, in metres"
    )


def test_boresight_is_made_exact():
    mission = read(changed(("sensors", "lidar", "boresight_body"), [0.0, 6e-7, -1.0]))
    assert math.hypot(*mission.sensors.lidar.boresight_body) == pytest.approx(1.0, abs=1e-15)


def test_a_site_above_the_orbit_is_refused():
    """Orbits count from the mean sphere, gates from the site: 12 km are 1.2 above a high one."""
    table = changed(("site", "elevation_m"), 10_800.0)
    table["orbit"]["pdi_altitude_m"] = 12_000.0
    assert "2500 is not below the start of the descent, 1200 above the site" in line_of(table)
