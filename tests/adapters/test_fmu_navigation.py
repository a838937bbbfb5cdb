"""The navigator as an FMU: the estimates of a flight from its measurements, to the bit."""

import re
import subprocess

import numpy as np
import pytest
from fixed_descent import CHOSEN, SCANNED, TICKS, VARIANCE_M2, fixed
from fmpy.fmi1 import FMICallException
from fmpy.validation import validate_fmu
from hostile import NUMBERS
from recorded_descent import navigated, recorded
from sample_fmu import MISSION, ROOT, Third, slave

from farside.adapters.fmi import export, export_fmu
from farside.adapters.fmi.variables import VARIABLES
from farside.cli.main import main
from farside.navigation import LeftOut, NavigationStatus, Trust

pytestmark = pytest.mark.xdist_group("recorded_descent")
VARIABLE = {v.name: v for v in VARIABLES["navigation"]}
#: Inputs of reals, and what they are of the measurements.
REALS = {
    "dv_body": "dv_body", "dtheta_body": "dtheta_body", "star_q": "q_inertial_body",
    "range_direction": "range_direction", "range": "range_m",
    "beam_direction": "velocity_direction", "beam_speed": "velocity_mps",
    "touchdown_height": "height_m", "valve_time": "valve_s",
}  # fmt: skip
#: Of a place on the map, and what they are of the fix.
FIX = {
    "fix_place": "place_m", "fix_axis": "axis", "fix_variance": "variance_m2",
    "fix_gate": "gate", "fix_since": "since_s",
}  # fmt: skip
FLAGS = {"star_valid": "star_valid", "range_valid": "range_valid"}
FLAGS["touchdown_valid"] = "height_valid"
WHOLES = {
    "beams_valid": "velocity_valid", "contact_switches": "contact", "saturated": "saturated",
    "star_tick": "star_tick", "range_tick": "range_tick", "beams_tick": "velocity_tick",
    "touchdown_tick": "height_tick",
}  # fmt: skip
#: Outputs, and what they are of the estimate.
TOLD = {
    "r_site": "r_site", "v_site": "v_site", "q_site_body": "q_site_body",
    "omega_body": "omega_body", "mass": "mass_kg", "accel": "accel_mps2",
    "filter_r_site": "filter_r_site", "gyro_bias": "gyro_bias", "accel_bias": "accel_bias",
    "relief": "relief_m", "tie": "tie_m", "position_sigma": "position_sigma_m",
    "velocity_sigma": "velocity_sigma_mps", "attitude_sigma": "attitude_sigma_rad",
    "place_sigma": "place_sigma_m", "height_sigma": "height_sigma_m",
}  # fmt: skip


class Navigation:
    """An FMU of FMI 3.0, stepped once a tick."""

    def __init__(self, path, folder):
        self.model = Third(str(path), folder)
        self.fmu, self.tick = self.model.fmu, 0
        self.real = [self.model.reference[name] for name in REALS]
        self.flag = [self.model.reference[name] for name in FLAGS]
        self.whole = [self.model.reference[name] for name in WHOLES]
        self.told = [self.model.reference[name] for name in TOLD]
        self.size = sum(VARIABLE[name].size for name in TOLD)

    def set(self, m, command=None):
        values = np.concatenate([np.ravel(m[name]) for name in REALS.values()])
        self.fmu.setFloat64(self.real, values.tolist())
        told = command is not None and not np.isnan(command).any()
        self.fmu.setBoolean([self.model.reference["command_told"]], [told])
        if told:
            names = ("thrust_told", "torque_told")
            self.fmu.setFloat64([self.model.reference[n] for n in names], command.tolist())
        self.fmu.setBoolean(self.flag, [bool(m[name]) for name in FLAGS.values()])
        self.fmu.setInt32(self.whole, [int(m[name]) for name in WHOLES.values()])

    def step(self):
        self.fmu.doStep(0.01 * self.tick, 0.01)
        self.tick += 1
        return self.fmu.getFloat64(self.told, nValues=self.size)

    def trust(self):
        return self.fmu.getInt32([self.model.reference["trust"]], nValues=7)

    def number(self, name, value=None):
        reference = [self.model.reference[name]]
        if value is None:
            return self.fmu.getInt32(reference)[0]
        return self.fmu.setInt32(reference, [value])


def of_estimate(e):
    return np.concatenate([np.ravel(e[name]) for name in TOLD.values()]).tolist()


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    """Return FMUs of FMI 2.0 and 3.0 with the numbers of the recorded flight."""
    patch, folder = pytest.MonkeyPatch(), tmp_path_factory.mktemp("navigation")
    with patch.context() as at:
        at.setattr(
            export,
            "planned_navigator",
            lambda mission, plan, flat: (recorded().table, recorded().first),
        )
        return {
            fmi: str(export_fmu(MISSION, folder / str(fmi), kind="navigation", fmi=fmi))
            for fmi in (2, 3)
        }


