"""Builds the Cython kernels; everything else about the project is in pyproject.toml.

FARSIDE_BUILD picks how they are compiled:

    release  (default) what a wheel ships: -O3, no bounds checks, any x86-64 or arm64 CPU
    native   release for this machine's CPU only; never for a wheel
    checked  bounds, None and initialisation checks on, with debug symbols
    traced   line tracing, so that coverage.py sees the kernels (slow)
    asan     checked, under AddressSanitizer and UBSan

A kernel whose file name ends in _avx2 or _avx512 is built for that instruction set on x86-64, and
left out on other machines; the package that imports it chooses by what the CPU can do.
"""

import gc
import os
import platform
import sys
import sysconfig
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).resolve().parent
# Cython makes no garbage worth collecting: half of its time goes to looking for it.
gc.disable()
#: What Cython writes for memoryviews, compiled once for all kernels.
SHARED = "farside.ext._shared"
# The one list that drives the packages, their folders, the kernels and the import tree.
PACKAGES = (
    "ext",
    "mission",
    "raster",
    "ground",
    "terrain",
    "dynamics",
    "sensors",
    "navigation",
    "guidance",
    "flight",
    "report",
    "adapters",
    "survey",
    "campaign",
    "scenes",
    "cli",
)

# No -ffast-math: it would flush denormals for the whole process that loads us.
# No FMA contraction: the same bits on every CPU. GCC 12 contracts all the same where it vectorises
# straight-line code (vfmaddsub), which only a native build lets it do: there that is off.
C_FLAGS = {
    "release": ["-O3", "-g0", "-ffp-contract=off"],
    "native": ["-O3", "-g0", "-ffp-contract=off", "-march=native", "-fno-tree-slp-vectorize"],
    "checked": ["-O1", "-g", "-ffp-contract=off"],
    "traced": ["-O0", "-g", "-ffp-contract=off"],
    "asan": [
        "-O1",
        "-g",
        "-ffp-contract=off",
        "-fno-omit-frame-pointer",
        "-fsanitize=address,undefined",
    ],
}
ISA_FLAGS = {
    "_avx2": ["-mavx2"],
    "_avx512": ["-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mprefer-vector-width=512"],
}
# Map kernels take no NaN (holes are handled before them): max and min may be vectorised. _odds_ is
# not among them, for its NaN says what was not measured.
FINITE_FLAGS = ["-ffinite-math-only", "-fno-signed-zeros"]
FINITE_KERNELS = ("_disc_", "_stand_")

#: What an FMU can be: fmu/<kind>.pyx.
FMU_KINDS = ("autopilot", "lander")

BUILD = os.environ.get("FARSIDE_BUILD", "release")
if BUILD not in C_FLAGS:
    raise SystemExit(f"FARSIDE_BUILD={BUILD}: choose one of {', '.join(C_FLAGS)}")
SAFE = BUILD in ("checked", "traced", "asan")
X86 = platform.machine() in ("x86_64", "AMD64")

# coverage.py listens to the old trace hook, not to sys.monitoring (Python 3.13).
TRACE_MACROS = [("CYTHON_TRACE_NOGIL", "1"), ("CYTHON_USE_SYS_MONITORING", "0")]

DIRECTIVES = {
    "language_level": 3,
    "boundscheck": SAFE,
    "wraparound": False,
    "initializedcheck": SAFE,
    "nonecheck": SAFE,
    "cdivision": True,
    "embedsignature": True,
    "freethreading_compatible": True,
    "linetrace": BUILD == "traced",
}


def import_tree() -> Path:
    """Lay the folders out as they import (farside/guidance, ...), for cimport and type checkers.

    setuptools maps farside.guidance to guidance/, but Cython and mypy look for a folder.
    """
    tree = ROOT / "build" / "tree"
    (tree / "farside").mkdir(parents=True, exist_ok=True)
    for name in PACKAGES:
        link = tree / "farside" / name
        if not link.is_symlink():
            link.symlink_to(Path("..", "..", "..", name), target_is_directory=True)
    return tree


def profile_changed() -> bool:
    """Whether the last build here used other flags, so that nothing compiled then may be kept."""
    stamp = ROOT / "build" / "profile"
    if stamp.exists() and stamp.read_text() == BUILD:
        return False
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text(BUILD)
    return True


def compile_flags(source: Path) -> list[str]:
    """Give the C flags of one kernel: the profile's, its instruction set's, its kind's."""
    flags = list(C_FLAGS[BUILD])
    for suffix, isa in ISA_FLAGS.items():
        if source.stem.endswith(suffix):
            flags += isa
    if source.stem.startswith(FINITE_KERNELS) and not SAFE:
        flags += FINITE_FLAGS
    return flags


