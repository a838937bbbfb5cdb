"""Builds the Cython kernels; everything else about the project is in pyproject.toml.

FARSIDE_BUILD picks how they are compiled:

    release  (default) what a wheel ships: -O3, no bounds checks, any x86-64 or arm64 CPU
    native   release for this machine's CPU only; never for a wheel
    checked  bounds, None and initialisation checks on, with debug symbols
    traced   line tracing, so that coverage.py sees the kernels (slow)
    asan     checked, under AddressSanitizer and UBSan

A wheel's kernels keep to Python's stable ABI, so that one wheel serves every Python from 3.11 on;
those built in place are for the Python that builds. FARSIDE_ABI=stable or version has both alike
(decision 082). On Windows clang-cl compiles: the map kernels' vector types are unknown to MSVC.

A kernel named _avx2 or _avx512 is built for that on x86-64 only; its importer chooses by the CPU.
"""

import gc
import hashlib
import importlib
import multiprocessing
import os
import platform
import shutil
import sys
import sysconfig
import time
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any

from Cython.Build import cythonize
from Cython.Compiler.Scanning import FileSourceDescriptor
from setuptools import Distribution, Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).resolve().parent
# Half of Cython's time is Python's garbage collector, which finds next to nothing: 41 to 22 CPU-s.
gc.disable()
#: Cython's code for memoryviews, compiled once for all kernels: 266 to 134 CPU-s of gcc.
SHARED = "farside.ext._shared"
# Where Cython lies below this folder, in .venv, its path would be in the C, and a wheel's other C.
file_of = FileSourceDescriptor.get_relative_path
FileSourceDescriptor.get_relative_path = lambda self: (
    Path(self.get_description()) if "site-packages" in self.file_path else file_of(self)
)
if shutil.which("ccache") and sysconfig.get_config_var("CC"):
    os.environ.setdefault("CC", "ccache " + sysconfig.get_config_var("CC").split()[0])
# The one list that drives the packages, their folders, the kernels and the import tree.
PACKAGES = (
    "ext", "mission", "raster", "ground", "terrain", "vision", "dynamics", "sensors", "navigation",
    "guidance", "avoidance", "flight", "report", "adapters", "survey", "campaign", "scenes", "cli",
)  # fmt: skip

# No -ffast-math: it would flush denormals for the whole process that loads us.
# No FMA contraction: the same bits on every CPU. GCC 12 contracts where it vectorises straight-line
# code (vfmaddsub) all the same, which a native build alone lets it do: there that is off.
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
# What gcc says of Cython's C and of no line of ours: a part of a const record goes through a
# pointer that is not const, and is read; not all that it writes is used; enums are unsigned in C.
# Of a filter's row gcc does not see that what is read was written before.
QUIET_FLAGS = ["-Wno-discarded-qualifiers", "-Wno-unused", "-Wno-sign-compare"]
ROW_FLAGS, ROW_KERNELS = ["-Wno-maybe-uninitialized"], ("_filter", "_guarded")
ISA_FLAGS = {
    "_avx2": ["-mavx2"],
    "_avx512": ["-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mprefer-vector-width=512"],
}
# Map kernels take no NaN (holes are handled before them): max and min may be vectorised.
# _probability_ is not among them, for its NaN says what was not measured.
FINITE_FLAGS = ["-ffinite-math-only", "-fno-signed-zeros"]
FINITE_KERNELS = ("_disc_", "_legs_")

#: What an FMU can be, adapters/fmi/c/<kind>.pyx, and for which versions of FMI.
FMU_KINDS = {"autopilot": (2, 3), "lander": (2, 3), "avoidance": (3,), "navigation": (2, 3)}
FMU_SOURCES = "adapters/fmi/c"
LIBRARY_SOURCES = "adapters/c/lib"

BUILD = os.environ.get("FARSIDE_BUILD", "release")
ABI = os.environ.get("FARSIDE_ABI", "stable" if "bdist_wheel" in sys.argv else "version")
for name, value, known in (("BUILD", BUILD, C_FLAGS), ("ABI", ABI, ("stable", "version"))):
    if value not in known:
        raise SystemExit(f"FARSIDE_{name}={value}: choose one of {', '.join(known)}")
