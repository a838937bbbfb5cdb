"""The same mission and seed fly the same flight to the bit, on any x86-64 CPU."""

import ast
import json
import math
import os
import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from flown import ROOT, SEEING_CPU_S, flight, landing

from farside.ext.common.dispatch import supported_isas
from farside.flight import land
from farside.flight.telemetry import digest
from farside.mission import load_mission

FLY = """
import sys
from farside.flight import land
from farside.mission import load_mission
print(land(load_mission(sys.argv[1]), seed=int(sys.argv[2]), cameras=False).telemetry_sha256)
for name, module in sys.modules.items():
    if name.startswith("farside.ext.") and getattr(module, "__file__", "").endswith(".so"):
        print(module.__file__)
"""


def elsewhere(mission, seed, **environment):
    """Fly in a process of its own: the hash of its telemetry, the paths of its kernels."""
    ran = subprocess.run(
        [sys.executable, "-c", FLY, mission, str(seed)],
        env={**os.environ, **environment},
        cwd=environment.get("PYTHONPATH", ROOT),
        capture_output=True,
        text=True,
        check=True,
    )
    digested, *kernels = ran.stdout.splitlines()
    return digested, kernels


def test_two_runs_in_one_process():
    once = landing(seed=1)
    again = land(load_mission("chang-e-6"), seed=1)
    assert again.telemetry_sha256 == once.telemetry_sha256
    assert again.touchdown == once.touchdown and again.site == once.site


@pytest.mark.slow
def test_a_run_in_another_process_with_another_hash_seed():
    assert elsewhere("chang-e-6", 1, PYTHONHASHSEED="7")[0] == landing(seed=1).telemetry_sha256


@pytest.mark.slow
def test_the_clock_leaves_the_flight_alone():
    """Timed or not, the records differ in the columns that time them, and in no other."""
    timed = flight(seed=2, imaging=False, timed=True).flown
    untimed = flight(seed=2, imaging=False, timed=False).flown
    assert timed["tick_ns"].any() and not untimed["tick_ns"].any()
    assert digest(timed) == digest(untimed)


@pytest.mark.slow
def test_the_hash_tells_flights_apart():
    assert len({landing(seed=seed).telemetry_sha256 for seed in range(3)}) == 3
    rows = landing(seed=0).telemetry.copy()
    rows["r_site"][100, 0] += 1e-9
    assert digest(rows) != landing(seed=0).telemetry_sha256


@pytest.mark.slow(cpu_s=130)
def test_kernels_built_for_this_cpu_fly_the_same_bits(tmp_path):
    """The native build of a copy of the sources, beside the build under test.

    The kernels' C and the FMUs, which have the same flags in every profile, are those of that
    build: only gcc's work differs. Kernels that these flights do not load are not built again.
    """
    flights = (("chang-e-6", 1), ("chang-e-4", 0), ("apollo-11", 0))
    flown = {path for flight in flights for path in elsewhere(*flight)[1]}
    flown = {Path(path).relative_to(ROOT) for path in flown}
    copy = tmp_path / "farside"
    aside = shutil.ignore_patterns(
        ".*", "build", "dist", "landings", "*.cpython-*.so", "*.egg-info", "__pycache__"
    )
    shutil.copytree(ROOT, copy, ignore=aside)
    shutil.copytree(ROOT / "build" / "cython", copy / "build" / "cython")
    for stamp in (ROOT / "build" / "stamps").glob("fmu-*.stamp"):
        (copy / "build" / "stamps").mkdir(exist_ok=True)
        shutil.copy2(stamp, copy / "build" / "stamps")
    (copy / "build" / "profile").write_text("native")
    wanted = {path.parent / path.name.partition(".")[0] for path in flown}
    for source in (ROOT / "ext").rglob("*.pyx"):
        name = source.relative_to(ROOT).with_suffix("")
        if name not in wanted:
            (copy / name).with_suffix(".pyx").unlink()
    subprocess.run(
        [sys.executable, "setup.py", "-q", "build_ext", "--inplace"],
        env={**os.environ, "FARSIDE_BUILD": "native"},
        cwd=copy,
        check=True,
        capture_output=True,
    )
    tree = str(copy / "build" / "tree")
    for mission, seed in flights:
        digested, kernels = elsewhere(mission, seed, PYTHONPATH=tree)
        assert len(kernels) > 40
        assert all(path.startswith(str(copy)) for path in kernels)
        assert digested == landing(mission, seed).telemetry_sha256


# ---- other CPUs ---------------------------------------------------------------------------------

UMATH = getattr(np, "_core", None) or np.core
FEATURES = UMATH._multiarray_umath.__cpu_features__
#: An x86-64 CPU without AVX and FMA: glibc, numpy, OpenBLAS, OpenCV and our own map kernels take
#: the code that they would take there.
OLDER = {
    "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-AVX512F,-FMA4,-AVX2_Usable,-FMA_Usable",
    "NPY_DISABLE_CPU_FEATURES": " ".join(
        name for name in UMATH._multiarray_umath.__cpu_dispatch__ if FEATURES.get(name)
    ),
    "OPENBLAS_CORETYPE": "Nehalem",
    "OPENCV_CPU_DISABLE": "AVX512_SKX,AVX2,FMA3,AVX",
    "FARSIDE_ISA": "x86_64",
}
FLIGHTS = [
    (mission, seed, imaging, False)
    for mission, seed in (("chang-e-6", 1), ("chang-e-4", 0))
    for imaging in (True, False)
]
#: A few thousand bits of libm and numpy, which the flights must not depend on, and the flights.
FLY_ELSEWHERE = """
import json, math, sys
import numpy as np
from farside.flight import land
from farside.mission import load_mission
x = np.linspace(0.1, 9.0, 2000)
probe = [math.sin(v) + math.exp(v) + math.pow(v, 1.7) for v in x]
facts = []
for name, seed, imaging, cameras in json.loads(sys.argv[1]):
    how = {"seed": seed, "imaging": imaging, "cameras": cameras}
    facts.append(land(load_mission(name), **how).to_dict())
print(json.dumps([[v.hex() for v in probe], facts]))
"""


