"""The commands that say what campaigns mean: of one, and of one against another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from farside.campaign.compare import Comparison

PAGE = "campaign.html"
#: Runs named in a line of the terminal; the page and the file name them all.
NAMED = 5


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn a refusal of ours into the one line of the command line."""
    from farside.campaign import CampaignError
    from farside.campaign.statistics import StatisticsError

    try:
        yield
    except (CampaignError, StatisticsError) as why:
        raise typer.TyperException(str(why)) from None
    except OSError as why:
        raise typer.TyperException(f"cannot write {why.filename}: {why.strerror}") from None


def summary(
    folders: Annotated[
        list[Path],
        typer.Argument(metavar="DIR...", help="A campaign's folder, or those of its shards."),
    ],
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Page to write; campaign.html in the first DIR if not."),
    ] = None,
    facts: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="The statistics as JSON as well.")
    ] = None,
    target: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE", help="Safe landings asked for, on the page; 0.999 if not given."
        ),
    ] = None,
) -> int:
    """Say what the flights of a campaign say so far, and write its page.

    Exit status: 0 done; 2 bad input.
    """
    from farside.campaign import read_campaign
    from farside.campaign.page import target_sentence, write_campaign_page
    from farside.campaign.statistics import summarise
    from farside.campaign.target import check_target
    from farside.cli.campaign_tables import requirements_table, summary_lines
    from farside.cli.tables import console

    with _refusals():
        share = check_target(target)
        flown = read_campaign(*folders)
        said = summarise(flown)
        for line in summary_lines(said):
            console().print(line, soft_wrap=True)
        console().print(requirements_table(said))
        if facts is not None:
            _write(facts, said.to_dict())
        page = write_campaign_page(
            flown, out or folders[0] / PAGE, folder=folders[0], summary=said, target=share
        )
        console().print(target_sentence(said.success, share), soft_wrap=True)
    print(f"Written to {page}")
    return 0


def compare(
    a: Annotated[Path, typer.Argument(metavar="A", help="A campaign's folder: what was.")],
    b: Annotated[Path, typer.Argument(metavar="B", help="Another: what was changed.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="The comparison as JSON as well."),
    ] = None,
) -> int:
    """Did the change help: hold campaign B against A, run by run where they are paired.

    Exit status: 0 done, whatever the verdict; 2 bad input.
    """
    from farside.campaign import read_campaign
    from farside.campaign.compare import compare as held_against
    from farside.cli.campaign_tables import comparison_table
    from farside.cli.tables import console

    with _refusals():
        found = held_against(read_campaign(a), read_campaign(b), name_a=str(a), name_b=str(b))
        if out is not None:
            _write(out, found.to_dict())
    screen = console()
    screen.print(f"A {found.a}, B {found.b}: {found.why}", soft_wrap=True)
    for note in found.notes:
        screen.print(note, soft_wrap=True)
    screen.print(comparison_table(found))
    for line in _turned(found):
        screen.print(line, soft_wrap=True)
    screen.print(found.verdict, soft_wrap=True)
    return 0


def _turned(found: Comparison) -> Iterator[str]:
    """Name the runs that succeed in one campaign only, with the command that flies the failure."""
    for word, runs, folder in (("lost", found.lost, found.b), ("gained", found.gained, found.a)):
        for each in runs[:NAMED]:
            why = (each.b if word == "lost" else each.a).replace("_", " ")
            yield f"{word} run {each.run}: {why}; farside replay {folder} --run {each.run}"
        if len(runs) > NAMED:
            yield f"{word}: {len(runs) - NAMED} more; all are in the file that --out writes"


def _write(path: Path, facts: object) -> None:
    """Write JSON whole or not at all."""
    aside = path.with_name(path.name + ".tmp")
    try:
        aside.write_text(json.dumps(facts, indent=1) + "\n", "utf-8")
        aside.replace(path)
    except OSError:
        aside.unlink(missing_ok=True)
        raise
