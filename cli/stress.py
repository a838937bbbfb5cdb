"""`farside stress`: the most likely way in which a mission fails, as a flight."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from farside.cli import options
from farside.cli.rare import Flown, figure, searched_folder, searching

if TYPE_CHECKING:
    from farside.campaign.rare.stress import StressResult

#: Inputs that are printed; `stress.json` has them all.
NAMED = 8


def stress(
    mission: options.CampaignMission = None,
    seed: options.CampaignSeed = None,
    samples: options.Samples = None,
    of: options.Of = None,
    workers: options.Workers = None,
    dask: options.DaskAddress = None,
    no_imaging: options.CampaignNoImaging = None,
    cameras: options.CampaignCameras = None,
    dem: options.Dems = None,
    out: options.CampaignFolder = None,
    resume: options.Resume = False,
) -> int:
    """Find the most likely way in which a mission fails, and write it as a flight with its report.

    Writes stress.json, flight.json, which `farside land --inputs` flies, and landing/. Exit status:
    0 a failure was found; 2 bad input, or none was met; 130 interrupted, with everything kept.
    """
    from farside.campaign.rare.stress import SEARCH, find_failure

    flown = Flown(no_imaging, cameras, dem, dask, workers)
    folder = searched_folder("stress", out, mission, seed, "", resume)
    found = searching(
        "stress",
        folder,
        lambda: flown.planned(mission, seed, samples or SEARCH, of),
        find_failure,
        flown,
        resume,
    )
    _print(folder, found, mission)
    return 0


def _print(folder: Path, found: StressResult, mission: str | None) -> None:
    """Print the failing flight, fly it again, and write its report."""
    from farside.campaign.rare.stress import FLIGHT, STRESS
    from farside.cli.tables import console
    from farside.flight import land
    from farside.report import ReportError, save

    out, plan, flight = console(), found.rare.plan, found.flight
    named = {each.name: each.title for each in found.rare.margin.asked}
    broken = named.get(found.broken, found.broken.replace("_", " "))
    out.print(f"{plan.mission.title} fails most likely by: {broken}", soft_wrap=True)
    if found.cause:
        out.print(f"  {found.cause}", soft_wrap=True)
    out.print(
        f"log-likelihood of its inputs {found.log_likelihood:.1f}; nominal {found.nominal:.1f}, "
        f"flights as they are drawn {found.typical:.1f} in the mean; {found.distance_sigma:.2f} "
        "sigma from nominal",
        soft_wrap=True,
    )
    if found.mixed:
        often = f"as probable as {figure(found.probability)}"
    else:
        often = (
            f"at most as probable as {figure(found.high)} (more is not known: few draws of noise)"
        )
    out.print(
        f"with other noise and ground the same inputs fail in {found.redraws_failing} of "
        f"{found.redraws}; {found.flights:,} flights, of failures {often}",
        soft_wrap=True,
    )
    for each in found.inputs[:NAMED]:
        share = f"{100 * each.share:.0f} %"
        value = f"{each.value:+.4g} {each.unit}"
        out.print(f"  {share:>5} {each.name} {value} ({each.sigma:+.2f} sigma)", soft_wrap=True)
    command = land_command(mission or plan.mission.name, folder / FLIGHT, found)
    landing = land(
        plan.mission,
        seed=flight.seed,
        run=flight.noise_run,
        ground_run=flight.ground_run,
        inputs=flight.inputs_for(plan.mission),
        dems=tuple(raster.path for raster in plan.dems),
        imaging=flight.imaging,
        cameras=flight.cameras,
    )
    try:
        save(landing, folder / "landing", command=command)
    except ReportError as why:
        raise typer.TyperException(str(why)) from None
    out.print(f"Written to {folder}: {STRESS}, {FLIGHT}, landing, rare.json, parts")
    out.print(f"To fly it again: {command}", soft_wrap=True)


def land_command(mission: str, flight: Path, found: Any) -> str:
    """Write the command that flies a failing flight again."""
    words = ["farside", "land", mission, "--inputs", str(flight)]
    words += [] if found.flight.imaging else ["--no-imaging"]
    words += [] if found.flight.cameras else ["--no-cameras"]
    for raster in found.rare.plan.dems:
        words += ["--dem", raster.path]
    return shlex.join(words)