def without_timing(facts):
    return {name: fact for name, fact in facts.items() if name != "timing"}


IMITATED = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "AMD64") or platform.libc_ver()[0] != "glibc",
    reason="imitates an older x86-64 CPU by what glibc is told",
)


def flown_older(flights):
    """Fly on the imitation of an older CPU: bits of libm and numpy there, and facts."""
    ran = subprocess.run(
        [sys.executable, "-c", FLY_ELSEWHERE, json.dumps(flights)],
        env={**os.environ, **OLDER},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(ran.stdout)


@IMITATED
@pytest.mark.slow(cpu_s=SEEING_CPU_S)
def test_an_older_cpu_sees_the_same_bits():
    """A flight with its cameras: truth's images, matches with the map, odometry, hazards."""
    _, (facts,) = flown_older([("chang-e-6", 3, True, True)])
    here = landing(seed=3, cameras=True).to_dict()
    assert without_timing(facts) == without_timing(here)


@pytest.mark.slow
@IMITATED
def test_an_older_cpu_flies_the_same_bits():
    probe, flown = flown_older(FLIGHTS)
    if "avx2" in supported_isas():
        # The imitation has taken hold: what is not ours did change.
        x = np.linspace(0.1, 9.0, 2000)
        here = [(math.sin(v) + math.exp(v) + math.pow(v, 1.7)).hex() for v in x]
        assert probe != here
    for (mission, seed, imaging, _), facts in zip(FLIGHTS, flown, strict=True):
        here = landing(mission, seed, imaging=imaging).to_dict()
        # The hash of the telemetry is one of the facts.
        assert without_timing(facts) == without_timing(here)


#: What picks its code by the CPU: in libm, in numpy, in BLAS and LAPACK.
FROM_LIBM = set(
    "sin cos tan asin acos atan atan2 sinh cosh tanh exp expm1 exp2 log log2 log10 log1p pow hypot"
    " dist cbrt gamma lgamma erf erfc".split()
)
FROM_NUMPY = set(
    "sin cos tan arcsin arccos arctan arctan2 sinh cosh tanh exp expm1 exp2 log log2 log10 log1p"
    " power float_power hypot cbrt dot vdot matmul inner outer einsum tensordot convolve correlate"
    " linalg geomspace logspace polyfit vander sinc".split()
)
#: Of the packages that fly, what no number of a flight comes from: refusals and warnings of files
#: and missions, and functions for users.
GROUNDED = {
    "flight/braking_sight.py",
    "flight/budget.py",
    "flight/checks.py",
    "flight/failures.py",
    "guidance/ascent_flight.py",
    "guidance/braking_flight.py",
    "guidance/constrained.py",
    "guidance/nearest.py",
    "guidance/optimal.py",
    "guidance/upright.py",
    "mission/ephemeris.py",
    "mission/odd_rows.py",
    "mission/odd_sensors.py",
    "mission/odd_vehicle.py",
    "raster/coordinates.py",
    "raster/heights.py",
    "raster/lunar.py",
    "raster/read.py",
    "raster/store.py",
    "raster/windows.py",
    "ext/common/_deterministic.pyi",
}
FLYING = ("ext", "mission", "raster", "ground", "terrain", "dynamics", "sensors", "navigation")
FLYING += ("guidance", "avoidance", "flight")


def of_the_cpu(source):
    """Name what a module takes from where the CPU chooses: the line, and what stands there."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
            yield node.lineno, "@"
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
            whole = isinstance(node.right, ast.Constant) and node.right.value == 2
            if not whole and not isinstance(node.left, ast.Constant):
                yield node.lineno, "**"
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            names = {"math": FROM_LIBM, "np": FROM_NUMPY}.get(node.value.id, set())
            if node.attr in names:
                yield node.lineno, f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("scipy.special"):
            yield node.lineno, node.module


def test_what_flies_takes_nothing_from_where_the_cpu_chooses():
    assert list(of_the_cpu("import math\nx = math.exp(1.0) + a @ b + np.hypot(1, 2) + y**1.5"))
    found = [
        f"{path.relative_to(ROOT)}:{line}: {what}"
        for package in FLYING
        for path in sorted((ROOT / package).rglob("*.py"))
        if str(path.relative_to(ROOT)) not in GROUNDED
        for line, what in of_the_cpu(path.read_text())
    ]
    assert not found


def test_kernels_take_no_more_of_libm_than_what_is_exact():
    exact = {"NAN", "sqrt", "sqrtf", "floor", "floorf", "fabs", "fabsf", "isfinite", "isnan"}
    # to the nearest whole, ties to even, and to whole numbers: no CPU does otherwise; the rest of a
    # division is exact by definition
    exact |= {"rint", "ceil", "fmod", "INFINITY"}
    taken = {
        name.strip()
        for path in (ROOT / "ext").rglob("*")
        if path.suffix in (".pxd", ".pyx", ".pxi")
        for names in re.findall(r"from libc\.math cimport ([^\n]*)", path.read_text())
        for name in names.strip("() ").split(",")
    }
    assert "sqrt" in taken and taken <= exact
