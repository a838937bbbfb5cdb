"""`farside faults`: which units can fail, and how."""

from __future__ import annotations

from collections.abc import Iterator

Line = tuple[str, str, str, str, str]

HEADS = ("unit", "kind", "value", "by default", "what happens")


def fault_lines() -> Iterator[Line]:
    """Yield unit, kind, unit of the value, default and meaning of each way to fail."""
    from farside.mission.fault_kinds import UNITS

    for name, unit in UNITS.items():
        for kind, how in unit.kinds.items():
            value = unit.unit_of(kind)
            default = unit.default(kind)
            shown = "" if default is None else f"{default:g}"
            yield name, kind, value, shown, how.meaning


def part_lines() -> Iterator[str]:
    """Yield each unit with its meaning and the parts that it has."""
    from farside.mission.fault_kinds import UNITS

    for name, unit in UNITS.items():
        parts = f"; parts {', '.join(unit.parts)}" if unit.parts else ""
        yield f"{name}: {unit.meaning}{parts}"


def faults() -> None:
    """List the units that can fail, their parts and kinds, and what `--fault` takes."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from farside.cli.tables import console
    from farside.mission.faults import FORM

    out = console()
    for line in part_lines():
        out.print(line, soft_wrap=True)
    if not out.is_terminal:
        for row in (HEADS, *fault_lines()):
            print("\t".join(row))
    else:
        table = Table(box=SIMPLE_HEAD, pad_edge=False)
        for head in HEADS:
            table.add_column(head, justify="right" if head == "by default" else "left")
        before = ""
        for unit, *rest in fault_lines():
            table.add_row(unit if unit != before else "", *rest)
            before = unit
        out.print(table)
    out.print(f"A fault is {FORM}", soft_wrap=True)
