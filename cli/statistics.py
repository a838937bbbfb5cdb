"""The commands that say what campaigns mean: of one, and of one against another."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from farside.campaign import Campaign
    from farside.campaign.compare import Comparison

PAGE = "campaign.html"
#: How the name of a page ends.
PAGES = (".html", ".htm")
#: Runs named in a line of the terminal; the page and the file name them all.
NAMED = 5


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn a refusal of ours into the one line of the command line."""
    from farside.campaign import CampaignError
    from farside.campaign.statistics import StatisticsError
    from farside.mission.writing import cannot_write

    try:
        yield
    except (CampaignError, StatisticsError) as why:
        raise typer.TyperException(str(why)) from None
    except OSError as why:
        raise typer.TyperException(cannot_write(why.filename or "the file", why)) from None


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
    """Describe what the flights of a campaign say so far, and write its page.

    Exit status: 0 done; 2 bad input.
    """
    from farside.campaign import open_campaign
    from farside.campaign.page import target_sentence, write_campaign_page
    from farside.campaign.statistics import summarise
    from farside.campaign.target import check_target
    from farside.cli.campaign_tables import requirements_table, summary_lines
    from farside.cli.tables import console

    with _refusals():
        share = check_target(target)
        flown = open_campaign(*folders)
        for path in (out, facts):
            _check(flown, path)
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
        typer.Option(
            "--out", metavar="FILE", help="The comparison as a page (.html) or as JSON (.json)."
        ),
    ] = None,
    facts: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="The comparison as JSON as well.")
    ] = None,
) -> int:
    """Did the change help: hold campaign B against A, run by run where they are paired.

    Says what differs between the missions, too. Exit status: 0 done, whatever the verdict; 2 bad
    input.
    """
    if out is not None and out.suffix.lower() not in (*PAGES, ".json"):
        raise typer.TyperException(
            f"{out}: a comparison is a page (.html) or JSON (.json); name the file so"
        )
    from farside.campaign import open_campaign
    from farside.campaign.compare import compare as held_against
    from farside.cli.campaign_tables import comparison_table
    from farside.cli.tables import console

    with _refusals():
        was, changed = open_campaign(a), open_campaign(b)
        for path in (out, facts):
            for each in (was, changed):
                _check(each, path)
        found = held_against(was, changed, name_a=str(a), name_b=str(b))
        for path in (facts, out):
            if path is not None and (path is facts or path.suffix.lower() == ".json"):
                _write(path, found.to_dict())
            elif path is not None:
                from farside.campaign.page import write_comparison_page

                write_comparison_page(was, changed, found, path)
    screen = console()
    screen.print(f"A {found.a}, B {found.b}: {found.why}", soft_wrap=True)
    for note in found.notes:
        screen.print(note, soft_wrap=True)
    for line in found.differences or ("the missions are the same, and so is how they fly",):
        screen.print(str(line), soft_wrap=True)
    screen.print(comparison_table(found))
    for line in _turned(found):
        screen.print(line, soft_wrap=True)
    screen.print(found.verdict, soft_wrap=True)
    for path in dict.fromkeys(path for path in (out, facts) if path is not None):
        print(f"Written to {path}")
    return 0


def _check(campaign: Campaign, path: Path | None) -> None:
    """Refuse to write over what a campaign is read from."""
    from farside.campaign.campaign import check_output

    if path is not None:
        check_output(campaign, path)


def _write(path: Path, facts: object) -> None:
    """Write JSON whole or not at all."""
    from farside.mission.writing import write_whole

    write_whole(path, json.dumps(facts, indent=1) + "\n")


def _turned(found: Comparison) -> Iterator[str]:
    """Name the runs that succeed in one campaign only, with the command that flies the failure."""
    for word, runs, folder in (("lost", found.lost, found.b), ("gained", found.gained, found.a)):
        for each in runs[:NAMED]:
            why = (each.b if word == "lost" else each.a).replace("_", " ")
            words = ("farside", "replay", folder, "--run", str(each.run))
            yield f"{word} run {each.run}: {why}; {shlex.join(words)}"
        if len(runs) > NAMED:
            yield f"{word}: {len(runs) - NAMED} more; all are in the file that --json writes"
