"""Static analysis of the C that is written by hand: `python .ci/analyse.py`.

clang-tidy (apt-get install clang-tidy-14) and cppcheck (apt-get install cppcheck) read the FMUs'
layers, the examples and the fuzz harnesses. Any finding is an error; a check
that is left out stands below with its reason. The kernels' C is Cython's: the fuzz harnesses and
the sanitizers of `make asan` look at what it does.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests/fuzz"), str(ROOT / "adapters/c/lib")]

from harnesses import inputs_of_c  # noqa: E402

#: Of clang-tidy: what flows where it must not, and what is likely another thing than was meant.
CHECKS = ("clang-analyzer-*", "bugprone-*", "cert-*", "performance-*", "portability-*")
#: Checks that are left out, and why.
LEFT_OUT = {
    "bugprone-easily-swappable-parameters": "signatures are those of FMI and of farside.h",
    "bugprone-narrowing-conversions": "a count of ticks in a double: none comes to 2^53",
    "bugprone-suspicious-include": "a harness begins with the example's lander, or another harness",
    "performance-no-int-to-ptr": "takes const off what is to be freed",
    "bugprone-reserved-identifier": "the linker's names of a wrapped function have them",
    "cert-dcl37-c": "the same",
    "cert-dcl51-cpp": "the same",
    "cert-err33-c": "what printf and fclose of a file that was read answer changes nothing",
    "clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling": (
        "memcpy_s and its like are in no C library here"
    ),
    "clang-analyzer-security.insecureAPI.strcpy": "each goes into memory of the text's own length",
    "cert-err34-c": "fscanf of a number beyond bounds: an infinity, which is left out",
    "clang-analyzer-valist.Uninitialized": "FMI's logger takes more arguments, and reads none",
}
#: Of cppcheck.
SUPPRESSED = {
    "missingInclude": "headers of the tables: data",
    "missingIncludeSystem": "the compiler has read them",
    "unusedStructMember": "the layout of a struct is that of FMI, of a packet",
    "constParameter": "signatures are those of FMI and of libFuzzer",
    "unusedFunction": "a library is called by others",
    "invalidPointerCast": "an FMU's parameters stand before its state, in words of 8 bytes",
}
SOURCES = ("adapters/fmi/c", "examples/c")
#: Harnesses that together include what the others are made of: each takes 4 s, for its tables.
HARNESSES_READ = ("rows", "navigate", "avoid_config", "fmu", "replay", "counted")


def sources() -> list[Path]:
    """Return the files that are read."""
    own = [path for folder in SOURCES for path in sorted((ROOT / folder).glob("*.c"))]
    return [*own, *(ROOT / f"tests/fuzz/{name}.c" for name in HARNESSES_READ)]


def tidy(program: str, headers: Path, source: Path) -> str:
    """Return what clang-tidy says of a file; nothing where it is sound."""
    checks = ",".join(["-*", *CHECKS, *(f"-{name}" for name in LEFT_OUT)])
    done = subprocess.run(
        [
            program, "--quiet", "--warnings-as-errors=*", f"--checks={checks}", source, "--",
            "-std=gnu11", "-I", headers, *(f"-I{ROOT / folder}" for folder in SOURCES),
            "-I", ROOT / "tests/fuzz",
        ],
        capture_output=True, text=True,
    )  # fmt: skip
    return (done.stdout or done.stderr) if done.returncode else ""


def cppcheck(headers: Path) -> str:
    """Return what cppcheck says of all files."""
    del headers
    suppressed = [f"--suppress={name}" for name in SUPPRESSED]
    done = subprocess.run(
        [
            "cppcheck", "--quiet", "--std=c11", "--enable=warning,style,performance,portability",
            "--error-exitcode=1", f"-j{os.cpu_count()}", *suppressed,
            *(f"-I{ROOT / folder}" for folder in SOURCES), *sources(),
        ],
        capture_output=True, text=True,
    )  # fmt: skip
    return done.stderr if done.returncode else ""


def main() -> int:
    """Say what was found; 1 where there is anything, 2 where a tool is not there."""
    program = shutil.which("clang-tidy-14") or shutil.which("clang-tidy")
    if program is None or shutil.which("cppcheck") is None:
        print("analyse: apt-get install clang-tidy-14 cppcheck", file=sys.stderr)
        return 2
    headers = ROOT / "build/analyse"
    headers.mkdir(parents=True, exist_ok=True)
    inputs_of_c(headers)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        said = [*pool.map(lambda source: tidy(program, headers, source), sources())]
    said.append(cppcheck(headers))
    print("\n".join(text for text in said if text) or f"{len(sources())} files: nothing found")
    return 1 if any(said) else 0


if __name__ == "__main__":
    raise SystemExit(main())