def kernels() -> list[Extension]:
    """List every .pyx under the packages, as the module farside.<its path>."""
    sources = [s for package in PACKAGES for s in sorted((ROOT / package).rglob("*.pyx"))]
    if not X86:
        sources = [s for s in sources if not s.stem.endswith(tuple(ISA_FLAGS))]
    if not sources:
        raise SystemExit("no .pyx found: this source distribution is broken")
    return [
        Extension(
            "farside." + ".".join(source.relative_to(ROOT).with_suffix("").parts),
            [str(source.relative_to(ROOT))],
            extra_compile_args=compile_flags(source),
            extra_link_args=[f for f in C_FLAGS[BUILD] if f.startswith("-fsanitize")],
            define_macros=TRACE_MACROS if BUILD == "traced" else [],
        )
        for source in sources
    ] + [
        Extension(SHARED, ["ext/_shared.c"], extra_compile_args=C_FLAGS[BUILD],
            extra_link_args=[f for f in C_FLAGS[BUILD] if f.startswith("-fsanitize")])
    ]


class Build(build_ext):
    """The kernels, then on Linux the libraries of the FMUs: the same kernels without Python.

    Sections nobody calls are dropped, and with them all that Cython writes for Python; a reference
    to Python that is left stops the link.
    """

    def finalize_options(self) -> None:
        """Two compilers at a time; an editable install forgets what setup() says of it."""
        super().finalize_options()
        if self.parallel is None:
            self.parallel = os.cpu_count()

    def run(self) -> None:
        """Build everything, in place where asked: setuptools would go by a folder of its own,

        another for pip than for us, and compile every kernel in each.
        """
        super(build_ext, self).run()
        if sys.platform == "linux":
            self.build_fmus()

    def build_fmus(self) -> None:
        """Link farside/adapters/fmi/{autopilot,lander}-{2,3}.so."""
        folder = ROOT if self.inplace else Path(self.build_lib) / "farside"
        folder = folder / "adapters" / "fmi"
        kernels = [*ROOT.glob("ext/*.px?"), *ROOT.glob("fmu/*"), ROOT / "setup.py"]
        newest = max(source.stat().st_mtime for source in kernels)
        made = [folder / f"{kind}-{version}.so" for kind in FMU_KINDS for version in (2, 3)]
        if not self.force and all(m.exists() and m.stat().st_mtime > newest for m in made):
            return
        flags = [*C_FLAGS["release"], "-std=gnu11", "-fvisibility=hidden", "-Ifmu"]
        flags += ["-ffunction-sections", "-fdata-sections", "-I" + sysconfig.get_path("include")]
        bare = {**DIRECTIVES, "boundscheck": False, "initializedcheck": False, "nonecheck": False}
        models = cythonize(
            [Extension(f"farside_{kind}", [f"fmu/{kind}.pyx"]) for kind in FMU_KINDS],
            include_path=[str(import_tree())],
            build_dir="build/cython",
            compiler_directives={**bare, "linetrace": False},
        )
        folder.mkdir(parents=True, exist_ok=True)
        for kind, model in zip(FMU_KINDS, models, strict=True):
            shared = self.compiler.compile([*model.sources, "fmu/instance.c"], output_dir=self.build_temp, extra_postargs=flags)
            for version in (2, 3):
                objects = shared + self.compiler.compile(
                    [f"fmu/fmi{version}.c"],
                    output_dir=self.build_temp,
                    extra_postargs=flags,
                )
                self.compiler.link_shared_object(
                    objects,
                    str(folder / f"{kind}-{version}.so"),
                    libraries=["m"],
                    extra_postargs=[
                        "-Wl,--gc-sections",
                        "-Wl,-z,defs",
                        "-Wl,--strip-all",
                        f"-Wl,--version-script=fmu/fmi{version}.map",
                    ],
                )


setup(
    cmdclass={"build_ext": Build},
    packages=[
        # nothing but __main__.py, for `python -m farside`; without __init__.py a namespace still
        "farside",
        *(f"farside.{name}" for name in PACKAGES),
        "farside.adapters.fmi",
        "farside.campaign.statistics",
        "farside.campaign.page",
        "farside.report.replay",
    ],
    package_dir={"farside": "cli/entry", **{f"farside.{name}": name for name in PACKAGES}},
    ext_modules=cythonize(
        kernels(),
        include_path=[str(import_tree())],
        # coverage.py looks for the C beside the .pyx
        build_dir=None if BUILD == "traced" else "build/cython",
        compiler_directives=DIRECTIVES,
        force=profile_changed(),
        nthreads=2,
        shared_utility_qualified_name=SHARED,
    ),
    options={"build_ext": {"parallel": 2}},
)