def fly(navigation, ticks):
    """Step through the recorded flight; compare at every tick."""
    flight, expected = recorded(), navigated()
    maps = 0
    for tick in range(ticks):
        maps += tick in flight.tied
        navigation.number("map_number", maps)
        navigation.set(flight.measured[tick], flight.commands[tick])
        assert navigation.step() == of_estimate(expected[tick]), tick


@pytest.mark.slow
def test_the_first_half_minute_has_the_bits_of_a_flight(paths, tmp_path):
    navigation = Navigation(paths[3], tmp_path)
    fly(navigation, 2000)
    assert navigation.number("status") == NavigationStatus.NAVIGATION_OK
    assert navigation.trust() == navigated()["trust"][1999].tolist()
    innovation = navigation.model.fmu.getFloat64(
        [navigation.model.reference["innovation"]], nValues=6
    )
    e = navigated()[1999]
    told = np.divide(
        e["innovation"], e["innovation_sigma"], out=np.zeros(6), where=e["innovation_sigma"] > 0
    )
    assert innovation == told.tolist()


@pytest.mark.slow
def test_a_whole_descent_has_the_bits_of_a_flight(paths, tmp_path):
    navigation = Navigation(paths[3], tmp_path)
    fly(navigation, len(recorded().measured))
    assert navigation.trust() == navigated()["trust"][-1].tolist()


def test_places_on_the_map_have_the_bits_of_python(paths, tmp_path):
    navigation, expected = Navigation(paths[3], tmp_path), fixed()
    reference, fmu = navigation.model.reference, navigation.fmu
    reals = [reference[name] for name in FIX]
    navigation.number("map_tick", SCANNED)
    fmu.setFloat64([reference["map_variance"]], [VARIANCE_M2])
    for tick in range(TICKS):
        fix, code = expected.fixes.get(tick, (None, None))
        if fix is not None:
            values = np.concatenate([np.ravel(fix[name]) for name in FIX.values()])
            fmu.setFloat64(reals, values.tolist())
            navigation.number("fix_tick", int(fix["tick"][0]))
            navigation.number("fix_number", tick)
        navigation.number("keep_number", int(tick >= SCANNED))
        navigation.number("map_number", int(tick >= CHOSEN))
        navigation.set(recorded().measured[tick])
        assert navigation.step() == of_estimate(expected.estimates[tick]), tick
        if fix is not None:
            assert navigation.number("fix") == code
            assert navigation.number("fixes") == expected.estimates["fixes"][tick + 1]
        assert navigation.number("clones") == (SCANNED <= tick < CHOSEN)


def test_fmi_2_has_the_same_bits(paths, tmp_path):
    fmu = slave(paths[2], tmp_path)
    fmu.instantiate()
    fmu.setupExperiment(startTime=0.0)
    fmu.enterInitializationMode()
    fmu.exitInitializationMode()
    flight = recorded()
    real = [VARIABLE[n].reference + k for n in REALS for k in range(VARIABLE[n].size)]
    told = [VARIABLE[n].reference + k for n in TOLD for k in range(VARIABLE[n].size)]
    for tick in range(600):
        m = flight.measured[tick]
        values = np.concatenate([np.ravel(m[name]) for name in REALS.values()])
        fmu.setReal(real, values.tolist())
        fmu.setBoolean([VARIABLE[n].reference for n in FLAGS], [bool(m[n]) for n in FLAGS.values()])
        whole = [int(m[name]) for name in WHOLES.values()]
        fmu.setInteger([VARIABLE[n].reference for n in WHOLES], whole)
        command = flight.commands[tick]
        fmu.setBoolean([VARIABLE["command_told"].reference], [not np.isnan(command).any()])
        if tick:
            at = VARIABLE["thrust_told"].reference
            fmu.setReal([at, at + 1, at + 2, at + 3], command.tolist())
        fmu.doStep(0.01 * tick, 0.01)
        assert fmu.getReal(told) == of_estimate(navigated()[tick]), tick
    fmu.terminate()
    fmu.freeInstance()


def test_a_longer_step_is_told_nothing(paths, tmp_path):
    """Its increments repeat themselves, as those of a unit that stands still do; it is said."""
    navigation, flight = Navigation(paths[3], tmp_path), recorded()
    for tick in range(0, 1000, 20):
        navigation.set(flight.measured[tick + 19], flight.commands[tick + 19])
        navigation.fmu.doStep(0.01 * tick, 0.2)
        assert navigation.number("left_out") & LeftOut.LEFT_COMMAND
        assert navigation.trust()[6] <= Trust.TRUST_DOUBTED


