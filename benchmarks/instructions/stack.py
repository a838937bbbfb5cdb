"""The most stack that each entry of libfarside can take: read off its machine code.

    bound(f) = frame(f) + max over the calls g of f of (8 + bound(g))

frame(f) adds up what f pushes and subtracts from the stack pointer anywhere, so it is at least what
it takes at once. There is no recursion and no frame whose size is computed: where there is, the
bound is refused. A call through a pointer may be any kernel of a map (lanes.h), for any instruction
set. The bound holds for every input; what a descent wrote to stands beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.instructions.count import CountError, run

#: What a function of libc may take [bytes]: sqrt, fmod, memcpy and their like are leaves.
LIBC_BYTES = 256
#: What a call puts on the stack: where it returns to.
RETURN_BYTES = 8

#: What a call of descent.c takes for itself: its frame, with a scan's record.
CALLER_BYTES = 256
#: The library's entries behind each kind of call.
ENTRIES = {
    "scan": ("farside_avoid_map_scan", "farside_avoid_decide"),
    "update": (
        "farside_aim", "farside_navigation_fix", "farside_navigation_forget",
        "farside_navigation_keep", "farside_navigation_tie", "farside_navigation_tie_kept",
    ),
    "navigate": (
        "farside_navigate", "farside_navigation_command", "farside_navigation_read",
    ),
    "tick": ("farside_tick",),
    "plan": ("farside_plan", "farside_wants_plan"),
}  # fmt: skip

_BEGIN = re.compile(r"^[0-9a-f]+ <(\S+)>:$")
_PUSH = re.compile(r"\spush\s")
#: By a number: 128 is also added as -128 is subtracted, and the other way round.
_MOVE = re.compile(r"\s(sub|add)\s+\$(0x[0-9a-f]+),%rsp")
_ALIGN = re.compile(r"\sand\s+\$(0x[0-9a-f]+),%rsp")
_LOWER = re.compile(r"\s(?:lea|sub|mov|add|and)\w*\s.*,%rsp")
#: Taking a frame back: from the frame pointer, or the register it was aligned from.
_BACK = re.compile(r"\slea\s+-?0x[0-9a-f]+\(%r(bp|10|13)\),%rsp|\smov\s+%rbp,%rsp")
_GOES = re.compile(r"\s(call|jmp|j[a-z]+)\s+[0-9a-f]+ <([^+>]+)(\+0x[0-9a-f]+)?>")
_ANY = re.compile(r"\scall\s+\*")


@dataclass
class Function:
    """What is read of one function."""

    frame: int = 0
    calls: set[str] = field(default_factory=set)
    jumps: set[str] = field(default_factory=set)
    anything: bool = False
    """Whether it calls through a pointer."""


def functions(listing: str) -> dict[str, Function]:
    r"""Read a listing of `objdump -d`: each function's frame and what it calls.

    Raises
    ------
    CountError
        For a frame whose size is computed as it runs.

    Examples
    --------
    >>> text = "0 <f>:\n 0:\tpush %rbx\n 1:\tsub $0x20,%rsp\n 5:\tcall 9 <g>\n"
    >>> found = functions(text)["f"]
    >>> found.frame, sorted(found.calls)
    (40, ['g'])
    """
    found: dict[str, Function] = {}
    here, name = Function(), ""
    for line in listing.splitlines():
        if begun := _BEGIN.match(line):
            name = begun[1]
            here = found.setdefault(name, Function())
        elif _PUSH.search(line):
            here.frame += 8
        elif moved := _MOVE.search(line):
            here.frame += max(0, _signed(moved[2]) * (1 if moved[1] == "sub" else -1))
        elif aligned := _ALIGN.search(line):
            here.frame -= _signed(aligned[1])
        elif _LOWER.search(line) and not _BACK.search(line):
            raise CountError(f"{name} moves the stack pointer by what it computes: {line.strip()}")
        elif goes := _GOES.search(line):
            where = here.calls if goes[1] == "call" else here.jumps
            if goes[2] != name or goes[1] == "call":
                where.add(goes[2])
        elif _ANY.search(line):
            here.anything = True
    return found


def _signed(word: str) -> int:
    """Return a number of 64 bits, two's complement."""
    number = int(word, 16)
    return number - 2**64 if number >= 2**63 else number


def bounds(listing: str) -> dict[str, int]:
    """Return the most stack [bytes] of each entry farside_* in a listing of the library.

    Raises
    ------
    CountError
        Where a function calls itself, by whatever way.
    """
    found = functions(listing)
    kernels = {name for name in found if name.startswith("lanes_")}
    known: dict[str, int] = {}

    def bound(name: str, way: tuple[str, ...]) -> int:
        if name.endswith("@plt") or name not in found:
            return LIBC_BYTES
        if name in way:
            raise CountError(f"{name} calls itself: its stack has no bound")
        if name not in known:
            one = found[name]
            inner = (*way, name)
            callees = one.calls | (kernels if one.anything else set())
            deepest = [RETURN_BYTES + bound(each, inner) for each in callees]
            deepest += [bound(each, inner) for each in one.jumps]
            known[name] = one.frame + max(deepest, default=0)
        return known[name]

    entries = sorted(name for name in found if re.fullmatch(r"farside_\w+", name))
    return {name: bound(name, ()) for name in entries}


def stack_bounds(library: Path) -> dict[str, int]:
    """Return the most stack [bytes] of each entry of libfarside.so."""
    return bounds(run("objdump", "-d", "--no-show-raw-insn", library))


def within(painted: Mapping[str, int], most: Mapping[str, int]) -> None:
    """Hold what calls wrote to ("stack KIND", bytes) to the bounds of their entries.

    Raises
    ------
    CountError
        Where more was written to: then the bound is wrong.
    """
    for name, written in painted.items():
        kind = name.removeprefix("stack ")
        if kind == name:
            continue
        bound = max(most[entry] for entry in ENTRIES[kind])
        if written > bound + CALLER_BYTES:
            raise CountError(f"{name}: {written:,} bytes written, {bound:,} at most")


def imported(library: Path) -> list[str]:
    """Return the functions that libfarside.so takes from elsewhere: all it could allocate with.

    Weak symbols that the loader fills or leaves (`__cxa_finalize` and such) are not among them.
    """
    lines = run("nm", "-D", "--undefined-only", library).splitlines()
    strong = [line.split() for line in lines]
    return sorted(words[-1].split("@")[0] for words in strong if words[-2] == "U")
