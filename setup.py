"""Builds the Cython kernels; everything else about the project is in pyproject.toml.

FARSIDE_BUILD picks how they are compiled:

    release  (default) what a wheel ships: -O3, no bounds checks, any x86-64 or arm64 CPU
    native   release for this machine's CPU only; never for a wheel
    checked  bounds, None and initialisation checks on, with debug symbols
    traced   line tracing, so that coverage.py sees the kernels (slow)
    asan     checked, under AddressSanitizer and UBSan

A kernel named _avx2 or _avx512 is built for that on x86-64 only; its importer chooses by the CPU.
"""

import gc
import hashlib
import importlib.util
import os
import platform
import shutil
import sys
import sysconfig
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from Cython.Build import cythonize
from Cython.Compiler import Code, Nodes
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).resolve().parent
# Half of Cython's time is Python's garbage collector, which finds next to nothing: 41 to 22 CPU-s.
gc.disable()
#: Cython's code for memoryviews, compiled once for all kernels: 266 to 134 CPU-s of gcc.
SHARED = "farside.ext._shared"
if shutil.which("ccache") and sysconfig.get_config_var("CC"):
    os.environ.setdefault("CC", "ccache " + sysconfig.get_config_var("CC").split()[0])
# The one list that drives the packages, their folders, the kernels and the import tree.
PACKAGES = (
    "ext",
    "mission",
    "raster",
    "ground",
    "terrain",
    "vision",
    "dynamics",
    "sensors",
    "navigation",
    "guidance",
    "avoidance",
    "flight",
    "report",
    "adapters",
    "survey",
    "campaign",
    "scenes",
    "cli",
)

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
if BUILD not in C_FLAGS:
    print(f"FARSIDE_BUILD={BUILD}: choose one of {', '.join(C_FLAGS)}", file=sys.stderr)
    raise SystemExit(2)
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
    # The lines of the source in the C are for coverage.py. Without them a header that changed
    # changes the C of the kernels it concerns, and no other is compiled again.
    "emit_code_comments": BUILD == "traced",
}


def trace_without_values() -> None:
    """Have Cython report that a C function returned, but not what.

    It would turn every struct that is returned into a dict, with the same helpers written once for
    each .pxd the structs are from: C that does not compile (Cython 3.2 and 3.3).
    """
    analyse = Nodes.ReturnStatNode.analyse_expressions
    report = Code.CCodeWriter.put_trace_return

    def analyse_untraced(self: Any, env: Any) -> Any:
        kept = env.directives
        env.directives = {**kept, "linetrace": False}
        try:
            return analyse(self, env)
        finally:
            env.directives = kept

    def report_bare(
        self: Any, value: str, pos: Any, return_type: Any = None, nogil: bool = False
    ) -> None:
        if return_type is not None and not return_type.is_pyobject:
            value, return_type = "Py_None", None
        report(self, value, pos, return_type=return_type, nogil=nogil)

    Nodes.ReturnStatNode.analyse_expressions = analyse_untraced
    Code.CCodeWriter.put_trace_return = report_bare


if BUILD == "traced":
    trace_without_values()


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
    for path in (ROOT / "cli" / "entry").glob("*.py"):
        link = tree / "farside" / path.name
        if not link.is_symlink():
            link.symlink_to(Path("..", "..", "..", "cli", "entry", path.name))
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
    """Return the C flags of one kernel: the profile's, its instruction set's, its kind's."""
    flags = list(C_FLAGS[BUILD])
    for suffix, isa in ISA_FLAGS.items():
        if source.stem.endswith(suffix):
            flags += isa
    if source.stem.startswith(FINITE_KERNELS) and not SAFE:
        flags += FINITE_FLAGS
    return flags


def package_names() -> list[str]:
    """List every folder with an __init__.py under the root folders, as it imports."""
    folders = {p.parent for name in PACKAGES for p in (ROOT / name).rglob("__init__.py")}
    # cli/entry is farside itself
    folders.discard(ROOT / "cli" / "entry")
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
    named |= {
        "farside." + ".".join(source.relative_to(ROOT).with_suffix("").parts): source
        for source in sources
    }
    return [
        Extension(
            name,
            [str(source.relative_to(ROOT))],
            extra_compile_args=compile_flags(source),
            extra_link_args=[f for f in C_FLAGS[BUILD] if f.startswith("-fsanitize")],
            define_macros=TRACE_MACROS if BUILD == "traced" else [],
        )
        for name, source in named.items()
    ]


