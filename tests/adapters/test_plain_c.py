"""farside as one file of C: cut out of what Cython writes, with the bits of the library."""

import importlib.util
import shutil
import subprocess
import sys

import pytest
from c_library import BUILD, NEEDS_GCC, ROOT, run

from farside.cli.main import main

# First, for one import: build.py beside it has the name of another package.
sys.path.insert(0, str(ROOT / "adapters" / "c" / "lib"))
import amalgamate

sys.path.pop(0)

SOURCE = """\
typedef struct { int a[2]; } Pair; /* a comment; with a brace { */
#if defined(X)
static int one(void) { return 1; }
#else
static int one(void) { return 2; }
#endif
static const char *said = "a; \\"quoted\\" }";
enum { A = 1, B };
static inline int two(int (*f)(int), double x[3]) {
  if (x[0] > 0.0) { return f('}'); }
  return A;
}
int (*pointer)(int);
"""
CYTHON = """\
/* Early includes */
#include <stdint.h>
#ifdef _OPENMP
#endif
/* #### Code section: type_declarations ### */
struct __pyx_t_1a_T { int x; };
struct __pyx_obj { PyObject *x; };
/* #### Code section: module_declarations ### */
/* Module declarations from "a" */
static int __pyx_f_1a_used(int); /*proto*/
static int __pyx_f_1a_idle(int); /*proto*/
/* #### Code section: string_decls ### */
static const char __pyx_k_word[] = "word";
static const char __pyx_k_other[] = "other";
/* #### Code section: module_code ### */
static int __pyx_f_1a_used(int x) {
  return x + 1;
}
static int __pyx_f_1a_idle(int x) {
  PyErr_Clear();
  return x;
}
int farside_entry(int x) {
  %s
  return __pyx_f_1a_used(x);
}
/* #### Code section: end ### */
"""


def test_gcc_is_kept_quiet_of_cythons_c_as_setup_py_does(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "adapters" / "c" / "lib"))
    spec = importlib.util.spec_from_file_location("library_build", BUILD)
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    quiet = build.setting("QUIET_FLAGS")
    assert "-Wno-discarded-qualifiers" in quiet
    assert set(quiet) < set(build.compile_words(["gcc"]))
    assert not set(quiet) & set(build.compile_words(["ccache", "clang-16"]))  # it knows some not


def test_c_is_cut_at_its_top_level():
    parts = amalgamate.definitions(SOURCE)
    assert [part.split("\n")[0][:12] for part in parts] == [
        "typedef stru", "#if defined(", "static const", "enum { A = 1",
        "static inlin", "int (*pointe",
    ]  # fmt: skip
    assert (
        amalgamate.function_name(parts[4]) == "two" and amalgamate.function_name(parts[0]) is None
    )
    assert parts[1].count("\n") == 4


def test_what_no_entry_reaches_is_dropped():
    text = amalgamate.amalgamated("a test", [CYTHON % "const char *s = __pyx_k_word;"])
    assert "farside_entry" in text and "__pyx_f_1a_used(int);" in text and '"word"' in text
    for gone in ("idle", "PyObject", "PyErr", '"other"'):
        assert gone not in text
    twice = amalgamate.amalgamated("a test", [CYTHON % ""] * 2)
    assert twice.count("int farside_entry(int x)") == 1


def test_an_entry_that_reaches_python_is_refused():
    with pytest.raises(SystemExit, match=r"reach Python: PyErr_Clear\("):
        amalgamate.amalgamated("a test", [CYTHON % "__pyx_f_1a_idle(x);"])


def test_a_cython_that_writes_otherwise_is_refused():
    with pytest.raises(SystemExit, match="no section"):
        amalgamate.Part("/* Early includes */\n#ifdef _OPENMP\n#endif\n")


@NEEDS_GCC
@pytest.mark.slow
def test_plain_c_prints_the_digits_of_the_library(built, tmp_path):
    """With another level of optimisation too; every example of the three parts."""
    amalgamate.write(tmp_path)
    assert (
        main(["export", "mission", "chang-e-6", "--c", "--out", str(tmp_path / "mission.h")]) == 0
    )
    text = (tmp_path / "farside.c").read_text()
    assert "Python.h" not in text and "PyObject" not in text
    assert shutil.which("gcc")
    flags = [flag for flag in amalgamate.FLAGS if flag != "-O3"]
    strict = ["-O1", "-Wall", "-Wextra", "-Werror", "-I", tmp_path]
    run("gcc", *flags, *strict, "-c", tmp_path / "farside.c", "-o", tmp_path / "f.o")
    unknown = run("nm", "-u", tmp_path / "f.o").split()[1::2]
    assert not [name for name in unknown if name.startswith(("Py", "_Py", "malloc", "free"))]
    for program in ("land", "avoid", "navigate"):
        words = ["-I", tmp_path, "-c", ROOT / f"examples/c/{program}.c", "-o", tmp_path / "p.o"]
        run("gcc", *flags, "-O1", *words)
        run("gcc", tmp_path / "p.o", tmp_path / "f.o", "-lm", "-o", tmp_path / f"{program}-plain")
        linked = ["-L", built, "-lfarside", "-lm", f"-Wl,-rpath,{built}"]
        run("gcc", tmp_path / "p.o", *linked, "-o", tmp_path / f"{program}-library")
        said = [
            subprocess.run([tmp_path / f"{program}-{of}"], capture_output=True, text=True).stdout
            for of in ("plain", "library")
        ]
        assert said[0] == said[1] and said[0].count("\n") > 3
    assert "digest" in run(tmp_path / "land-plain")
