"""The commands of campaigns: fly one, fly one of its runs again."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

import typer

from farside.cli import options, signals

if TYPE_CHECKING:
    from farside.campaign import Campaign, Plan, Progress

FINISHED, UNFINISHED, DIFFERS = 0, 1, 1
#: Between two lines of progress where there is no terminal [s].
LINE_S = 15.0
PAGE = "campaign.html"


class Interruption(typer.TyperException):
    """A campaign was interrupted; one line that says how to go on."""


def campaign(
    mission: options.CampaignMission = None,
    runs: options.Runs = None,
    seed: options.CampaignSeed = None,
    workers: options.Workers = None,
    dask: options.DaskAddress = None,
    shard: options.Shard = None,
    out: options.CampaignFolder = None,
    resume: options.Resume = False,
    plain: options.PlainDraws = None,
    no_imaging: options.CampaignNoImaging = None,
    cameras: options.CampaignCameras = None,
    dem: options.Dems = None,
    target: options.Target = None,
    rare: options.Rare = False,
    samples: options.Samples = None,
    of: options.Of = None,
) -> int:
    """Fly a mission many times over what is dispersed, and keep a row of each flight.

    Exit status: 0 the campaign is flown, whatever became of the landings; 1 runs were left out; 2
    bad input, or nothing more could be written; 130 interrupted, or 128 and the number of the
    signal that asked to end (SIGTERM: 143), with everything flown kept.
    """
    from farside.campaign import CampaignError, Stopped, fly_campaign
    from farside.campaign.folder import read_manifest
    from farside.campaign.target import check_target
    from farside.mission import MissionError

    if rare or samples is not None or of:
        from farside.cli.rare import Flown, fly_rare_campaign

        refused = {"--runs": runs, "--shard": shard, "--target": target}
        refused |= {"--sobol": plain is False or None, "--rare": None if rare else "missing"}
        flown_as = Flown(no_imaging, cameras, dem, dask, workers)
        return fly_rare_campaign(refused, mission, seed, samples, of, out, resume, flown_as)

    given = {"--shard": shard, "--dask": dask, "--workers": workers, "--target": target}
    try:
        share = check_target(target)
        held = None
        if resume and out is None and mission is None:
            raise CampaignError("--resume goes on with a folder: give it with --out")
        if resume:
            folder = out or _folder(mission, seed)
            held = read_manifest(folder)
        plan = _plan(held, mission, runs, seed, plain, (no_imaging, cameras), dem)
        folder = out or _folder(mission, seed)
        part = None if shard is None else _shard(plan, shard)
        with pool_at(dask, workers) as pool, _progress() as progress:
            counted = fly_campaign(
                plan, folder, pool, workers=workers, shard=part, resume=resume, progress=progress
            )
    except (CampaignError, MissionError) as why:
        raise typer.TyperException(str(why)) from None
    except Stopped as why:
        signals.note(why.number)
        again = _resume_command(folder, given)
        raise Interruption(
            f"interrupted with {why.progress.done:,} of {why.progress.wanted:,} flown; all are "
            f"kept, and {again} goes on"
        ) from None
    except KeyboardInterrupt:
        raise Interruption("interrupted before anything was flown") from None
    return _finish(folder, counted, share)


def _resume_command(folder: Path, options: Mapping[str, object]) -> str:
    """Write the command that goes on with a campaign; an option that is None was not given."""
    given = [(name, str(value)) for name, value in options.items() if value is not None]
    words = ("farside", "campaign", "--resume", "--out", str(folder))
    return shlex.join([*words, *chain.from_iterable(given)])


def _folder(mission: str | None, seed: int | None) -> Path:
    """Name the folder of a campaign that was given none."""
    from farside.mission import load_mission

    return Path("campaigns") / f"{load_mission(mission or 'chang-e-6').name}-{seed or 0}"


def _plan(
    held: Plan | None,
    mission: str | None,
    runs: int | None,
    seed: int | None,
    plain: bool | None,
    seeing: tuple[bool | None, bool | None],
    dem: list[Path] | None,
) -> Plan:
    """Plan what is asked for; what is resumed says what was not.

    `seeing` is --no-imaging and --cameras.
    """
    from dataclasses import replace

    from farside.campaign import CampaignError, plan_campaign

    no_imaging, cameras = seeing
    if held is None:
        if runs is None:
            raise CampaignError("how many landings? Give --runs N")
        sampling = "sobol" if plain is False else "plain"
        return plan_campaign(
            mission or "chang-e-6",
            runs,
            seed=seed or 0,
            sampling=sampling,
            imaging=not no_imaging,
            dems=tuple(dem or ()),
            cameras=bool(cameras),
        )
    if mission is None and not dem:
        plan = replace(held, runs=runs or held.runs)
    else:
        plan = plan_campaign(
            mission or "chang-e-6",
            runs or held.runs,
            seed=held.seed,
            sampling=held.sampling,
            imaging=held.imaging,
            dems=tuple(dem) if dem else tuple(raster.path for raster in held.dems),
            cameras=held.cameras,
        )
        if mission is None:
            plan = replace(plan, text=held.text)
    # what was said must agree with the folder, which the engine sees to
    plan = replace(plan, seed=plan.seed if seed is None else seed)
    asked = {None: plan.sampling, True: "plain", False: "sobol"}[plain]
    if asked != plan.sampling:
        plan = replace(plan, sampling=asked, sampler="")
    plan = replace(plan, cameras=plan.cameras if cameras is None else cameras)
    return replace(plan, imaging=False if no_imaging else plan.imaging)


def _shard(plan: Plan, words: str) -> range:
    """Read i/N."""
    from farside.campaign import CampaignError, shard_of

    match = re.fullmatch(r"(\d{1,9})/(\d{1,9})", words)
    if match is None:
        raise CampaignError(f"--shard {words}: give it as i/N, such as 1/4 to 4/4")
    return shard_of(plan.runs, int(match[1]), int(match[2]))


@contextmanager
def pool_at(address: str | None, workers: int | None) -> Iterator[Any]:
    """Return the pool at a dask address; None, for processes, where none is named."""
    if address is None:
        yield None
        return
    from farside.campaign.workers import Dask

    yield Dask(address, workers)


@contextmanager
def _progress() -> Iterator[Callable[[Progress], None]]:
    """Show rate, time left and failures: a bar where stderr is a terminal, else lines."""
    began = monotonic()
    if not sys.stderr.isatty():
        yield _lines(began)
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}", markup=False), BarColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting")

        def show(counted: Progress) -> None:
            said = _said(counted, monotonic() - began)
            bar.update(task, description=said, completed=counted.done, total=counted.wanted)

        yield show


def _lines(began: float) -> Callable[[Progress], None]:
    """Return what prints a line of progress every so often, and at the end."""
    last, told = began, ""

    def show(counted: Progress) -> None:
        nonlocal last, told
        now = monotonic()
        if now - last >= LINE_S or (counted.done >= counted.wanted and counted.flown):
            # the end is told more than once, and while nothing was flown there is nothing to tell
            key = f"{counted.done} {counted.unsafe} {counted.deaths}"
            if key != told:
                print(_said(counted, now - began), file=sys.stderr, flush=True)
            last, told = now, key

    return show


def _said(counted: Progress, seconds: float) -> str:
    """Describe how far it is: runs, failures, rate and time left."""
    words = [f"{counted.done:,} of {counted.wanted:,} flown", f"{counted.unsafe:,} not safe"]
    if counted.flown and seconds > 0.0:
        rate = counted.flown / seconds
        left = round((counted.wanted - counted.done) / rate)
        clock = f"{left // 3600}:{left // 60 % 60:02d}:{left % 60:02d}"
        words += [f"{rate:.1f} a second", f"{clock} left"]
    if counted.deaths:
        words.append(f"{counted.deaths} times a worker died")
    return ", ".join(words)


def _finish(folder: Path, counted: Progress, target: float) -> int:
    """Print what came of it."""
    from farside.campaign import CampaignError, open_campaign

    if counted.note:
        print(f"farside: {counted.note}", file=sys.stderr)
    if counted.given_up:
        runs = ", ".join(str(run) for run in counted.given_up[:5])
        more = "" if len(counted.given_up) <= 5 else f" and {len(counted.given_up) - 5} more"
        print(
            f"farside: every worker died that flew run {runs}{more}: left out; --resume tries them",
            file=sys.stderr,
        )
    if counted.flown == 0:
        print(f"{folder}: nothing was missing, {counted.done:,} runs are there")
    try:
        flown = open_campaign(folder)
    except CampaignError as why:
        raise typer.TyperException(str(why)) from None
    try:
        _summary(folder, flown, target)
    except ValueError as why:
        # a page that cannot be written, or too few flights to say anything of
        if not type(why).__module__.startswith("farside."):
            raise
        raise typer.TyperException(str(why)) from None
    return UNFINISHED if counted.given_up else FINISHED


def _summary(folder: Path, flown: Campaign, target: float) -> None:
    """Print what the flights of a folder say, and write its page when all are there."""
    from farside.campaign.page import target_sentence, write_campaign_page
    from farside.campaign.statistics import summarise
    from farside.campaign.worst import worst_runs
    from farside.cli.campaign_tables import success_line
    from farside.cli.tables import console

    out = console()
    said = summarise(flown)
    success = said.success
    endings = ", ".join(
        f"{count:,} {name.replace('_', ' ')}" for name, count in said.endings.items()
    )
    out.print(f"{said.title}: {success.count:,} of {success.of:,} succeeded ({endings})")
    out.print(success_line(said), soft_wrap=True)
    out.print(target_sentence(success, target), soft_wrap=True)
    for each in said.failures:
        runs = ", ".join(str(run) for run in each.runs[:5])
        more = " ..." if len(each.runs) > 5 else ""
        out.print(f"  {each.flights.count:,} {each.title}: run {runs}{more}", soft_wrap=True)
    worst = worst_runs(flown)
    out.print(f"The worst {len(worst)} runs, and what flies each again:")
    for run in worst:
        why = f"  run {run.run}, {run.outcome.replace('_', ' ')}: {run.cause}"
        out.print(why, soft_wrap=True)
        again = shlex.join(["farside", "replay", str(folder), "--run", str(run.run)])
        out.print(f"    {again}", soft_wrap=True)
    missing = sum(len(runs) for runs in flown.missing)
    if missing:
        print(f"{missing:,} of {flown.plan.runs:,} runs of the campaign are not here")
        print(f"Written to {folder}")
        return
    write_campaign_page(flown, folder / PAGE, folder=folder, summary=said, target=target)
    print(f"Written to {folder}: {PAGE}, campaign.json, parts, telemetry")


def replay(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A campaign's folder.")],
    run: Annotated[int, typer.Option(min=0, max=10**9, metavar="K", help="Which run, from 0.")],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="F", help="Folder to write to; landings/MISSION-SEED-run-K if not given."
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace another flight that the folder holds.")
    ] = False,
) -> int:
    """Fly a run of a campaign again, compare it to the bit, and write it as `farside land` does.

    Another flight in the folder is kept, unless --force. Exit status: 0 the same flight to the bit;
    1 it differs; 2 bad input.
    """
    from farside.campaign import CampaignError
    from farside.campaign import replay as fly_again
    from farside.campaign.campaign import read_around
    from farside.campaign.rare.plan import RARE, read_rare
    from farside.raster import RasterError
    from farside.report import ReportError, check_folder, save
    from farside.report.folder import read_facts

    try:
        flown = read_rare(folder) if (folder / RARE).exists() else read_around(folder, run)
        row = flown.row(run)
        plan = flown.plan
        place = out or Path("landings") / f"{plan.mission.name}-{plan.seed}-run-{run}"
        check_folder(place)
        held = None if force else read_facts(place)
        if held is not None:
            noise_run = row.get("noise_run", run)
            asked = {"mission": plan.mission.name, "seed": plan.seed, "run": noise_run}
            _keep(place, held, asked, "flight")
        again = fly_again(flown, run)
        if again.landing is not None:
            if held is not None:
                # the same run of another campaign: other rasters, or an edited mission file
                asked = {"telemetry_sha256": again.landing.telemetry_sha256}
                _keep(place, held, asked, "flight of that run")
            command = shlex.join(["farside", "replay", str(folder), "--run", str(run)])
            written = save(again.landing, place, command=command)
    except (CampaignError, RasterError, ReportError) as why:
        raise typer.TyperException(str(why)) from None
    if again.landing is None:
        print(f"Run {run} is not flown: {again.row['error']}")
    else:
        from farside.cli.tables import console, print_landing

        print_landing(console(), again.landing, place, written)
    if again.same:
        print(f"Run {run} is the same to the bit in all {len(again.row)} columns.")
        return FINISHED
    print(f"Run {run} differs from the campaign in {', '.join(again.differing)}.")
    return DIFFERS


def _keep(place: Path, held: dict[str, Any], asked: dict[str, object], noun: str) -> None:
    """Refuse to replace a landing that is not the one that was asked for."""
    if all(held.get(key) == value for key, value in asked.items()):
        return
    told = " ".join(f"{key} {held[key]}" for key in ("mission", "seed", "run") if key in held)
    raise typer.TyperException(
        f"{place}: holds another {noun} ({told}); give another folder with --out, or --force"
    )
