"""`farside campaign --rare`: how probable rare failures are, and by what they come."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from farside.cli import signals
from farside.cli.campaign import LINE_S, Interruption, pool_at

if TYPE_CHECKING:
    from farside.campaign import Progress
    from farside.campaign.rare.campaign import RareResult
    from farside.campaign.rare.estimate import RareEstimate
    from farside.campaign.rare.plan import RarePlan

Result = TypeVar("Result")


@dataclass(frozen=True)
class Flown:
    """The options of how flights are flown, and by whom; None is what was not given."""

    no_imaging: bool | None
    cameras: bool | None
    dem: list[Path] | None
    dask: str | None
    workers: int | None

    def planned(
        self, mission: str | None, seed: int | None, samples: int, of: list[str] | None
    ) -> RarePlan:
        """Plan what is asked for."""
        from farside.campaign.rare.plan import plan_rare

        return plan_rare(
            mission or "chang-e-6",
            samples=samples,
            of=of or (),
            seed=seed or 0,
            imaging=not self.no_imaging,
            dems=self.dem or (),
            cameras=bool(self.cameras),
        )


def fly_rare_campaign(
    refused: Mapping[str, object],
    mission: str | None,
    seed: int | None,
    samples: int | None,
    of: list[str] | None,
    out: Path | None,
    resume: bool,
    flown: Flown,
) -> int:
    """Fly a rare campaign, and print what it found.

    `refused` are options of other campaigns, which must not be given.
    """
    from farside.campaign.rare.campaign import fly_rare
    from farside.campaign.rare.plan import SAMPLES

    if "missing" in refused.values():
        raise typer.TyperException("--samples and --of are of rare failures: give --rare")
    for name, value in refused.items():
        if value is not None:
            raise typer.TyperException(f"{name} and --rare do not go together; leave one out")

    def plan() -> RarePlan:
        return flown.planned(mission, seed, samples or SAMPLES, of)

    folder = searched_folder("campaigns", out, mission, seed, "-rare", resume)
    result = searching("campaign --rare", folder, plan, fly_rare, flown, resume)
    _print(folder, result)
    return 0


def searched_folder(
    home: str, out: Path | None, mission: str | None, seed: int | None, end: str, resume: bool
) -> Path:
    """Name the folder of a search that was given none."""
    from farside.mission import MissionError, load_mission

    if out is not None:
        return out
    if resume and mission is None:
        raise typer.TyperException("--resume goes on with a folder: give it with --out")
    try:
        return Path(home) / f"{load_mission(mission or 'chang-e-6').name}-{seed or 0}{end}"
    except MissionError as why:
        raise typer.TyperException(str(why)) from None


def searching(
    command: str,
    folder: Path,
    plan: Callable[[], RarePlan],
    fly: Callable[..., Result],
    flown: Flown,
    resume: bool,
) -> Result:
    """Run a search into a folder, and tell in one line why it was not done.

    What is resumed is what the folder holds.
    """
    from farside.campaign import CampaignError, Stopped
    from farside.campaign.rare.plan import read_plan
    from farside.mission import MissionError
    from farside.raster import RasterError

    try:
        rare = read_plan(folder) if resume else plan()
        with pool_at(flown.dask, flown.workers) as pool, _progress() as progress:
            return fly(rare, folder, pool, workers=flown.workers, resume=resume, progress=progress)
    except (CampaignError, MissionError, RasterError) as why:
        raise typer.TyperException(str(why)) from None
    except Stopped as why:
        signals.note(why.number)
        given = {"--dask": flown.dask, "--workers": flown.workers}
        more = chain.from_iterable((k, str(v)) for k, v in given.items() if v is not None)
        again = ["farside", *command.split(), "--resume", "--out", str(folder), *more]
        raise Interruption(
            f"interrupted with {why.progress.done:,} flown; all are kept, and "
            f"{shlex.join(again)} goes on"
        ) from None
    except KeyboardInterrupt:
        raise Interruption("interrupted before anything was flown") from None


@contextmanager
def _progress() -> Iterator[Callable[[Progress], None]]:
    """Show how many flights were flown: how many there will be nobody knows."""
    began = last = monotonic()
    terminal = sys.stderr.isatty()

    def show(counted: Progress) -> None:
        nonlocal last
        now = monotonic()
        if now - last < (0.5 if terminal else LINE_S):
            return
        last = now
        rate = counted.flown / (now - began)
        said = f"{counted.done:,} flown, {counted.unsafe:,} not safe, {rate:.1f} a second"
        print(said, end="\r" if terminal else "\n", file=sys.stderr, flush=True)

    yield show
    if terminal:
        print(" " * 60, end="\r", file=sys.stderr, flush=True)


def figure(value: float) -> str:
    """Write a probability with two digits."""
    return f"{value:.1e}" if value < 0.01 else f"{value:.2g}"


def asked_words(asked: Any) -> str:
    """Write what counts as failing."""
    names = [
        f"{each.title} {'<' if each.sense < 0 else '>'} {each.limit:g} {each.unit}"
        for each in asked
    ]
    return ", or ".join(names)


def found_lines(found: RareEstimate) -> Iterator[str]:
    """Yield what is known of the probability, and by how many flights."""
    from farside.campaign.rare.estimate import LEAST_DRAWS

    levels = f"{found.evaluations:,} flights of {len(found.levels)} levels"
    if not found.mixed:
        seen = (
            f"the levels alone say {figure(found.probability)}" if found.reached else "none failed"
        )
        yield (
            f"noise decides: only P <= {figure(found.high)} is known, with 95 % confidence; "
            f"{levels}, {seen}"
        )
        yield (
            f"from level {found.scarce} on fewer than {LEAST_DRAWS} draws of the noise or of the "
            "ground are left, too few to tell more; give more --samples (below 500 it comes about "
            "where inputs decide, too), or fly plain draws: farside campaign"
        )
    elif not found.reached:
        yield (
            f"no failure in {levels}: rarer than {figure(found.high)} with 95 % confidence, if the "
            "levels lead to it"
        )
    else:
        yield (
            f"probability {figure(found.probability)}, with 95 % confidence {figure(found.low)} to "
            f"{figure(found.high)}; coefficient of variation {found.cov:.2f} with independent "
            f"levels, {found.cov_bound:.2f} with neighbours that err together"
        )
        yield (
            f"{found.evaluations:,} flights; plain draws need {found.plain_draws:,.0f} for the "
            "latter"
        )


def _print(folder: Path, result: RareResult) -> None:
    """Print the probability with its interval, levels, causes and drivers."""
    from farside.campaign.rare.plan import RESULT
    from farside.cli.tables import console, plain_table

    out, found, rare = console(), result.estimate, result.rare
    what = "not a safe landing" if rare.margin.whole else asked_words(rare.margin.asked)
    out.print(f"{rare.plan.mission.title}: {what}", soft_wrap=True)
    for line in found_lines(found):
        out.print(line, soft_wrap=True)
    table = plain_table("level", "margin", "share", "c.o.v.", "accepted", "redrawn", "draws")
    for number, level in enumerate(found.levels):
        shown = (level.threshold, level.share, level.cov, level.accepted, level.redrawn)
        draws = "" if level.draws != level.draws else f"{level.draws:.0f}"
        table.add_row(str(number), *("" if x != x else f"{x:.3f}" for x in shown), draws)
    out.print(table)
    for cause in result.causes:
        again = shlex.join(["farside", "replay", str(folder), "--run", str(cause.run)])
        often = f"{figure(cause.probability)}, " if found.mixed else ""
        out.print(
            f"  {often}{100 * cause.share:.0f} % of failures: {cause.title}; {again}",
            soft_wrap=True,
        )
        if cause.text:
            out.print(f"    {cause.text}", soft_wrap=True)
    out.print("What the margin depends on, by the plane fitted through all flights:")
    for driver in result.drivers:
        met = driver.failing_sigma
        where = "" if met != met else f", at {met:+.1f} sigma where flights fail"
        share = f"{100 * driver.importance:.0f} %"
        out.print(f"  {share:>5} {driver.name}{where}", soft_wrap=True)
    out.print(f"Written to {folder}: {RESULT}, rare.json, parts")
