"""The commands that write for other programs: `farside export ...`."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Write what other programs take: a mission for C.", no_args_is_help=True)


@app.callback()
def export() -> None:
    """Write what other programs take."""


@app.command()
def mission(
    name: Annotated[
        str,
        typer.Argument(
            metavar="[NAME|FILE]", help="A shipped mission's name, or the path of a mission file."
        ),
    ] = "chang-e-6",
    c: Annotated[
        bool, typer.Option("--c", help="As C, for libfarside: table and planned start.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Where to: .h to include, .c to compile; printed if not given."
        ),
    ] = None,
) -> None:
    """Write a mission for a program that reads no TOML."""
    if not c:
        raise typer.TyperException("a mission is exported as C so far: say --c")
    if out is not None and out.suffix not in (".h", ".c"):
        raise typer.TyperException(f"{out}: a C table ends in .h (to include) or .c (to compile)")
    from farside.adapters.c_table import mission_c
    from farside.guidance import BrakingError
    from farside.mission import MissionError, load_mission

    try:
        text = mission_c(load_mission(name), header=out is None or out.suffix == ".h")
    except (MissionError, BrakingError) as why:
        raise typer.TyperException(str(why)) from None
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(text)
    except OSError as why:
        raise typer.TyperException(f"{out}: {why.strerror or why}") from None
    typer.echo(f"Written to {out}")
