"""libfarside: nothing of Python in it, the extension's own bits, and a landing from C."""

import ctypes
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from c_library import built_library
from flown import flight
from sample_pilot import MISSION, check_sound, mixed
from sample_twice import flown_twice, twice
from test_flight_replay import retargets

from farside.adapters.c.table import first_estimate, initialiser, mission_c
from farside.cli.main import main
from farside.ext.guidance.autopilot._autopilot import replay
from farside.guidance import COMMAND, ESTIMATE, Autopilot
from farside.guidance.autopilot import GuidanceMode, Status
from farside.mission import load_mission

ROOT = Path(__file__).resolve().parents[2]
STRICT = ("-Wall", "-Wextra", "-pedantic", "-Werror")

pytestmark = pytest.mark.skipif(
    shutil.which("gcc") is None or not sys.platform.startswith("linux"),
    reason="libfarside is built by gcc for ELF: here is no gcc, or no Linux",
)


def run(*words, **options):
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built():
    """Return the folder of the library."""
    return built_library()


@pytest.fixture(scope="module")
def library(built):
    lib = ctypes.CDLL(str(built / "libfarside.so"))
    lib.farside_state_size.restype = ctypes.c_size_t
    lib.farside_version.restype = ctypes.c_uint32
    lib.farside_tick.argtypes = [*[ctypes.c_void_p] * 3, ctypes.c_int64, ctypes.c_void_p]
    lib.farside_aim.argtypes = [
        ctypes.c_void_p, ctypes.POINTER(ctypes.c_double), ctypes.c_double, ctypes.c_int,
    ]  # fmt: skip
    for name in ("check", "wants_plan", "wants_scan"):
        getattr(lib, f"farside_{name}").argtypes = [ctypes.c_void_p]
    lib.farside_begin.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int]
    lib.farside_start.argtypes = lib.farside_plan.argtypes = [ctypes.c_void_p] * 2
    return lib


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


