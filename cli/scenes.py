"""The commands of the benchmark: write a scene, score a mask of it."""

import json
import math
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from farside.scenes import Score

LAST_SCENE = 999_999


class Rule(StrEnum):
    """What must hold for a cell to be safe."""

    disc = "disc"
    stand = "stand"


def scene(
    number: Annotated[
        int,
        typer.Argument(
            metavar="N",
            min=0,
            max=LAST_SCENE,
            help="Which scene; those from 1000 on are for scores that are quoted.",
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder to write to; scene-N if not given.")
    ] = None,
    labels: Annotated[
        bool,
        typer.Option(
            "--truth", help="Write truth.npz too, to train on: only for scenes below 1000."
        ),
    ] = False,
) -> None:
    """Write a scene of the hazard benchmark, as any detector takes it.

    The elevation comes as a GeoTIFF and as .npy, with its noise, the lander and the limits in
    scene.json. The truth stays with `farside score`.
    """
    from farside.scenes import SceneError, check_training, make_scene, write_scene, write_truth

    folder = out or Path(f"scene-{number}")
    try:
        if labels:
            check_training(number)
        made = make_scene(number)
        written = write_scene(made, folder)
        if labels:
            written.append(write_truth(made, folder))
    except SceneError as why:
        raise typer.TyperException(str(why)) from None
    names = ", ".join(path.name for path in written)
    typer.echo(f"Scene {number} ({made.sampling}) written to {folder}: {names}")


def score(
    mask: Annotated[
        Path, typer.Argument(metavar="MASK", help="A GeoTIFF or .npy: uint8, 1 = safe, or floats.")
    ],
    number: Annotated[
        int,
        typer.Option("--scene", min=0, max=LAST_SCENE, metavar="N", help="The scene it is of."),
    ],
    rule: Annotated[
        Rule,
        typer.Option(help="disc: slope and deviation of the footprint; stand: the legs too."),
    ] = Rule.disc,
    accept: Annotated[
        float,
        typer.Option(
            min=0.0, max=1.0, metavar="P", help="Probability from which a cell is accepted."
        ),
    ] = 0.5,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead.")] = False,
) -> None:
    """Score a detector's mask of a scene: false safe, missed safe, calibration."""
    from farside.scenes import SceneError, make_scene, read_mask, score_mask, truth_of

    try:
        values = read_mask(mask, make_scene(number))
        result = score_mask(values, truth_of(number, rule.value), accept)
    except SceneError as why:
        raise typer.TyperException(str(why)) from None
    if as_json:
        given = {"scene": number, "rule": rule.value, "mask": mask.name, "accept": accept}
        typer.echo(json.dumps(given | result.as_json(), indent=2))
    else:
        _print(result)


def _print(result: "Score") -> None:
    """Print the score as tables."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from farside.cli.tables import console

    table = Table("", "share", "cells", "of", box=SIMPLE_HEAD)
    for column in table.columns[1:]:
        column.justify = "right"
    for name, share, part, whole in (
        ("false safe: accepted, not safe", result.false_safe_share, result.false_safe,
         result.accepted),
        ("missed: safe, not accepted", result.missed_share, result.missed, result.safe),
        ("missed easy: with room to spare", result.missed_easy_share, result.missed_easy,
         result.easy),
    ):  # fmt: skip
        table.add_row(name, _percent(share), f"{part:,}", f"{whole:,}")
    out = console()
    out.print(table)
    out.print(f"{result.scored:,} cells scored, {result.ties:,} ties left out")
    if result.odds is None:
        return
    odds = result.odds
    table = Table("probability", "cells", "predicted", "truly safe", box=SIMPLE_HEAD)
    for column in table.columns[1:]:
        column.justify = "right"
    for part, cells in enumerate(odds.cells):
        table.add_row(
            f"{part / 10:.1f} to {(part + 1) / 10:.1f}",
            f"{cells:,}",
            _percent(odds.predicted[part]),
            _percent(odds.observed[part]),
        )
    out.print(table)
    out.print(f"Brier score {odds.brier:.5f}")


def _percent(share: float) -> str:
    return "-" if math.isnan(share) else f"{100.0 * share:.2f} %"