#: Whether the kernels keep to the stable ABI of 3.11. Pythons without a GIL have none yet.
STABLE = ABI == "stable" and not sysconfig.get_config_var("Py_GIL_DISABLED")
STABLE_SINCE = ("cp311", "0x030B0000")
SAFE = BUILD in ("checked", "traced", "asan")
X86 = platform.machine() in ("x86_64", "AMD64")

# Where processes do not begin as copies of this one, each would run setup.py again. Python 3.14
# copies no more by itself; nothing has a thread yet when Cython does.
if "fork" in multiprocessing.get_all_start_methods() and sys.platform != "darwin":
    multiprocessing.set_start_method("fork", force=True)
FORKS = multiprocessing.get_start_method() == "fork"

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
    # The lines of the source in the C are for coverage.py. Without them a header that changed
    # changes the C of the kernels it concerns, and no other is compiled again.
    "emit_code_comments": BUILD == "traced",
}

if BUILD == "traced":
    sys.path.insert(0, str(ROOT / ".ci"))
    importlib.import_module("traced").trace_without_values()


def linked(link: Path, to: Path) -> None:
    """Link a folder or file; where Windows gives no right to that, a junction or a copy."""
    if link.is_symlink() or link.exists():
        return
    try:
        link.symlink_to(to, target_is_directory=(link.parent / to).is_dir())
    except OSError:
        if sys.platform != "win32":
            raise
        whole = (link.parent / to).resolve()
        if whole.is_dir():
            importlib.import_module("_winapi").CreateJunction(str(whole), str(link))
        else:
            shutil.copyfile(whole, link)


def import_tree() -> Path:
    """Lay the folders out as they import (farside/guidance, ...), for cimport and type checkers.

    setuptools maps farside.guidance to guidance/, but Cython and mypy look for a folder.
    """
    tree, entry = ROOT / "build" / "tree", ROOT / "build" / "entry"
    for folder in (tree, entry):
        (folder / "farside").mkdir(parents=True, exist_ok=True)
        for path in (ROOT / "cli" / "entry").glob("*.py"):
            linked(folder / "farside" / path.name, Path("../../../cli/entry", path.name))
    for name in PACKAGES:
        linked(tree / "farside" / name, Path("..", "..", "..", name))
    return tree


def entry_path() -> list[tuple[str, list[str]]]:
    """Name the path by which an editable install finds farside itself: see decision 001."""
    if "editable_wheel" not in sys.argv:
        return []
    import_tree()
    (ROOT / "build" / "farside.pth").write_text(f"{ROOT / 'build' / 'entry'}\n", "utf-8")
    return [(os.path.relpath(sysconfig.get_path("purelib"), sys.prefix), ["build/farside.pth"])]


def profile_changed() -> bool:
    """Whether the last build here used other flags, so that nothing compiled then may be kept."""
    stamp = ROOT / "build" / "profile"
    if stamp.exists() and stamp.read_text() == BUILD:
        return False
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text(BUILD)
    return True


def drop_other_abi(made: Path) -> None:
    """Remove what was built in place for the other ABI: Python would import that first."""
    for suffix in EXTENSION_SUFFIXES:
        other = made.with_name(made.name.partition(".")[0] + suffix)
        if other != made:
            other.unlink(missing_ok=True)


def compile_flags(source: Path) -> list[str]:
    """Return the C flags of one kernel: the profile's, its instruction set's, its kind's."""
    flags = list(C_FLAGS[BUILD])
    for suffix, isa in ISA_FLAGS.items():
        if source.stem.endswith(suffix):
            flags += isa
    if source.stem.startswith(FINITE_KERNELS) and not SAFE:
        flags += FINITE_FLAGS
    if sys.platform == "linux" and "clang" not in os.environ.get("CC", "gcc"):
        flags += QUIET_FLAGS + (ROW_FLAGS if source.stem in ROW_KERNELS else [])
    return flags


def package_names() -> list[str]:
    """List every folder with an __init__.py under the root folders, as it imports."""
    folders = {p.parent for name in PACKAGES for p in (ROOT / name).rglob("__init__.py")}
    folders.discard(ROOT / "cli" / "entry")  # farside itself
    return ["farside." + ".".join(folder.relative_to(ROOT).parts) for folder in sorted(folders)]


