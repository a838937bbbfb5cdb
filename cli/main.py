"""The commands.

What takes long to import is imported inside the command that needs it: `farside --version` and a
refusal answer at once.
"""

import gc
import logging
import shlex
import sys
import warnings
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from farside.cli import (
    abort,
    campaign,
    export,
    options,
    realtime,
    render,
    scenes,
    serve,
    signals,
    statistics,
)
from farside.cli import coarse as region_finder
from farside.cli import craters as crater_finder
from farside.cli import faults as fault_list
from farside.cli import hazards as words
from farside.cli import horizon as horizons
from farside.cli import locate as locator
from farside.cli import mission as mission_files
from farside.cli import sky as skies
from farside.cli import stress as stress_test
from farside.cli import survey as region_survey
from farside.cli.flight_file import given_flight
from farside.cli.progress import progress_bar
from farside.cli.second import OBJECTS_MADE, second_process
from farside.cli.streams import Streams
from farside.ext.common.errors import FarsideError

if TYPE_CHECKING:
    from farside.mission import Mission
    from farside.raster import Dem

__all__ = ["BAD_INPUT", "ENDED_OTHERWISE", "INTERRUPTED", "LANDED", "main"]

#: Exit status of a safe landing, and of any other command that went well.
LANDED = 0
#: Exit status of a flight that ended otherwise.
ENDED_OTHERWISE = 1
#: Exit status where what was asked for cannot be done as given; one line on stderr says why.
BAD_INPUT = 2
#: Exit status after Ctrl-C; nothing is half-written.
INTERRUPTED = 130
#: Commands whose product is what they print.
PRINTING = (["compare"], ["export"], ["faults"], ["mission"], ["missions"], ["score"], ["summary"])

