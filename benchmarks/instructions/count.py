"""The instructions of every call of a recorded descent, from one run of callgrind.

The counts are those of plain x86-64: descent.c tells the map kernels that there is nothing else,
and glibc is told to take none of its variants for newer sets (TUNABLES). So they depend on the
compiler, Cython and glibc, and on no CPU.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

HERE = Path(__file__).resolve().parent
#: Kinds of calls, in the order of a tick; the last only counts the ticks.
KINDS = ("scan", "update", "navigate", "tick", "plan", "check")
#: Ticks of a block, as descent.c has it.
BLOCK = 4096
#: What takes memory from the heap or from the kernel, or gives it back.
HEAP = re.compile(
    r"_*(libc_)?(m|c|re|v|pv)alloc|_*free|_*s?brk|m(un|re)?map|\w*memalign|_Zn[wa]\w*"
)
#: Names of glibc's features (sysdeps/x86/cpu-features.c) that choose another memcpy, floor or fmod.
FEATURES = (
    "AVX", "AVX2", "AVX512F", "AVX512VL", "AVX512BW", "AVX_Fast_Unaligned_Load", "BMI2", "ERMS",
    "FMA", "FMA4", "FSRM", "Fast_Copy_Backward", "Fast_Unaligned_Copy", "RTM", "SSE4_1", "SSE4_2",
    "SSSE3",
)  # fmt: skip
TUNABLES = "glibc.cpu.hwcaps=" + ",".join(f"-{name}" for name in FEATURES)


class CountError(Exception):
    """Why nothing was counted, in one line."""


@dataclass(frozen=True)
class Counts:
    """What callgrind saw."""

    by_kind: dict[str, NDArray[np.int64]]
    """Instructions of each call, by kind and tick, with all that it called."""
    functions: frozenset[str]
    """Names of what ran within the calls."""

    @property
    def heap(self) -> list[str]:
        """What of it is the heap's."""
        return sorted(name for name in self.functions if HEAP.fullmatch(name.split("@")[0]))


def compiled(folder: Path, library: Path) -> Path:
    """Compile descent.c with the tables of a folder and libfarside.a of another; the program."""
    program = folder / "descent"
    run(
        "gcc", "-std=gnu99", "-O2", "-Wall", "-Wextra", "-Werror", f"-I{folder}", f"-I{library}",
        HERE / "descent.c", library / "libfarside.a", "-lm",
        "-Wl,-z,now",  # else the first call of memcpy pays for looking it up
        "-o", program,
    )  # fmt: skip
    return program


def run(*words: object, **environment: str) -> str:
    """Run a program; what it prints. CountError with the last line of what it complains of."""
    try:
        done = subprocess.run(
            [str(word) for word in words],
            capture_output=True,
            text=True,
            env={**os.environ, **environment},
        )
    except FileNotFoundError:
        raise CountError(
            f"there is no {words[0]}: install it (Debian: apt install {words[0]})"
        ) from None
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "nothing was said").splitlines()
        raise CountError(f"{words[0]} ended with status {done.returncode}: {said[-1]}")
    return done.stdout


def flown(said: str) -> tuple[dict[str, int], list[int]]:
    """Return what descent.c prints: its counts by name, and the ticks after which it planned."""
    facts: dict[str, int] = {}
    planned = []
    for line in said.splitlines():
        *name, number = line.split()
        if name == ["planned"]:
            planned.append(int(number))
        else:
            facts[" ".join(name)] = int(number)
    for name in ("commands_off", "estimates_off", "events_left", "points_left"):
        if facts[name]:
            raise CountError(f"descent.c did not fly the recorded descent: {name} {facts[name]}")
    return facts, planned


def counted(program: Path, folder: Path) -> tuple[Counts, str]:
    """Run a program over its folder under callgrind; the counts, and what it printed."""
    if platform.machine() not in ("x86_64", "AMD64"):
        raise CountError(f"instructions are counted on x86-64, not on {platform.machine()}")
    out = folder / "callgrind.out"
    for old in folder.glob("callgrind.out*"):
        old.unlink()
    said = run(
        "valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", "--combine-dumps=yes",
        "--dump-instr=yes", "--dump-line=no", "--compress-pos=no", "--toggle-collect=one_block",
        program, folder, GLIBC_TUNABLES=TUNABLES,
    )  # fmt: skip
    ticks = flown(said)[0]["ticks"]
    with out.open() as lines:
        return parsed(lines, ticks), said


def parsed(lines: Iterable[str], ticks: int) -> Counts:
    """Read a profile of callgrind: the cost of each call that one_block makes.

    In a block the calls stand in the order of their addresses, those of a tick beside each other.

    Parameters
    ----------
    lines : iterable of str
        The profile, a part for each block of ticks.
    ticks : int
        In all.

    Returns
    -------
    Counts

    Raises
    ------
    CountError
        Where a call of a tick is missing or came twice.
    """
    names: dict[str, str] = {}
    ran: set[str] = set()
    blocks: list[dict[int, tuple[str, int]]] = []
    within, callee = False, ""
    rows = iter(lines)
    for line in rows:
        if line.startswith("part:"):
            blocks.append({})
        elif line.startswith("fn="):
            name = _named(line, names)
            within = name == "one_block"
            ran.add(name)
        elif line.startswith("cfn="):
            callee = _named(line, names)
        elif within and line.startswith("calls="):
            calls = int(line[6:].split()[0])
            site, cost = next(rows).split()
            if calls != 1 or int(site, 16) in blocks[-1]:
                raise CountError(f"{callee} was called {calls} times from {site}: once is counted")
            blocks[-1][int(site, 16)] = (callee, int(cost))
    by_kind = {kind: np.zeros(ticks, np.int64) for kind in KINDS}
    first = 0
    for block in blocks:
        if block:
            _lay(block, by_kind, first, min(BLOCK, ticks - first))
            first += BLOCK
    if first < ticks:
        raise CountError(f"callgrind saw {first} of {ticks} ticks")
    return Counts(by_kind, frozenset(ran))


def _named(line: str, names: dict[str, str]) -> str:
    """Return the function of a line `fn=(7) name`, or `fn=(7)` where it was named before."""
    number, _, name = line.partition("=")[2].strip().partition(" ")
    if name:
        names[number] = name
    return names[number]


def _lay(
    block: dict[int, tuple[str, int]],
    by_kind: dict[str, NDArray[np.int64]],
    first: int,
    ticks: int,
) -> None:
    """Write the calls of a block to the ticks from first on."""
    calls = [block[site] for site in sorted(block)]
    if len(calls) != len(KINDS) * BLOCK:
        raise CountError(f"callgrind saw {len(calls)} calls in a block of {len(KINDS) * BLOCK}")
    for place, kind in enumerate(KINDS):
        made = calls[place :: len(KINDS)]
        other = {name for name, _ in made} - {f"one_{kind}"}
        if other:
            raise CountError(f"{sorted(other)[0]} was called in the place of one_{kind}")
        by_kind[kind][first : first + ticks] = [cost for _, cost in made[:ticks]]
