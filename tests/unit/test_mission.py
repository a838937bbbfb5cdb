"""The shipped missions against what was published of them."""

import copy
import dataclasses
import math
import pickle
import tomllib
from importlib.resources import files

import pytest

from farside.mission import Mission, load_mission, mission_names
from farside.mission.moon import GM, MEAN_RADIUS_M
from farside.mission.spread import Spread

NAMES = ("chang-e-4", "chang-e-6")  # flown from the perilune of a published orbit
EVERY = (
    "apollo-11", "apollo-12", "apollo-15", "beresheet", "blue-ghost-m1", "chandrayaan-3",
    "chang-e-3", "chang-e-4", "chang-e-5", "chang-e-6", "clps", "hakuto-r", "im-1", "im-2",
    "luna-25", "slim", "slim-like", "surveyor-1",
)  # fmt: skip
#: Keys of a file that is like another mission; they are no keys of the mission.
SAYS_OF_ANOTHER = ("like", "without")
PUBLISHED_SITES = {
    # LROC1374 and NSSDC4: latitude, longitude [deg], elevation [m]
    "chang-e-6": (-41.6385, 206.0148, -5256.0),
    "chang-e-4": (-45.457, 177.589, -5935.0),
}


@pytest.fixture(params=NAMES)
def mission(request):
    return load_mission(request.param)


@pytest.fixture(params=EVERY)
def any_mission(request):
    return load_mission(request.param)


def test_names():
    assert mission_names() == list(EVERY)
    assert [load_mission(name).name for name in EVERY] == list(EVERY)


def test_missions_mirror_their_files(any_mission):
    text = files("farside.mission").joinpath(f"{any_mission.name}.toml").read_text("utf-8")

    def check(table, made):
        for key, value in table.items():
            field = getattr(made, key)
            if isinstance(value, dict):
                check(value, field)
            elif isinstance(field, Spread):
                assert field == Spread(three_sigma=value)
            elif isinstance(value, list) and isinstance(value[0], dict):
                assert len(value) == len(field)
                for row, phase in zip(value, field, strict=True):
                    check(row, phase)
            elif key.endswith("boresight_body"):
                assert field == pytest.approx(value, abs=1e-6)
                assert math.hypot(*field) == pytest.approx(1.0, abs=1e-15)
            else:
                assert field == (tuple(value) if isinstance(value, list) else value)

    table = tomllib.loads(text)
    check({key: value for key, value in table.items() if key not in SAYS_OF_ANOTHER}, any_mission)


def test_sites_are_the_published_ones(mission):
    latitude, longitude, elevation = PUBLISHED_SITES[mission.name]
    assert (mission.site.latitude_deg, mission.site.longitude_deg) == (latitude, longitude)
    # the two frames of Chang'e 4 differ by 8 m in height
    assert mission.site.elevation_m == pytest.approx(elevation, abs=10.0)
    assert mission.site.radius_m == MEAN_RADIUS_M + mission.site.elevation_m


def test_descent_starts_at_the_perilune_of_the_published_orbit(mission):
    """Both orbits are counted from the mean sphere, as missions.md counts them."""
    apolune = MEAN_RADIUS_M + {"chang-e-6": 200e3, "chang-e-4": 100e3}[mission.name]
    assert apolune == MEAN_RADIUS_M + mission.orbit.apolune_altitude_m
    perilune = mission.orbit.pdi_radius_m
    speed = math.sqrt(2.0 * GM * apolune / perilune / (perilune + apolune))
    assert mission.orbit.pdi_speed_mps == pytest.approx(speed, abs=0.5)
    assert mission.orbit.pdi_range_m is None


def test_masses_are_near_the_published_ones():
    six, four = load_mission("chang-e-6").vehicle, load_mission("chang-e-4").vehicle
    assert sum(dataclasses.astuple(six.stack_kg)) == pytest.approx(8350.0)  # CD6, launched
    assert six.dry_mass_kg == 3730.0 - 2060.0
    assert six.usable_propellant_kg > 1898.0  # GNC5, flown by its twin
    # NSSDC4: 1200 kg of dry lander and 140 kg of rover; landed near 1420 kg
    assert 1340.0 <= four.dry_mass_kg < 1420.0


def test_phase_gates_are_the_published_ones():
    six = {phase.name: phase for phase in load_mission("chang-e-6").phases}
    four = {phase.name: phase for phase in load_mission("chang-e-4").phases}
    assert (six["braking"].altitude_m, six["braking"].vertical_speed_mps) == (2500.0, -30.0)
    assert four["braking"].altitude_m == 8000.0
    for table in (six, four):
        assert table["hover"].altitude_m == 100.0
        assert table["avoid"].altitude_m == 30.0
        assert table["descend"].exit_m == 2.0


def test_change_4_can_obey_the_start_of_its_vertical_leg():
    """Fall through the turn upright at least thrust, then ask E-guidance for its first thrust."""
    mission = load_mission("chang-e-4")
    braking, _, approach = mission.phases[:3]
    engine = mission.vehicle.engine
    gravity = GM / (mission.site.radius_m + 8e3) ** 2
    turn_s = 72.0 / mission.guidance.rate_limit_dps
    # CALC_MASS: 505 s of braking at full thrust
    mass = mission.vehicle.descent_mass_kg - 505.0 * engine.thrust_max_n / (engine.isp_s * 9.80665)
    height, speed = braking.altitude_m, braking.vertical_speed_mps
    fall = gravity - 0.6 * engine.thrust_min_n / mass
    height += speed * turn_s - 0.5 * fall * turn_s**2
    speed -= fall * turn_s
    assert -110.0 <= speed <= -85.0
    t_go = approach.duration_s
    zero_effort_miss = approach.altitude_m - height - speed * t_go
    command = 6.0 * zero_effort_miss / t_go**2 + 2.0 * speed / t_go + gravity
    last = -2.0 * (3.0 * zero_effort_miss / t_go**2 + 2.0 * speed / t_go) + gravity
    assert engine.thrust_min_n < mass * command < engine.thrust_max_n
    assert engine.thrust_min_n < mass * last < engine.thrust_max_n


def test_optional_keys_have_their_documented_defaults():
    adjust = load_mission("chang-e-6").phases[1]
    assert (adjust.gamma, adjust.kr, adjust.scan, adjust.altitude_m) == (1.0, 6.0, False, 0.0)
    assert load_mission("chang-e-6").phases[0].limit_s == math.inf


def test_missions_are_values(any_mission):
    mission = any_mission
    assert mission == load_mission(mission.name)
    assert hash(mission) == hash(load_mission(mission.name))
    assert pickle.loads(pickle.dumps(mission)) == mission
    assert copy.deepcopy(mission) == mission
    with pytest.raises(dataclasses.FrozenInstanceError):
        mission.name = "other"
    assert isinstance(mission, Mission)