def test_all_variables_have_room():
    """The arrays of model.h hold what the variables count."""
    text = (ROOT / "adapters/fmi/c/model.h").read_text()
    reals, wholes, first, time = (
        int(re.search(rf"MODEL_{name} = (\d+)", text)[1])
        for name in ("REALS", "WHOLES", "WHOLE_FIRST", "TIME")
    )
    for kind, variables in VARIABLES.items():
        ends = [v.reference + v.size for v in variables]
        assert all(end <= reals or end > first for end in ends), kind
        assert all(end <= first + wholes or end > time for end in ends), kind


def test_a_report_that_a_master_holds_is_taken_once(paths, tmp_path):
    """A step of 0.05 s is five ticks of the same inputs."""
    navigation = Navigation(paths[3], tmp_path)
    flight = recorded()
    for tick in range(5):
        navigation.set(flight.measured[tick])
        navigation.step()
    navigation.set(flight.measured[5])
    assert flight.measured[5]["range_valid"]
    before = navigation.step()
    after = [navigation.step() for _ in range(3)]
    place = sum(VARIABLE[n].size for n in list(TOLD)[: list(TOLD).index("position_sigma")])
    # the range has told more of the height; the held one tells no more
    assert before[place + 2] <= min(each[place + 2] for each in after)


@pytest.mark.parametrize("value", NUMBERS)
def test_any_number_leaves_the_estimate_finite(paths, tmp_path, value):
    navigation = Navigation(paths[3], tmp_path)
    flight = recorded()
    for tick in range(6):
        navigation.set(flight.measured[tick])
        navigation.step()
    for name in REALS:
        size = VARIABLE[name].size
        navigation.fmu.setFloat64([navigation.model.reference[name]], [value] * size)
    for name in FLAGS:
        navigation.fmu.setBoolean([navigation.model.reference[name]], [True])
    navigation.number("beams_valid", 7)
    for name in ("star_tick", "range_tick", "beams_tick", "touchdown_tick"):
        navigation.number(name, 6)
    assert np.isfinite(navigation.step()).all()
    if not np.isfinite(value):
        left = navigation.number("left_out")
        assert left == sum(LeftOut) - LeftOut.LEFT_TICKS - LeftOut.LEFT_COMMAND
    assert np.isfinite(navigation.step()).all()


def test_a_start_that_cannot_be_is_said(paths, tmp_path):
    navigation = Navigation(paths[3], tmp_path)
    navigation.fmu.setFloat64([navigation.model.reference["start_mass"]], [-1.0])
    first = navigation.step()
    assert navigation.number("status") == NavigationStatus.NAVIGATION_BAD_START
    assert np.isfinite(first).all()
    navigation.fmu.setFloat64([navigation.model.reference["start_mass"]], [3000.0])
    navigation.step()
    assert navigation.number("status") == NavigationStatus.NAVIGATION_OK
    mass = navigation.fmu.getFloat64([navigation.model.reference["mass"]])
    assert mass[0] == 3000.0


def test_clones_are_bounded_and_the_oldest_goes(paths, tmp_path):
    navigation = Navigation(paths[3], tmp_path)
    for tick in range(6):
        navigation.set(recorded().measured[tick])
        navigation.number("keep_number", tick // 2)
        navigation.step()
        assert navigation.number("clones") == min(tick // 2, 6)
    for number in range(3, 12):
        navigation.number("keep_number", number)
        navigation.step()
        assert navigation.number("clones") == min(number, 6)


def test_the_parameters_are_the_keys_of_navigation(paths, tmp_path):
    """Of the first variances too; out of their range they are refused."""
    model = Third(paths[3], tmp_path, begun=False)
    model.fmu.setFloat64([model.reference["health.gate_1"]], [12.0])
    with pytest.raises(FMICallException):
        model.fmu.setFloat64([model.reference["health.gate_1"]], [0.0])
    model.fmu.setFloat64([model.reference["navigation.position_sigma_min_m"]], [777.0])
    model.begin()
    sigma = model.fmu.getFloat64([model.reference["position_sigma"]], nValues=3)
    assert sigma == pytest.approx([777.0] * 3, rel=1e-12)


@pytest.mark.slow
def test_the_command_writes_valid_fmus(tmp_path, capsys):
    for fmi in ("2", "3"):
        options = ["--kind", "navigation", "--fmi", fmi, "--out", str(tmp_path / fmi)]
        assert main(["export", "fmu", "--mission", "chang-e-6", *options]) == 0
        path = tmp_path / fmi / "chang-e-6-navigation.fmu"
        assert validate_fmu(str(path)) == []
    assert "navigation" in capsys.readouterr().out


def test_the_libraries_need_no_python():
    for fmi in (2, 3):
        needed = subprocess.run(
            ["nm", "-D", "--undefined-only", export.LIBRARIES / f"navigation-{fmi}.so"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert "Py" not in needed