app = typer.Typer(
    name="farside",
    help="Land on the far side of the Moon: guidance, hazard maps, and a truth to fly in.",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class UsageError(typer.TyperException):
    """What was asked cannot be done as given; one line that says why."""


def run() -> None:
    """Run the command line and leave with its exit status."""
    streams = Streams()
    # imports and figures make many objects and few cycles: look for these a twentieth as often
    gc.set_threshold(OBJECTS_MADE)
    # matplotlib says of its own set-up what no user of ours needs to know
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    try:
        signals.hear_signals()
        status = main()
    except KeyboardInterrupt:
        status = _complain("interrupted; nothing is half-written", signals.exit_status())
    signals.leave_signals()
    if lost := streams.output_lost():
        # what a command only prints is lost with it; what it writes is not
        _complain(lost, BAD_INPUT)
        status = status or (BAD_INPUT if sys.argv[1:2] in PRINTING else LANDED)
    streams.flush()
    # Python would look for cycles in all modules before it ends: a quarter of a second
    gc.freeze()
    sys.exit(status)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        What follows the command's name; the process's own by default.

    Returns
    -------
    int
        0 a safe landing, or nothing wrong; 1 a flight that ended otherwise; 2 bad input; 130
        interrupted, or 128 and the number of another signal that asked to end.

    Examples
    --------
    >>> from farside.cli.main import BAD_INPUT, main
    >>> main(["mission", "new", "mine", "--like", "chang-e-6", "--out", "mine.toml"])
    Written to mine.toml, with farside.schema.json beside it; next: farside mission check mine.toml
    0
    >>> main(["land", "no-such-mission"]) == BAD_INPUT  # one line on stderr says why
    True
    """
    try:
        _check_environment()
        with warnings.catch_warnings():
            warnings.simplefilter("default", UserWarning)
            warnings.showwarning = _show_warning
            status = app(arguments, standalone_mode=False, prog_name="farside")
    except campaign.Interruption as why:
        return _complain(why.format_message(), signals.exit_status())
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except Exception as why:
        if signals.was_heard():
            status = INTERRUPTED
        elif isinstance(why, typer.TyperException):
            return _complain(_with_help(why), BAD_INPUT)
        elif isinstance(why, OSError) and why.filename is not None:
            named = mission_files.printable(str(why.filename))
            return _complain(f"{named}: {why.strerror}; check the path", BAD_INPUT)
        else:
            raise
    if status == INTERRUPTED:
        return _complain("interrupted; nothing is half-written", signals.exit_status())
    return status if isinstance(status, int) else LANDED


def _check_environment() -> None:
    """Refuse an environment variable of ours before a command meets it."""
    try:
        import farside.ext.common.dispatch  # noqa: F401  reads FARSIDE_ISA
    except FarsideError as why:
        raise UsageError(str(why)) from None


def _with_help(why: typer.TyperException) -> str:
    """Return a refusal's line; of a command line that cannot be read, with what tells how."""
    context = getattr(why, "ctx", None)
    said = why.format_message() or "give a command"
    return f"{said.rstrip('.')}; see {context.command_path} --help" if context else said


def _show_warning(
    message: Warning | str, category: type[Warning], *_where: Any, **_how: Any
) -> None:
    """Print a warning in one line on stderr, without the place in the source it comes from."""
    _tell("farside: warning:", str(message))


def _complain(why: str, status: int) -> int:
    """Describe what is wrong in one line on stderr, and give the exit status."""
    _tell("farside:", why)
    return status


def _tell(head: str, text: str) -> None:
    """Print one line on stderr; a path in it may hold bytes that are not UTF-8."""
    print(head, " ".join(text.split()).encode("utf-8", "replace").decode(), file=sys.stderr)


def _show_version(wanted: bool) -> None:
    """Print the version and leave."""
    if wanted:
        from farside.ext.common.version import version

        print(version())
        raise typer.Exit


@app.callback(invoke_without_command=True)
def farside(
    context: typer.Context,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Land on the far side of the Moon."""
    if context.invoked_subcommand is None:
        print(context.get_help())


app.command()(mission_files.missions)


@app.command()
def land(
    mission: options.Mission = "chang-e-6",
    seed: options.LandingSeed = None,
    nominal: options.Nominal = False,
    inputs: options.InputsFile = None,
    dem: options.Dems = None,
    unit: words.Unit = None,
    nodata: words.Nodata = None,
    no_imaging: options.NoImaging = False,
    no_cameras: options.NoCameras = False,
    fault: options.Faults = None,
    abort_at: options.AbortAt = None,
    as_flown: options.AsFlown = False,
    naive: options.Naive = None,
    out: options.LandingFolder = None,
) -> int:
    """Fly a powered descent, from initiation to rest, and write a report.

    Exit status: 0 a safe landing, 1 a flight that ended otherwise, 2 bad input.
    """
    _check_together(nominal and seed is not None, (unit, nodata) != (None, None) and not dem)
    if as_flown and naive:
        raise UsageError("--as-flown has the options of its mission; give it or --naive")

    from farside.mission import MissionError, load_mission
    from farside.mission.abort import seconds_of, with_abort
    from farside.mission.as_flown import with_logic
    from farside.mission.faults import with_faults
    from farside.report import ReportError, check_folder, save

    try:
        plan, logic = with_faults(load_mission(mission), fault or ()), naive or as_flown
        plan = with_abort(plan, None if abort_at is None else seconds_of(abort_at))
        flown = with_logic(plan, logic)
        drawn = given_flight(inputs, (mission, plan), (seed, nominal), (no_imaging, no_cameras))
        run_name = "nominal" if nominal else inputs.stem if inputs else str(seed or 0)
        given = (naive, as_flown, fault, abort_at, dem, no_imaging, no_cameras)
        check_folder(folder := out or Path("landings") / _folder_name(plan, run_name, given))
    except (MissionError, ReportError) as why:
        raise UsageError(str(why)) from None
    mission_files.warn_of(flown, mission)
    options = {"--inputs": inputs, "--as-flown": as_flown, "--abort-at": abort_at}
    options |= {"--no-imaging": no_imaging, "--no-cameras": no_cameras}
    chosen = _chosen(options, naive or ())
    command = _command(mission, run_name, dem or (), fault or (), unit, nodata, chosen)
    with progress_bar() as progress, second_process() as beside:
        progress("starting", 0.0)
        from farside.flight import land as fly
        from farside.guidance import BrakingError
        from farside.raster import RasterError

        try:
            landing = fly(
                plan,
                **drawn,
                dems=_dems(dem or (), unit, nodata),
                imaging=not no_imaging,
                cameras=not no_cameras,
                as_flown=logic,
                progress=progress,
            )
            written = save(landing, folder, command=command, progress=progress, beside=beside)
        except (MissionError, RasterError, BrakingError, ReportError) as why:
            raise UsageError(str(why)) from None

    from farside.cli.tables import console, print_landing

    print_landing(console(), landing, folder, written)
    return LANDED if landing.safe else ENDED_OTHERWISE


def _chosen(options: Mapping[str, Any], naive: Sequence[str]) -> list[str]:
    """Write options as they are given, a flag alone and a value behind its name."""
    given = {name: value for name, value in options.items() if value not in (None, False)}
    words = [[name] if value is True else [name, str(value)] for name, value in given.items()]
    return [*chain.from_iterable(words), *(f"--naive={option}" for option in naive)]


def _check_together(seed_of_nominal: bool, raster_of_nothing: bool) -> None:
    """Refuse options that do not go together."""
    if seed_of_nominal:
        raise UsageError("--nominal disperses nothing, so it takes no --seed; give one of them")
    if raster_of_nothing:
        raise UsageError("--unit and --nodata say what a raster holds; give it with --dem")


def _folder_name(plan: "Mission", run_name: str, given: Sequence[Any]) -> str:
    """Name the folder of a flight: options that make another flight of a seed have their own."""
    abort = f"abort-{plan.abort.at_s or 0:g}s"
    words = ("naive", "as-flown", "fault", abort, "dem", "no-imaging", "no-cameras")
    own = [word for word, option in zip(words, given, strict=True) if option]
    return "-".join([plan.name, run_name, *own])


def _dems(
    paths: Sequence[Path], unit: str | None, nodata: float | None
) -> "tuple[Path | Dem, ...]":
    """Return the rasters with what their files do not say."""
    from farside.raster import Dem

    if unit is None and nodata is None:
        return tuple(paths)
    return tuple(Dem(str(path), unit, nodata) for path in paths)


@app.command()
def hazards(
    path: words.Input,
    mission: words.MissionName = None,
    lander: words.Lander = None,
    sigma: words.Sigma = 0.0,
    dispersion: words.Dispersion = (0.0, 0.0),
    cell: words.Cell = None,
    sites: words.Sites = None,
    separation: words.Separation = None,
    unit: words.Unit = None,
    nodata: words.Nodata = None,
    out: words.Out = None,
) -> int:
    """Map where a lander can stand on any elevation data, how sure that is, and why not elsewhere.

    Writes hazards.tif, hazards.png, sites.json and sites.geojson. Exit status: 0, or 2 bad input.
    """
    if mission is not None and lander is not None:
        raise UsageError("--mission and --lander both name a lander; give one of them")
    folder = out or Path("hazards") / path.stem
    whose = lander or mission or "chang-e-6"
    with progress_bar() as progress:
        try:
            survey, written = words.hazards_of(
                words.Source(path, cell, unit, nodata),
                whose,
                (sigma, dispersion),
                folder,
                sites,
                separation,
                progress,
            )
        except ValueError as why:
            if not isinstance(why, FarsideError):
                raise
            raise UsageError(str(why)) from None

    from farside.cli.tables import console, print_survey

    print_survey(console(), survey, folder, written)
    return LANDED


app.command()(abort.abort)
app.command()(region_finder.coarse)
app.command()(crater_finder.craters)
app.command()(skies.sky)
app.command()(horizons.horizon)
app.command(context_settings={"ignore_unknown_options": True})(region_survey.survey)
app.command()(locator.locate)
app.command()(fault_list.faults)
app.command()(campaign.campaign)
app.command()(render.render)
app.command()(campaign.replay)
app.command()(stress_test.stress)
app.command()(statistics.summary)
app.command()(statistics.compare)
app.command()(scenes.scene)
app.command()(scenes.score)
app.command()(serve.serve)
app.command()(realtime.realtime)
app.add_typer(export.app, name="export")
app.add_typer(mission_files.app, name="mission")


def _command(
    mission: str,
    run_name: str,
    dems: Sequence[Path],
    faults: Sequence[str] = (),
    unit: str | None = None,
    nodata: float | None = None,
    chosen: Sequence[str] = (),
) -> str:
    """Write the command that flies a landing again."""
    words = ["farside", "land", mission]
    if "--inputs" not in chosen:
        words += ["--nominal"] if run_name == "nominal" else ["--seed", run_name]
    for dem in dems:
        words += ["--dem", str(dem)]
    for fault in faults:
        words += ["--fault", fault]
    words += [] if unit is None else ["--unit", unit]
    words += [] if nodata is None else ["--nodata", repr(nodata)]
    return shlex.join([*words, *chosen])
