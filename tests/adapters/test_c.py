"""libfarside: nothing of Python in it, the extension's own bits, sound for any input."""

import ctypes
import importlib.util
import re
import shutil
import sys
from functools import cache

import numpy as np
import pytest
from c_library import NEEDS_GCC, ROOT, STRICT, run
from flown import flight
from sample_pilot import MISSION, check_sound, mixed
from sample_twice import flown_twice, twice
from test_flight_replay import retargets

from farside.adapters.c.table import first_estimate, initialiser, mission_c
from farside.cli.main import main
from farside.ext.guidance.autopilot._autopilot import replay
from farside.ext.guidance.autopilot._codes import AbortCause, AbortStep
from farside.flight import land
from farside.guidance import COMMAND, ESTIMATE, Autopilot
from farside.guidance.autopilot import GuidanceMode, Status
from farside.mission import load_mission
from farside.mission.abort import with_abort

pytestmark = NEEDS_GCC


@cache
def header_maker():
    spec = importlib.util.spec_from_file_location("header", ROOT / "adapters/c/lib/header.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["header"] = module
    spec.loader.exec_module(module)
    return module


def compiled_table(built, core, name):
    """Return a core's table as C has it: written, compiled and loaded; its bytes."""
    source, made = built / f"{name}.c", built / f"{name}.so"
    source.write_text(
        f'#include "farside.h"\nconst farside_table table = {initialiser(core.fields)};\n'
        "const unsigned long table_size = sizeof table;\n"
    )
    run("gcc", "-std=c99", *STRICT, "-shared", "-fPIC", "-I", built, source, "-o", made)
    loaded = ctypes.CDLL(str(made))
    size = ctypes.c_ulong.in_dll(loaded, "table_size").value
    return bytearray((ctypes.c_ubyte * size).in_dll(loaded, "table"))


class Pilot:
    """The library's autopilot, driven as a C host drives it."""

    def __init__(self, lib, table):
        self.lib = lib
        self.table = (ctypes.c_ubyte * len(table)).from_buffer(table)
        self.state = (ctypes.c_ubyte * lib.farside_state_size())()
        self.room = (ctypes.c_double * (49152 // 8))()
        assert lib.farside_check(self.table) == 0
        lib.farside_start(self.state, self.table)

    def aim(self, site, heading_rad, final):
        self.lib.farside_aim(self.state, (ctypes.c_double * 3)(*site), heading_rad, int(final))

    def fly(self, ticks, estimates, targets=()):
        """Tick every estimate, plan what is asked for; targets are (tick, site, heading, final)."""
        lib, pending = self.lib, list(targets)
        commands = np.zeros(len(estimates), COMMAND)
        e, c = estimates.ctypes.data, commands.ctypes.data
        for n, k in enumerate(ticks):
            while pending and pending[0][0] <= k:
                self.aim(*pending.pop(0)[1:])
            lib.farside_tick(
                self.table, self.state, e + n * ESTIMATE.itemsize, k, c + n * COMMAND.itemsize
            )
            if lib.farside_wants_plan(self.state):
                assert lib.farside_plan(self.state, self.room) == 1
                assert not lib.farside_wants_plan(self.state)
        return commands


@pytest.mark.slow
def test_no_symbol_of_python_and_nothing_that_an_import_would_fill(built):
    so = built / "libfarside.so"
    undefined = run("nm", "-D", "--undefined-only", so)
    assert not re.search(r"\b_?Py", undefined), undefined
    assert {word.split("@")[0] for word in re.findall(r" U (\S+)", undefined)} <= {
        "sqrt", "sqrtf", "fmod", "memcpy", "memmove", "memset", "floor", "ceil", "__stack_chk_fail",
    }  # fmt: skip
    assert not re.search(r" [bBdD] .*__pyx", run("nm", so))
    exported = set(re.findall(r" [A-Z] (\S+)", run("nm", "-D", "--defined-only", so)))
    assert exported == {
        f"farside_{name}"
        for name in (
            "version", "state_size", "state_fits", "check", "start", "begin", "tick", "wants_plan",
            "plan", "abort", "wants_scan", "aim", "avoid_version", "avoid_check",
            "avoid_workspace_size", "avoid_start", "avoid_map_scan", "avoid_decide", "navigate",
            "navigator_size",
            *(f"navigation_{name}" for name in (
                "version", "check", "seal", "start", "fits", "command", "read", "keep", "forget",
                "tie", "tie_kept", "fix", "covariance", "landmarks", "motion", "place",
            )),
        )
    }  # fmt: skip
    needed = set(re.findall(r"NEEDED.*\[(.*)\]", run("readelf", "-d", so)))
    assert needed <= {"libc.so.6", "libm.so.6"}


def both_commanded(again, rows, built, library, name):
    """Return the commands of the extension and of the library for the estimates of a flight."""
    expected = np.zeros(len(rows), COMMAND)
    at, targets, final = retargets(rows)
    replay(again.core, rows, at, targets, final, expected, np.zeros((len(rows), 2), np.int64))
    estimates = np.zeros(len(rows), ESTIMATE)
    for field in ESTIMATE.names[:-3]:
        estimates[field] = rows[f"est_{field}"]
    estimates["contact"] = (rows["flags"] >> 4) & 1
    estimates["rest"] = (rows["flags"] >> 5) & 1
    commands = Pilot(library, compiled_table(built, again.core, name)).fly(
        rows["tick"].tolist(),
        estimates,
        [(k, t[:3], t[3], f) for k, t, f in zip(at, targets, final, strict=True)],
    )
    return expected, commands


@pytest.mark.parametrize("imaging", [True, False])
def test_the_bits_of_the_extension_over_a_whole_descent(built, library, imaging):
    """Every command, with the plans that it flies and the retargets of the flight."""
    flown = flight("chang-e-6", seed=1, imaging=imaging)
    rows = flown.flown
    again = Autopilot(flown.mission, flown.ground.radius_m)
    expected, commands = both_commanded(again, rows, built, library, f"seed1_{imaging}")
    assert commands.tobytes() == expected.tobytes()
    np.testing.assert_array_equal(commands["thrust_n"], rows["cmd_thrust_n"])
    assert np.count_nonzero(commands["link"] == GuidanceMode.OPTIMAL) > 100


def test_the_bits_of_an_abort_with_both_stages(built, library):
    """Every command of an abort at 600 s: turn, burn, parting, burn, stop."""
    rows = land("chang-e-6", seed=3, imaging=False, abort_at_s=600.0).telemetry
    again = Autopilot(with_abort(load_mission("chang-e-6"), 600.0))
    expected, commands = both_commanded(again, rows, built, library, "abort")
    assert commands.tobytes() == expected.tobytes()
    assert commands["stage"][-1] == 1
    assert commands["abort"][-1] & 15 == AbortStep.STEP_DONE
    assert commands["phase"][-1] == len(again.names) - 2


def test_an_abort_may_be_commanded(built, library):
    """`farside_abort` in the descent's first tick: a way is planned, and flown from then on."""
    mission = load_mission("chang-e-6")
    pilot = Pilot(library, compiled_table(built, Autopilot(mission).core, "by"))
    estimates = np.repeat(np.array([first_estimate(mission, Autopilot(mission))]), 300)
    library.farside_abort(pilot.state, pilot.table)
    commands = pilot.fly(range(300), estimates)
    assert commands["phase"][0] == 0
    assert commands["phase"][-1] == 8
    assert commands["abort"][-1] >> 4 == AbortCause.CAUSE_COMMAND


@pytest.mark.slow
def test_the_bits_of_a_hold_of_timed_exits_and_of_laws_that_come_back(built, library):
    """Every command of a descent that flies its laws twice, as the extension gives them."""
    rows = flown_twice().telemetry
    again = Autopilot(twice())
    expected, commands = both_commanded(again, rows, built, library, "twice")
    assert commands.tobytes() == expected.tobytes()
    assert set(commands["phase"]) == set(range(len(twice().phases)))


@pytest.mark.slow
def test_hostile_estimates_give_sound_commands_and_the_extensions(built, library):
    pilot = Autopilot(MISSION)
    e = mixed(np.random.default_rng(3), 20_000)
    expected = np.zeros(len(e), COMMAND)
    pilot.core.tick_many(0, e, expected)
    ours = Pilot(library, compiled_table(built, pilot.core, "hostile"))
    commands = ours.fly(range(len(e)), e)
    check_sound(commands)
    assert commands.tobytes() == expected.tobytes()


def test_states_and_sites_that_cannot_be(built, library):
    pilot = Pilot(library, compiled_table(built, Autopilot(MISSION).core, "states"))
    before = bytes(pilot.state)
    for site in ((np.nan, 0.0, 0.0), (0.0, np.inf, 0.0), (0.0, 0.0, -np.inf)):
        pilot.aim(site, 0.0, True)
    assert bytes(pilot.state) == before
    pilot.aim((1.0, 2.0, 3.0), np.nan, True)
    assert bytes(pilot.state) != before
    e = np.zeros(1, ESTIMATE)
    for phase in (-1, 8, 16, 2**31 - 1, -(2**31)):
        pilot.state[:4] = phase.to_bytes(4, "little", signed=True)
        assert pilot.fly([5], e)["status"] == Status.BAD_INPUT


def test_a_table_that_is_not_whole_is_refused(built, library):
    table = compiled_table(built, Autopilot(MISSION).core, "refused")

    def fault(change=None, sealed=False):
        t = bytearray(table)
        if change is not None:
            change(np.frombuffer(t, np.uint8))
        if sealed:
            h = 2166136261
            for byte in t[12:]:
                h = ((h ^ byte) * 16777619) & 0xFFFFFFFF
            t[8:12] = h.to_bytes(4, "little")
        return library.farside_check((ctypes.c_ubyte * len(t)).from_buffer(t))

    def put(at, value, kind="<i4"):
        def change(t):
            t[at : at + np.dtype(kind).itemsize] = np.array([value], kind).view(np.uint8)

        return change

    assert fault() == fault(sealed=True) == 0
    assert library.farside_check(None) == 1
    assert fault(put(0, len(table) - 8)) == 2
    assert fault(put(4, library.farside_version() + 1)) == 3
    assert fault(put(8, 0)) == 4
    for phases in (0, -1, 17, 2**31 - 1):
        assert fault(put(12, phases), sealed=True) == 5
    assert fault(put(16, 0), sealed=True) == 8  # ticks of a major cycle, the first count
    assert fault(put(28, 10_001), sealed=True) == 8  # Newton steps without bound
    assert fault(put(44, 0), sealed=True) == 8  # no tick over which the reference turns
    assert fault(put(80, 99), sealed=True) == 5  # the first row's law
    assert fault(put(96, np.nan, "<f8"), sealed=True) == 6  # and its exit's value
    assert fault(put(len(table) - 8, np.inf, "<f8"), sealed=True) == 6
    damping = np.frombuffer(table).tolist().index(MISSION.guidance.attitude.damping)
    assert fault(put(8 * damping, -0.1, "<f8"), sealed=True) == 8
    rng = np.random.default_rng(1)
    for at, bit in zip(rng.integers(0, len(table), 300), rng.integers(0, 8, 300), strict=True):

        def flip(t, at=at, bit=bit):
            t[at] ^= np.uint8(1 << bit)

        assert fault(flip) != 0, f"bit {bit} of byte {at}"


def test_header_and_table_are_clean_c_and_cpp(built):
    (built / "chang_e_6.h").write_text(mission_c(MISSION))
    for name, compiler in (
        ("clean.c", ("gcc", "-std=c99")),
        ("clean.cpp", ("g++", "-std=c++11")),
    ):
        if shutil.which(compiler[0]) is None:
            continue
        (built / name).write_text(
            '#include "farside.h"\n#include "chang_e_6.h"\n'
            "int main(void) { return farside_check(&mission_table) + mission_start.contact; }\n"
        )
        run(
            *compiler, *STRICT, "-I", built, built / name, "-L", built, "-lfarside",
            f"-Wl,-rpath,{built}", "-o", built / "clean",
        )  # fmt: skip
        run(built / "clean")


def test_export_refuses_in_one_line(tmp_path, capsys):
    for words, why in (
        (["chang-e-6"], "--c"),
        (["chang-e-6", "--c", "--out", str(tmp_path / "x.txt")], ".h (to include)"),
        (["no-such-mission", "--c"], "no-such-mission"),
        (["chang-e-6", "--c", "--out", "/dev/null/x.h"], "/dev/null"),
    ):
        assert main(["export", "mission", *words]) == 2
        said = capsys.readouterr().err
        assert why in said and said.count("\n") == 1, said


def test_the_header_follows_the_kernels(tmp_path):
    """A field more in a .pxd is a field more in C; what it cannot read stops the build."""
    make = header_maker()
    shutil.copytree(ROOT / "ext", tmp_path, dirs_exist_ok=True)
    records = tmp_path / "guidance" / "records" / "command.pxd"
    text = records.read_text()
    records.write_text(
        text.replace(
            "    int32_t contact         # a foot",
            "    Vec3 wind[2 * MAX_PHASES][3]  # none\n\\g",
            1,
        ).replace("\\g", "    int32_t contact         # a foot")
        + "\nfrom farside.ext.common.vector cimport Vec3\n"
    )
    said = make.header(tmp_path)
    assert "    farside_vec3 wind[2 * 18][3];  /* none */\n    int32_t contact;" in said
    assert "offsetof(farside_estimate, wind)" in make.assertions(folder=tmp_path)
    records.write_text(text.replace("    double mass_kg\n", "    double mass_kg[a + b]\n", 1))
    with pytest.raises(SystemExit, match="no constant a"):
        make.header(tmp_path)


def test_a_flight_may_begin_in_any_row(built, library):
    """The bits of the extension's begin; a row that is not there leaves a fresh start."""
    pilot = Autopilot(MISSION)
    ours = Pilot(library, compiled_table(built, pilot.core, "begin"))
    fresh = bytes(ours.state)
    rng = np.random.default_rng(8)
    for row in range(len(MISSION.phases)):
        e = mixed(rng, 300)
        expected = np.zeros(len(e), COMMAND)
        pilot.core.begin(row)
        pilot.core.tick_many(100, e, expected)
        assert library.farside_begin(ours.state, ours.table, row) == 1
        assert ours.fly(range(100, 100 + len(e)), e).tobytes() == expected.tobytes()
    for row in (-1, len(MISSION.phases), 2**31 - 1, -(2**31)):
        assert library.farside_begin(ours.state, ours.table, row) == 0
        assert bytes(ours.state) == fresh
