"""The command that puts the autopilot behind a UDP socket: `farside serve`."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from farside.cli.completion import missions_like
from farside.cli.options import Faults


def serve(
    mission: Annotated[
        str,
        typer.Argument(
            metavar="[NAME|FILE]",
            help="A shipped mission's name, or the path of a mission file.",
            autocompletion=missions_like,
        ),
    ] = "chang-e-6",
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Address of this machine to listen on.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="N", help="UDP port; 0: any that is free.")
    ] = 47100,
    timeout: Annotated[
        float,
        typer.Option(
            min=0.5, max=3600.0, metavar="S", help="Silence after which a session is over."
        ),
    ] = 2.0,
    fault: Faults = None,
    realtime: Annotated[
        bool, typer.Option("--realtime", help="Ask for SCHED_FIFO and for locked memory.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Say everything in JSON lines.")] = False,
) -> None:
    """Answer a lander's states with commands over UDP: hardware in the loop.

    Ends on SIGINT or SIGTERM with a line of counters; SIGUSR1 prints one at any time.
    """

    def say(event: str, **values: object) -> None:
        if as_json:
            line = json.dumps({"event": event, **values})
        else:
            told = (f"{name} {value}" for name, value in values.items() if value or name == "flown")
            line = f"{event}: " + ", ".join(told)
        print(line, flush=True)

    with asked() as wish:
        from farside.adapters import udp
        from farside.flight.scheduling import realtime_troubles
        from farside.guidance import BrakingError
        from farside.mission import MissionError, load_mission

        try:
            link = udp.Link(load_mission(mission), timeout_s=timeout, faults=fault or ())
            opened = udp.open_socket(host, port)
        except (MissionError, BrakingError, udp.ServeError) as why:
            raise typer.TyperException(str(why)) from None

        def between() -> bool:
            if wish.pop("report", False):
                say("counters", **link.report())
            while link.scans.notes:
                say("scan dropped", why=link.scans.notes.popleft())
            return "end" in wish

        with opened:
            if realtime:
                for trouble in realtime_troubles():
                    say("not real-time", why=trouble)
            address = opened.getsockname()
            for line in link.spoilt.left:
                say("left to the host", fault=line)
            say("listening", host=address[0], port=address[1], mission=link.mission.name)
            udp.serve(link, opened, between)
        say("ended", **link.report())


@contextmanager
def asked() -> Iterator[dict[str, bool]]:
    """Note what signals ask for, and put their handlers back afterwards."""
    wish: dict[str, bool] = {}
    words = {signal.SIGINT: "end", signal.SIGTERM: "end"}
    if hasattr(signal, "SIGUSR1"):
        words[signal.SIGUSR1] = "report"

    def note(number: int, _frame: object) -> None:
        wish[words[signal.Signals(number)]] = True

    before = {number: signal.signal(number, note) for number in words}
    try:
        yield wish
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
