"""Every kept input of the fuzz harnesses still passes: no sanitizer and no clang are needed."""

import re
import shutil
import subprocess
import sys

import pytest
from c_library import NEEDS_GCC, ROOT, STRICT, run

sys.path.insert(0, str(ROOT / "tests" / "fuzz"))

import doors
import fmus
import harnesses

CORPUS = ROOT / "tests" / "fuzz" / "corpus"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with the headers that harnesses include."""
    made = tmp_path_factory.mktemp("fuzz")
    harnesses.inputs_of_c(made)
    return made


def compiled(built, folder, name, *more):
    """Compile a program of tests/fuzz with the library; return it."""
    sources = [ROOT / "tests/fuzz" / each for each in (f"{name}.c", *more)]
    run(
        "gcc", "-std=gnu11", "-O2", *STRICT, "-Wno-unused-function", "-Wno-unused-const-variable",
        "-Wno-unused-variable", "-I", folder, "-I", ROOT / "tests/fuzz", *sources,
        built / "libfarside.a", "-lm", "-o", folder / name,
    )  # fmt: skip
    return folder / name


@NEEDS_GCC
def test_what_was_found_once_is_refused(built, folder):
    assert run(compiled(built, folder, "findings")) == "refused\n"


@NEEDS_GCC
@pytest.mark.parametrize("name", harnesses.HARNESSES)
def test_every_kept_input_passes(built, folder, name):
    kept = list((CORPUS / name).iterdir())
    assert len(kept) >= 10 and sum(path.stat().st_size for path in kept) < 200_000
    program = compiled(built, folder, name, "replay.c")
    said = run(program, CORPUS / name, timeout=60)
    assert int(re.match(r"(\d+) inputs", said)[1]) == len(kept)


@NEEDS_GCC
@pytest.mark.parametrize("name", fmus.FMUS)
def test_every_kept_input_passes_an_fmu(folder, name):
    """Of the FMU's library as it is shipped."""
    kept = list((CORPUS / name).iterdir())
    assert len(kept) >= 10 and sum(path.stat().st_size for path in kept) < 200_000
    sources = [ROOT / "tests/fuzz" / each for each in ("fmu.c", "replay.c")]
    run(
        "gcc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-Wno-unused-function",
        *fmus.macros(name, folder), "-I", ROOT / "tests/fuzz", *sources, fmus.shipped(name),
        "-lm", "-o", folder / name,
    )  # fmt: skip
    said = run(folder / name, CORPUS / name, timeout=60)
    assert int(re.match(r"(\d+) inputs", said)[1]) == len(kept)


@NEEDS_GCC
def test_a_broken_promise_stops_a_harness(folder, tmp_path):
    """The replay is none that cannot fail."""
    (tmp_path / "broken.c").write_text(
        '#include "input.h"\n'
        "int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)\n"
        '{ PROMISE(size < 3 || memcmp(data, "bad", 3) != 0); return 0; }\n'
    )
    run("gcc", "-I", ROOT / "tests/fuzz", tmp_path / "broken.c", ROOT / "tests/fuzz/replay.c",
        "-lm", "-o", tmp_path / "broken")  # fmt: skip
    (tmp_path / "input").write_bytes(b"bad")
    done = subprocess.run([tmp_path / "broken", tmp_path / "input"], capture_output=True, text=True)
    assert done.returncode != 0 and "broken promise" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", doors.DOORS)
def test_every_kept_input_passes_a_door(name, tmp_path):
    if name.startswith("fmu"):
        pytest.importorskip("fmpy")
        if shutil.which("gcc") is None:
            pytest.skip("FMUs are built by gcc: here is none")
    door = doors.open_door(name, tmp_path)
    kept = sorted((CORPUS / name).iterdir())
    assert len(kept) >= 5
    for path in kept:
        door(path.read_bytes())
