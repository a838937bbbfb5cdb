"""The tables of docs/realtime.md, from the figures of counted.json."""

from __future__ import annotations

from pathlib import Path

from studies.page import write

PAGE = Path(__file__).resolve().parents[2] / "docs" / "realtime.md"
CALLS = {
    "`farside_tick`": ("tick", "ticks"),
    "`farside_navigation_command`, `farside_navigate` and `_read`": ("navigate", "ticks"),
    "`farside_plan`": ("plan", "plans"),
    "a fix on the own map, or its tie": ("map correction", "map corrections"),
    "all of these in one tick": ("all of a tick", "ticks"),
    "scan to site: map, ranking, decision": ("scan to site", "scans"),
}
#: Entries of a row, and the kind of call in which the descent wrote to the stack.
STACKS = {
    "`farside_tick`": (("farside_tick",), "tick"),
    "`farside_navigate`": (("farside_navigate",), "navigate"),
    "`farside_plan` (its 48 kB of room are the caller's)": (("farside_plan",), "plan"),
    "`farside_avoid_map_scan`": (("farside_avoid_map_scan",), "scan"),
    "`farside_navigation_fix`, `_tie`, `_tie_kept`, `_keep`": (
        tuple(f"farside_navigation_{name}" for name in ("fix", "tie", "tie_kept", "keep")),
        "update",
    ),
    "`farside_navigation_place`": (("farside_navigation_place",), ""),
    "`farside_navigation_landmarks`, `_motion`": (
        ("farside_navigation_landmarks", "farside_navigation_motion"),
        "",
    ),
}


def spaced(number: float) -> str:
    """Return a whole number with a space between thousands."""
    return f"{number:,.0f}".replace(",", " ")


def instruction_lines(found: dict[str, float]) -> list[str]:
    """Return the table of instructions, by call."""
    lines = ["| of libfarside | calls | mean | worst |", "|---|---:|---:|---:|"]
    for label, (name, calls) in CALLS.items():
        mean = spaced(found[f"{name} mean"]) if found[calls] > 1 else ""
        worst = spaced(found[f"{name} worst"])
        lines.append(f"| {label} | {spaced(found[calls])} | {mean} | {worst} |")
    return lines


def stack_lines(found: dict[str, float]) -> list[str]:
    """Return the table of stacks, by entry; a row of several entries has the deepest."""
    lines = ["| entry | bound [bytes] | written [bytes] |", "|---|---:|---:|"]
    for label, (entries, kind) in STACKS.items():
        most = max(found[f"stack of {entry}, at most"] for entry in entries)
        written = spaced(found[f"stack of {kind}, written"]) if kind else ""
        lines.append(f"| {label} | {spaced(most)} | {written} |")
    return lines


def write_page(found: dict[str, float]) -> None:
    """Write both tables into docs/realtime.md."""
    write("instructions", instruction_lines(found), PAGE)
    write("stacks", stack_lines(found), PAGE)
