"""The flight that `farside land --inputs` is given, held against the other options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from farside.mission import Mission


def given_flight(
    path: Path | None,
    mission: tuple[str, Mission],
    drawn: tuple[int | None, bool],
    blind: tuple[bool, bool],
) -> dict[str, Any]:
    """Return what `farside.flight.land` flies: a seed, a nominal flight, or that of a file.

    Parameters
    ----------
    path : Path, optional
        Of the flight's file.
    mission : str, Mission
        Name, or the path of its file; and the mission that is to be flown.
    drawn : int, bool
        The seed, and whether it is nominal.
    blind : bool, bool
        Whether it does not scan, and takes no images.

    Raises
    ------
    MissionError
        The file cannot be read, or is of another mission file.
    TyperException
        It does not go with the other options.
    """
    from farside.flight.flight_file import read_flight
    from farside.mission.files import mission_text

    seed, nominal = drawn
    if path is None:
        return {"seed": seed or 0, "nominal": nominal}
    if nominal or seed is not None:
        raise typer.TyperException("--inputs says what is drawn; leave out --seed and --nominal")
    flight = read_flight(path, mission_text(mission[0]))
    for option, there, asked in zip(
        ("--no-imaging", "--no-cameras"), (flight.imaging, flight.cameras), blind, strict=True
    ):
        if there == asked:
            do = "leave out" if there else "give"
            raise typer.TyperException(f"{path}: its flight is another one: {do} {option}")
    return {
        "seed": flight.seed,
        "run": flight.noise_run,
        "ground_run": flight.ground_run,
        "inputs": flight.inputs_for(mission[1]),
    }