def kernels() -> list[Extension]:
    """List every .pyx of ext, as the module farside.<its path>."""
    sources = sorted((ROOT / "ext").rglob("*.pyx"))
    if not X86:
        sources = [s for s in sources if not s.stem.endswith(tuple(ISA_FLAGS))]
    if not sources:
        raise SystemExit("no .pyx found: this source distribution is broken")
    # The file of the shared module is written by cythonize, below build/cython.
    named = {SHARED: ROOT / "ext" / "_shared.c"}
    for source in sources:
        named["farside." + ".".join(source.relative_to(ROOT).with_suffix("").parts)] = source
    macros = TRACE_MACROS if BUILD == "traced" else []
    macros += [("Py_LIMITED_API", STABLE_SINCE[1])] if STABLE else []
    return [
        Extension(
            name,
            [str(source.relative_to(ROOT))],
            extra_compile_args=compile_flags(source),
            extra_link_args=[f for f in C_FLAGS[BUILD] if f.startswith("-fsanitize")],
            define_macros=macros,
            py_limited_api=STABLE,
        )
        for name, source in named.items()
    ]


def translate(extensions: list[Extension], **options: Any) -> None:
    """Translate .pyx to C where a source is newer, and say so; a build alone needs it (PEP 517)."""
    begun, start = time.time(), time.monotonic()
    translated = cythonize(
        extensions,
        include_path=[str(import_tree())],
        quiet=True,
        nthreads=(os.cpu_count() or 1) if FORKS else 0,
        **options,
    )
    by_name = {done.name: done for done in translated}
    for extension in extensions:
        done = by_name[extension.name]
        extension.sources, extension.depends = done.sources, done.depends
    sources = (Path(source) for extension in extensions for source in extension.sources)
    written = sum(source.stat().st_mtime >= begun for source in sources)
    if written:
        print(f"  {written} kernels to C, {time.monotonic() - start:.0f} s", flush=True)