def translate(extensions: list[Extension], **options: Any) -> list[Extension]:
    """Translate .pyx to C where a source is newer than its C; print how many, and the time."""
    begun, start = time.time(), time.monotonic()
    translated = cythonize(
        extensions,
        include_path=[str(import_tree())],
        quiet=True,
        nthreads=os.cpu_count() or 1,
        **options,
    )
    written = [
        source
        for extension in translated
        for source in map(Path, extension.sources)
        if source.stat().st_mtime >= begun
    ]
    if written:
        took = time.monotonic() - start
        print(f"  {len(written)} kernels translated to C, {took:.0f} s", flush=True)
    return translated


def map_kernels(work: Path) -> list[str]:
    """Compile the map kernels without Python for every instruction set, as the C library does."""
    folder = ROOT / LIBRARY_SOURCES
    sys.path.insert(0, str(folder))
    spec = importlib.util.spec_from_file_location("farside_library", folder / "build.py")
    assert spec is not None and spec.loader is not None
    library = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(library)
    work.mkdir(parents=True, exist_ok=True)
    return [str(made) for made in library.lanes(library.compile_words(["gcc"]), work.resolve())]


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
        """Build everything, straight to where it is imported from.

        setuptools' own run() builds into a folder and copies. pip and make have different folders
        there, so each would compile every kernel again.
        """
        super(build_ext, self).run()

    def build_extensions(self) -> None:
        """Compile the kernels whose C has changed, the longest first, with a count."""
        self.extensions.sort(key=lambda extension: -Path(extension.sources[0]).stat().st_size)
        self.waiting = sum(self.is_stale(extension) for extension in self.extensions)
        self.compiled = 0
        # The FMUs beside the kernels: where one header has changed, one kernel is compiled.
        with ThreadPoolExecutor(1) as pool:
            fmus = pool.submit(self.build_fmus) if sys.platform == "linux" else None
            super().build_extensions()
            if fmus is not None:
                fmus.result()

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
        self.stamp(ext.name).write_text(self.compiled_from(ext))
        self.compiled += 1
        took = time.monotonic() - start
        name = ext.name.rpartition(".")[2]
        print(f"  kernel {self.compiled} of {self.waiting}: {name}, {took:.1f} s", flush=True)

    def build_fmus(self) -> None:
        """Link farside/adapters/fmi/<kind>-<version of FMI>.so."""
        folder = ROOT if self.inplace else Path(self.build_lib) / "farside"
        folder = folder / "adapters" / "fmi"
        folder.mkdir(parents=True, exist_ok=True)
        bare = {**DIRECTIVES, "boundscheck": False, "initializedcheck": False, "nonecheck": False}
        jobs: dict[Future[None], tuple[Path, str]] = {}
        models = translate(
            [Extension(f"farside_{kind}", [f"{FMU_SOURCES}/{kind}.pyx"]) for kind in FMU_KINDS],
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
                    job = pool.submit(self.build_fmu, made, model.sources)
                    jobs[job] = stamp, digest.hexdigest()
        for job, (stamp, text) in jobs.items():
            job.result()
            stamp.write_text(text)

    def build_fmu(self, made: list[Path], model: list[str]) -> None:
        """Compile one kind of FMU once, and link it for its versions of FMI."""
        start = time.monotonic()
        kind = made[0].stem.partition("-")[0]
        flags = [*C_FLAGS["release"], "-std=gnu11", "-fvisibility=hidden", f"-I{FMU_SOURCES}"]
        flags += [f"-I{LIBRARY_SOURCES}"]
        flags += ["-ffunction-sections", "-fdata-sections", "-I" + sysconfig.get_path("include")]

        def objects_of(sources: list[str]) -> list[str]:
            return self.compiler.compile(sources, output_dir=self.build_temp, extra_postargs=flags)

        common = objects_of([*model, f"{FMU_SOURCES}/instance.c"])
        if kind == "avoidance":
            common += map_kernels(Path(self.build_temp) / "lanes")
        for version, library in zip(FMU_KINDS[kind], made, strict=True):
            self.compiler.link_shared_object(
                common + objects_of([f"{FMU_SOURCES}/fmi{version}.c"]),
                str(library),
                libraries=["m"],
                extra_postargs=[
                    "-Wl,--gc-sections",
                    "-Wl,-z,defs",
                    "-Wl,--strip-all",
                    f"-Wl,--version-script={FMU_SOURCES}/fmi{version}.map",
                ],
            )
        names, took = " and ".join(m.stem for m in made), time.monotonic() - start
        print(f"  {names}, {took:.1f} s", flush=True)


setup(
    cmdclass={"build_ext": Build},
    packages=["farside", *package_names()],  # farside: its public names and __main__.py
    package_dir={"farside": "cli/entry", **{f"farside.{name}": name for name in PACKAGES}},
    ext_modules=translate(
        kernels(),
        # coverage.py looks for the C beside the .pyx
        build_dir=None if BUILD == "traced" else "build/cython",
        compiler_directives=DIRECTIVES,
        force=profile_changed(),
        shared_utility_qualified_name=SHARED,
    ),
)
