"""What is kept of the counts of a descent, and how it is held to what is stored."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version

import numpy as np
from benchmarks.instructions.count import Counts, run

#: What a figure may lie above what is stored, and below without a word.
MARGIN = 0.02
#: An entry that takes less stack is of no interest [bytes].
LEAST_BYTES = 1024
#: Calls that a computer makes in one tick, one after the other; a scan is a task beside them.
OF_A_TICK = ("update", "navigate", "tick", "plan")


def figures(
    counts: Counts,
    planned: Sequence[int],
    painted: Mapping[str, int],
    bounds: Mapping[str, int],
) -> dict[str, float]:
    """Return every figure by name: instructions, means to 0.1, and bytes of stack.

    Parameters
    ----------
    counts : Counts
        Of a descent.
    planned : sequence of int
        The ticks after which there was something to plan.
    painted : mapping
        "stack KIND": bytes that calls of a kind wrote to.
    bounds : mapping
        Bytes that each entry of the library can take at the most.
    """
    by = counts.by_kind
    together = sum(by[kind] for kind in OF_A_TICK)
    plans, scans = by["plan"][list(planned)], by["scan"][by["scan"] > 1000]
    corrections = by["update"][by["update"] > 1000]
    found: dict[str, float] = {
        "ticks": len(by["tick"]),
        "tick worst": int(by["tick"].max()),
        "tick mean": _mean(by["tick"]),
        "navigate worst": int(by["navigate"].max()),
        "navigate mean": _mean(by["navigate"]),
        "plans": len(plans),
        "plan worst": int(plans.max()),
        "plan mean": _mean(plans),
        "map corrections": len(corrections),
        "map correction worst": int(corrections.max()),
        "map correction mean": _mean(corrections),
        "all of a tick worst": int(together.max()),
        "all of a tick mean": _mean(together),
        "scans": len(scans),
        "scan to site worst": int(scans.max()),
        "scan to site mean": _mean(scans),
    }
    for kind in ("tick", "plan", "navigate", "update", "scan"):
        found[f"stack of {kind}, written"] = painted[f"stack {kind}"]
    for entry, most in bounds.items():
        if most >= LEAST_BYTES:
            found[f"stack of {entry}, at most"] = most
    return found


def _mean(values: np.ndarray) -> float:
    return round(float(values.mean()), 1)


def made_with() -> dict[str, str]:
    """Return what the counts depend on: compiler, Cython, libc and valgrind, with versions."""
    return {
        "compiler": run("gcc", "--version").splitlines()[0],
        "cython": version("cython"),
        "libc": " ".join(platform.libc_ver()),
        "valgrind": run("valgrind", "--version").strip(),
    }


def judged(
    found: Mapping[str, float],
    stored: Mapping[str, float],
    tools: Mapping[str, str],
    stored_tools: Mapping[str, str],
) -> tuple[list[str], list[str]]:
    """Hold figures to those stored: the lines of what is missed, and of what is only said.

    More than MARGIN above what is stored is missed; more than MARGIN below is said, for then a
    later loss of as much would go unseen. With other tools nothing is missed: one line says which,
    and how far the figure that differs most is off.
    """
    share = {
        # to 1e-9: 2 % more is not more than 2 %
        name: round(found[name] / stored[name] - 1.0, 9)
        for name in stored
        if name in found
    }
    lines = {
        name: f"{name}: {found[name]:,.10g}, {100.0 * off:+.1f} % of {stored[name]:,.10g} stored"
        for name, off in share.items()
    }
    other = [
        f"{name} {tools.get(name)} here, {stored_tools[name]} stored"
        for name in stored_tools
        if tools.get(name) != stored_tools[name]
    ]
    if other:
        most = max(share, key=lambda name: abs(share[name]))
        said = f"not enforced: {'; '.join(other)}. Furthest off: {lines[most]}"
        return [], [said]
    missed = [lines[name] for name, off in share.items() if off > MARGIN]
    missed += [f"{name}: stored, but not counted" for name in stored if name not in found]
    notes = [
        f"{lines[name]}: store it (make instructions-write)"
        for name, off in share.items()
        if off < -MARGIN
    ]
    notes += [f"{name}: counted, but not stored" for name in found if name not in stored]
    return missed, notes


def table(found: Mapping[str, float], stored: Mapping[str, float]) -> str:
    """Return the figures as lines, each with what is stored of it."""
    rows = [f"{'instructions; bytes of stack':42} {'counted':>14} {'stored':>14}"]
    for name, value in found.items():
        kept = f"{stored[name]:,.10g}" if name in stored else "-"
        rows.append(f"{name:42} {value:14,.10g} {kept:>14}")
    return "\n".join(rows)