class Build(build_ext):
    """The kernels, then on Linux the libraries of the FMUs: the same kernels without Python.

    Sections nobody calls are dropped, and with them all that Cython writes for Python; a reference
    to Python that is left stops the link.
    """

    def finalize_options(self) -> None:
        """Use every core: an editable install drops what setup() says of `parallel`."""
        super().finalize_options()
        if self.parallel is None:
            self.parallel = os.cpu_count()

    def run(self) -> None:
        """Build to where it is imported from: by a folder between, pip would compile again."""
        sys.path.insert(0, str(ROOT / LIBRARY_SOURCES))
        translated = importlib.import_module("translated")
        digest = translated.take(ROOT / "build", BUILD, STABLE)
        translate(
            self.extensions,
            build_dir=None if BUILD == "traced" else "build/cython",  # coverage.py looks beside it
            compiler_directives=DIRECTIVES,
            force=profile_changed(),
            shared_utility_qualified_name=SHARED,
        )
        super(build_ext, self).run()
        translated.keep(ROOT / "build", digest)

    def build_extensions(self) -> None:
        """Compile the kernels whose C has changed, the longest first, with a count."""
        if self.compiler.compiler_type == "msvc":
            self.take_clang_cl()
        self.extensions.sort(key=lambda extension: -Path(extension.sources[0]).stat().st_size)
        self.waiting, self.compiled = sum(map(self.is_stale, self.extensions)), 0
        # The FMUs beside the kernels: where one header has changed, one kernel is compiled.
        with ThreadPoolExecutor(1) as pool:
            fmus = pool.submit(self.build_fmus) if sys.platform == "linux" else None
            super().build_extensions()
            if fmus is not None:
                fmus.result()

    def take_clang_cl(self) -> None:
        """Compile with clang-cl, which reads our flags behind /clang: and links as MSVC does."""
        compiler = shutil.which("clang-cl")
        if compiler is None:
            raise SystemExit(
                "farside is compiled by clang-cl on Windows: install LLVM, and see PATH"
            )
        self.compiler.initialize()
        self.compiler.cc = compiler
        for extension in self.extensions:
            flags = [flag for flag in extension.extra_compile_args if flag != "-g0"]
            # As Python's own flags are elsewhere: see compile_words in adapters/c/lib/build.py.
            flags += ["-fwrapv", "-fno-strict-aliasing"]
            extension.extra_compile_args = [f"/clang:{flag}" for flag in flags]

    def stamp(self, name: str) -> Path:
        """Return the file that says what a library was made from; pip has its own build_temp."""
        folder = ROOT / "build" / "stamps" if self.inplace else Path(self.build_temp)
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{name}.stamp"

    def compiled_from(self, extension: Extension) -> str:
        """Return a digest of a kernel's C and flags, and the time of the library made of them."""
        digest = hashlib.sha256(
            repr((extension.extra_compile_args, extension.define_macros)).encode()
        )
        for source in extension.sources:
            digest.update(Path(source).read_bytes())
        made = Path(self.get_ext_fullpath(extension.name))
        return f"{digest.hexdigest()} {made.stat().st_mtime_ns}"

    def is_stale(self, extension: Extension) -> bool:
        """Return whether a kernel's C is newer than what was compiled from it, and other C."""
        made = Path(self.get_ext_fullpath(extension.name))
        if self.force or not made.exists():
            return True
        sources = [Path(source) for source in [*extension.sources, *extension.depends]]
        if all(s.stat().st_mtime <= made.stat().st_mtime for s in sources if s.exists()):
            return False
        stamp = self.stamp(extension.name)
        return not stamp.exists() or stamp.read_text() != self.compiled_from(extension)

    def build_extension(self, ext: Extension) -> None:
        """Compile one kernel where its C has changed, and print its turn and time."""
        if not self.is_stale(ext):
            return
        start = time.monotonic()
        super().build_extension(ext)
        drop_other_abi(Path(self.get_ext_fullpath(ext.name)))
        self.stamp(ext.name).write_text(self.compiled_from(ext))
        self.compiled += 1
        turn, name = f"{self.compiled} of {self.waiting}", ext.name.rpartition(".")[2]
        print(f"  kernel {turn}: {name}, {time.monotonic() - start:.1f} s", flush=True)

    def build_fmus(self) -> None:
        """Link farside/adapters/fmi/<kind>-<version of FMI>.so."""
        folder = ROOT if self.inplace else Path(self.build_lib) / "farside"
        folder = folder / "adapters" / "fmi"
        folder.mkdir(parents=True, exist_ok=True)
        bare = {**DIRECTIVES, "boundscheck": False, "initializedcheck": False, "nonecheck": False}
        fmus = importlib.import_module("fmus")
        jobs: dict[Future[None], tuple[Path, str]] = {}
        models = [Extension(f"farside_{kind}", [f"{FMU_SOURCES}/{kind}.pyx"]) for kind in FMU_KINDS]
        translate(
            models,
            build_dir="build/cython",
            compiler_directives={**bare, "linetrace": False},
        )
        with ThreadPoolExecutor(self.parallel) as pool:
            for kind, model in zip(FMU_KINDS, models, strict=True):
                made = [folder / f"{kind}-{version}.so" for version in FMU_KINDS[kind]]
                sources = [*map(Path, model.sources), *(ROOT / FMU_SOURCES).glob("*.[chm]*")]
                if kind == "avoidance":
                    sources += (ROOT / LIBRARY_SOURCES).glob("*lanes*")
                    sources += (ROOT / "ext" / "terrain").glob("*.px*")
                digest = hashlib.sha256(repr(C_FLAGS["release"]).encode())
                for source in sorted(sources):
                    digest.update(source.read_bytes())
                stamp = self.stamp(f"fmu-{kind}")
                kept = stamp.exists() and stamp.read_text() == digest.hexdigest()
                if self.force or not kept or not all(m.exists() for m in made):
                    job = pool.submit(
                        fmus.link, self.compiler, made, model.sources, self.build_temp
                    )
                    jobs[job] = stamp, digest.hexdigest()
        for job, (stamp, text) in jobs.items():
            job.result()
            stamp.write_text(text)


class Whole(Distribution):
    """What setuptools asks for as has_data in an editable install is has_data_files everywhere."""

    has_data = Distribution.has_data_files


setup(
    distclass=Whole,
    options={"bdist_wheel": {"py_limited_api": STABLE_SINCE[0]}} if STABLE else {},
    cmdclass={"build_ext": Build},
    packages=["farside", *package_names()],  # farside: its public names and __main__.py
    package_dir={"farside": "cli/entry", **{f"farside.{name}": name for name in PACKAGES}},
    ext_modules=kernels(),
    data_files=entry_path(),
)