def test_no_symbol_of_python_and_nothing_that_an_import_would_fill(built):
    so = built / "libfarside.so"
    undefined = run("nm", "-D", "--undefined-only", so)
    assert not re.search(r"\b_?Py", undefined), undefined
    assert {word.split("@")[0] for word in re.findall(r" U (\S+)", undefined)} <= {
        "sqrt", "sqrtf", "fmod", "memcpy", "memset", "floor", "ceil", "__stack_chk_fail",
    }  # fmt: skip
    assert not re.search(r" [bBdD] .*__pyx", run("nm", so))
    exported = set(re.findall(r" [A-Z] (\S+)", run("nm", "-D", "--defined-only", so)))
    assert exported == {
        f"farside_{name}"
        for name in (
            "version", "state_size", "check", "start", "begin", "tick", "wants_plan", "plan",
            "wants_scan", "aim", "avoid_version", "avoid_check", "avoid_workspace_size",
            "avoid_start", "avoid_map_scan", "avoid_decide",
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
    for field in ESTIMATE.names[:-2]:
        estimates[field] = rows[f"est_{field}"]
    estimates["contact"] = rows["flags"] & 1
    estimates["rest"] = (rows["flags"] >> 1) & 1
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


def test_the_bits_of_a_hold_of_timed_exits_and_of_laws_that_come_back(built, library):
    """Every command of a descent that flies its laws twice, as the extension gives them."""
    rows = flown_twice().telemetry
    again = Autopilot(twice())
    expected, commands = both_commanded(again, rows, built, library, "twice")
    assert commands.tobytes() == expected.tobytes()
    assert set(commands["phase"]) == set(range(len(twice().phases)))


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
    assert fault(put(48, 99), sealed=True) == 5  # the first row's law
    assert fault(put(64, np.nan, "<f8"), sealed=True) == 6  # and its exit's value
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


def test_the_example_lands(built, capsys):
    for example in ("mission.h", "mission.c"):
        assert main(["export", "mission", "chang-e-6", "--c", "--out", str(built / example)]) == 0
    assert "static" not in (built / "mission.c").read_text()
    run("gcc", "-std=c99", *STRICT, "-I", built, "-c", built / "mission.c", "-o", built / "m.o")
    run(
        "gcc", "-std=c99", "-O2", *STRICT, "-I", built, ROOT / "examples" / "c" / "land.c",
        "-L", built, "-lfarside", "-lm", f"-Wl,-rpath,{built}", "-o", built / "land",
    )  # fmt: skip
    said = run(built / "land")
    met = re.search(
        r"touchdown (\S+) m .*: (\S+) m/s down, (\S+) m/s across, tilted (\S+) deg, (\S+) kg", said
    )
    miss_m, down_mps, across_mps, tilt_deg, propellant_kg = map(float, met.groups())
    # The fall from 2 m that ends a mission brings sqrt(1.5^2 + 2 * 1.62 * 2) = 2.95 m/s.
    assert miss_m < 1.0 and down_mps < 3.1 and across_mps < 0.1 and tilt_deg < 0.5
    assert 1700.0 < propellant_kg < 1900.0
    assert said.endswith("landed\n")


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
    assert "    farside_vec3 wind[2 * 16][3];  /* none */\n    int32_t contact;" in said
    assert "offsetof(farside_estimate, wind)" in make.assertions(tmp_path)
    records.write_text(text.replace("    double mass_kg\n", "    double mass_kg[a + b]\n", 1))
    with pytest.raises(SystemExit, match="no constant a"):
        make.header(tmp_path)


# ---- programs of other people --------------------------------------------------------------------

#: Two missions side by side, the second begun at its approach: what each commands first, and when.
TWO = """\
#include <stdio.h>
#include "farside.h"
#include "six.h"
#include "four.h"
#include "six.h"

static farside_room room;
static farside_state a, b;

static void fly(const char *name, const farside_table *table, farside_state *state,
                farside_estimate estimate)
{
    const double site[3] = {0.0, 0.0, 0.0};
    farside_command command;
    int64_t tick;
    farside_aim(state, site, NAN, 1);
    for (tick = 0; tick < 3; tick++) {
        farside_tick(table, state, &estimate, tick, &command);
        if (farside_wants_plan(state))
            farside_plan(state, &room);
    }
    printf("%s phase %d status %d thrust %.17g\\n", name, command.phase, command.status,
           command.thrust_n);
    farside_tick(table, state, &estimate, 1, &command);
    printf("%s back: status %d\\n", name, command.status);
}

int main(void)
{
    farside_estimate low = four_start;
    low.r_site[0] = 0.0, low.r_site[1] = -1500.0, low.r_site[2] = 2200.0;
    low.v_site[0] = 0.0, low.v_site[1] = 40.0, low.v_site[2] = -25.0;
    low.q_site_body[0] = 1.0;
    low.q_site_body[1] = low.q_site_body[2] = low.q_site_body[3] = 0.0;
    low.mass_kg = 2000.0;
    if (farside_state_size() != sizeof a || farside_check(&six_table) || farside_check(&four_table))
        return 2;
    farside_start(&a, &six_table);
    if (farside_begin(&b, &four_table, 99) || farside_begin(&b, &four_table, -1)
            || !farside_begin(&b, &four_table, 2))
        return 3;
    fly("six", &six_table, &a, six_start);
    fly("four", &four_table, &b, low);
    return 0;
}
"""


@pytest.fixture(scope="module")
def said():
    """Return what the program TWO has to print, from the Python package."""
    lines = []
    for short, name in (("six", "chang-e-6"), ("four", "chang-e-4")):
        mission = load_mission(name)
        pilot = Autopilot(mission)
        if short == "four":
            pilot.begin("approach")
            e = np.zeros(1, ESTIMATE)
            e["r_site"], e["v_site"] = [0.0, -1500.0, 2200.0], [0.0, 40.0, -25.0]
            e["q_site_body"], e["mass_kg"], e["height_m"] = [1.0, 0.0, 0.0, 0.0], 2000.0, np.nan
            pilot.estimate[:] = e
        else:
            pilot.estimate[:] = first_estimate(mission, pilot)
        pilot.retarget((0.0, 0.0, 0.0))
        for k in range(3):
            c = pilot.tick(k)[0]
        lines.append(f"{short} phase {c['phase']} status {c['status']} thrust {c['thrust_n']:.17g}")
        lines.append(f"{short} back: status 3")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def installed(built, tmp_path_factory):
    """Return the prefix of an installed library, and the folder of a program that uses it."""
    prefix = tmp_path_factory.mktemp("prefix")
    run(sys.executable, ROOT / "adapters/c/lib/build.py", built, prefix)
    folder = tmp_path_factory.mktemp("host")
    for name, mission in (("six", "chang-e-6"), ("four", "chang-e-4")):
        words = ["export", "mission", mission, "--c", "--name", name]
        assert main([*words, "--out", str(folder / f"{name}.h")]) == 0
    for kind in ("c", "cpp"):
        (folder / f"two.{kind}").write_text(TWO)
    return prefix, folder


LANGUAGES = {"c": ("gcc", "-std=c99"), "cpp": ("g++", "-std=c++17")}


def needs(*tools):
    for tool in tools:
        if shutil.which(tool) is None:
            pytest.skip(f"needs {tool}")


def clean_environment(**more):
    """Return an environment in which nothing but the program itself says where the library is."""
    return {k: v for k, v in os.environ.items() if k != "LD_LIBRARY_PATH"} | more


@pytest.mark.parametrize("kind", LANGUAGES)
@pytest.mark.parametrize("how", ["shared", "static", "archive"])
def test_two_missions_in_one_program_installed(installed, said, kind, how):
    """By pkg-config: the digits of the Python package, run from elsewhere."""
    needs("pkg-config", LANGUAGES[kind][0])
    prefix, folder = installed
    env = clean_environment(PKG_CONFIG_PATH=str(prefix / "lib" / "pkgconfig"))
    flags = run("pkg-config", "--cflags", "--libs", "farside", env=env).split()
    if how == "static":
        flags = run("pkg-config", "--cflags", "--libs", "--static", "farside", env=env).split()
        flags = ["-l:libfarside.a" if word == "-lfarside" else word for word in flags]
    elif how == "archive":
        flags = ["-I", prefix / "include", prefix / "lib" / "libfarside.a", "-lm"]
    program = folder / f"two-{kind}-{how}"
    run(*LANGUAGES[kind], "-O2", *STRICT, folder / f"two.{kind}", *flags, "-lm", "-o", program)
    assert run(program, env=clean_environment(), cwd="/") == said
    needed = run("readelf", "-d", program)
    assert ("libfarside.so" in needed) == (how == "shared")


@pytest.mark.parametrize("target", ["farside", "static"])
@pytest.mark.parametrize("kind", LANGUAGES)
def test_a_cmake_project_finds_it(installed, said, kind, target):
    needs("cmake", LANGUAGES[kind][0], "make")
    prefix, folder = installed
    project = folder / f"cmake-{kind}-{target}"
    project.mkdir()
    (project / "CMakeLists.txt").write_text(
        f"cmake_minimum_required(VERSION 3.13)\nproject(two {'C' if kind == 'c' else 'CXX'})\n"
        "find_package(farside 0.1 CONFIG REQUIRED)\n"
        f"add_executable(two {folder}/two.{kind})\n"
        f"target_link_libraries(two PRIVATE farside::{target} m)\n"
    )
    build = project / "build"
    run("cmake", "-S", project, "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}")
    run("cmake", "--build", build)
    assert run(build / "two", env=clean_environment(), cwd="/") == said


def test_the_documented_line_runs_as_written(built, installed, said, tmp_path):
    """From the build's folder, without an install and without LD_LIBRARY_PATH."""
    needs("pkg-config", "cc")
    _, folder = installed
    line = re.search(r"^    (cc -O2 host\.c .*)$", (ROOT / "docs/integrate/c.md").read_text(), re.M)
    for name in ("six.h", "four.h"):
        shutil.copy(folder / name, tmp_path)
    (tmp_path / "host.c").write_text(TWO)
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "lib").symlink_to(built, target_is_directory=True)
    subprocess.run(line[1], shell=True, check=True, cwd=tmp_path)
    assert run(tmp_path / "host", env=clean_environment(), cwd="/") == said


def test_an_install_can_be_staged_and_says_where_it_may_not(built, tmp_path):
    env = clean_environment(DESTDIR=str(tmp_path / "stage"))
    run(sys.executable, ROOT / "adapters/c/lib/build.py", built, "/opt/moon", env=env)
    stage = tmp_path / "stage" / "opt" / "moon"
    text = (stage / "lib" / "pkgconfig" / "farside.pc").read_text()
    assert "prefix=/opt/moon\n" in text and str(tmp_path) not in text
    assert (stage / "include" / "farside.h").is_file()
    assert os.access(stage / "lib" / "libfarside.so", os.X_OK)
    words = [sys.executable, str(ROOT / "adapters/c/lib/build.py"), str(built), "/dev/null/x"]
    done = subprocess.run(words, capture_output=True, text=True, env=clean_environment())
    assert done.returncode and done.stderr.count("\n") == 1 and "PREFIX" in done.stderr


@pytest.mark.parametrize("place", ["a b/moon lib", "plain"])
def test_a_prefix_with_blanks_or_a_relative_one(built, installed, said, tmp_path, place):
    """Quoted by pkg-config for a shell; by CMake and the archive without more ado."""
    needs("pkg-config", "gcc", "sh")
    (tmp_path / "from here").mkdir()
    words = [sys.executable, ROOT / "adapters/c/lib/build.py", built, place]
    run(*words, cwd=tmp_path / "from here", env=clean_environment())
    prefix = tmp_path / "from here" / place
    _, folder = installed
    env = clean_environment(PKG_CONFIG_PATH=str(prefix / "lib" / "pkgconfig"))
    line = "eval \"gcc -O2 two.c $(pkg-config --cflags --libs farside) -lm -o '$OUT'\""
    program = tmp_path / "two"
    run("sh", "-c", line, cwd=folder, env={**env, "OUT": str(program)})
    assert run(program, env=clean_environment(), cwd="/") == said


def test_make_passes_a_prefix_with_blanks_on():
    needs("make")
    lines = run("make", "--no-print-directory", "-n", "install", "PREFIX=/opt/my moon", cwd=ROOT)
    assert lines.rstrip().endswith('build.py build/lib "/opt/my moon"')


@pytest.mark.parametrize("name", ["4x", "a-b", "", "x" * 41, "Farside_six", "\u00e9", "a;b"])
def test_a_name_that_c_does_not_take_is_refused(name, capsys):
    with pytest.raises(ValueError, match="give a name of C"):
        mission_c(MISSION, name=name)
    assert main(["export", "mission", "chang-e-6", "--c", "--name", name]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_flight_may_begin_in_any_row(built, library):
    """The bits of the extension's begin; a row that is not there leaves a fresh start."""
    pilot = Autopilot(MISSION)
    ours = Pilot(library, compiled_table(built, pilot.core, "begin"))
    fresh = bytes(ours.state)
    rng = np.random.default_rng(8)
    for row in range(len(pilot.names)):
        e = mixed(rng, 300)
        expected = np.zeros(len(e), COMMAND)
        pilot.core.begin(row)
        pilot.core.tick_many(100, e, expected)
        assert library.farside_begin(ours.state, ours.table, row) == 1
        assert ours.fly(range(100, 100 + len(e)), e).tobytes() == expected.tobytes()
    for row in (-1, len(pilot.names), 2**31 - 1, -(2**31)):
        assert library.farside_begin(ours.state, ours.table, row) == 0
        assert bytes(ours.state) == fresh
