"""Fly a campaign: hand out tasks, keep what comes back, lose nothing."""

from __future__ import annotations

import signal
import threading
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    wait,
)
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Self

from farside.campaign.columns import columns
from farside.campaign.crew import Crew, Others, cores, crew_here
from farside.campaign.extras import CampaignError, extra
from farside.campaign.folder import (
    MANIFEST,
    check_rasters,
    check_same,
    keep,
    missing_of,
    parts_in,
    read_manifest,
    write_manifest,
)
from farside.campaign.parts import read_part
from farside.campaign.plan import Plan, cut
from farside.campaign.task import Flown, task_of
from farside.raster import RasterError

#: Signals that ask a process to end.
ASKING = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)
#: Tasks that are out for every worker: one in hand, one to take next.
OUT = 2
#: So many workers must die with a task in hand before it is flown on its own, to see whose fault
#: it is; and so many with nothing but one run before that is left out.
SUSPECT, GIVEN_UP = 3, 6
#: So many workers may die before anything comes back; one that cannot even start dies each time.
IN_VAIN = 24
#: How often progress is told while nothing comes back [s].
TELL_S = 0.5


@dataclass
class Tally:
    """How far a campaign is."""

    wanted: int  # runs to be there in the end: of the shard, where it is one
    before: int = 0  # that were there already
    flown: int = 0  # since
    unsafe: int = 0  # of all
    deaths: int = 0  # of workers, as far as seen
    outcomes: Counter[str] = field(default_factory=Counter)
    given_up: list[int] = field(default_factory=list)  # runs that killed every worker
    note: str = ""  # on who flies, where that is not who was asked for

    @property
    def done(self) -> int:
        """Runs that are there."""
        return self.before + self.flown


Progress = Callable[[Tally], None]


@dataclass
class _Order:
    """A task that is to be flown, and how many workers died with it in hand."""

    runs: range
    deaths: int = 0
    kept: bool = False


class Stopped(KeyboardInterrupt):
    """The campaign was interrupted; everything that was flown is kept."""

    def __init__(self, tally: Tally, number: int = signal.SIGINT) -> None:
        super().__init__("the campaign was interrupted")
        self.tally = tally
        self.number = number  # of the signal that asked for it


def fly_campaign(
    plan: Plan,
    folder: str | Path,
    executor: Executor | Crew | None = None,
    *,
    workers: int | None = None,
    shard: range | None = None,
    resume: bool = False,
    progress: Progress | None = None,
) -> Tally:
    """Fly a campaign, or what is missing of it, into a folder.

    Parameters
    ----------
    plan : Plan
        From `plan_campaign`, or `read_campaign(folder).plan`.
    folder : str or Path
        Where to; missing or empty, but for a shard or with `resume`.
    executor : concurrent.futures.Executor or Crew, optional
        Who flies. Processes of this machine if not given, which are replaced when they die.
    workers : int, optional
        How many tasks an executor flies at once, or processes to start; as many as this process
        may use cores, if not given.
    shard : range, optional
        Fly these runs only: see `shard_of`.
    resume : bool, optional
        Go on with what the folder holds.
    progress : callable, optional
        Called as progress(tally) after every task, and twice a second.

    Returns
    -------
    Tally
        What was flown. A flight that did not land is a result and no error.

    Raises
    ------
    CampaignError
        The folder holds something else, a part of it is damaged, nothing can be written, or an
        executor broke down. What was flown by then is kept.
    Stopped
        Interrupted; what was flown by then is kept.
    """
    place = Path(folder)
    tell = progress or (lambda tally: None)
    # before anything is written: who could not write it?
    extra("pyarrow", "campaign")
    wanted = range(plan.runs) if shard is None else shard
    try:
        check_folder(place, plan, wanted, shard=shard is not None, resume=resume)
        tally, missing = look(place, plan, wanted)
        write_manifest(place, plan)
    except OSError as why:
        raise _cannot_write(place, why) from None
    if not missing:
        tell(tally)
        return tally
    crew: Crew
    if executor is None:
        crew, tally.note = crew_here(workers or cores())
    elif isinstance(executor, Executor):
        crew = Others(executor, workers or cores())
    else:
        crew = executor
    try:
        _Campaign(plan, place, crew, tally, tell, missing).fly()
    except Stopped as why:
        crew.leave()
        if signal.getsignal(why.number) == signal.SIG_DFL:
            # nobody in this process answers that signal: it ends as it would have, cleaned up
            signal.raise_signal(why.number)
        raise
    except BaseException:
        crew.leave()
        raise
    crew.leave()
    return tally


def check_folder(place: Path, plan: Plan, wanted: range, *, shard: bool, resume: bool) -> None:
    """Refuse a folder that this campaign must not write to.

    Raises
    ------
    CampaignError
        It holds something else, or runs that nobody said to go on with.
    """
    if place.exists() and not place.is_dir():
        raise CampaignError(f"{place}: a file is in the way; give another folder")
    held = sorted(entry.name for entry in place.iterdir()) if place.exists() else []
    if not (place / MANIFEST).exists():
        if resume:
            raise CampaignError(f"{place}: no campaign is here to resume; leave out --resume")
        # of a shard that is just making the folder
        others = [name for name in held if not (shard and name in ("parts", "telemetry"))]
        if [name for name in others if not name.startswith(f".{MANIFEST}.")]:
            raise CampaignError(f"{place}: holds {others[0]} and no campaign; give an empty folder")
        return
    there = read_manifest(place)
    if not (resume or shard):
        raise CampaignError(
            f"{place}: holds a campaign; --resume goes on with it, --out gives another folder"
        )
    check_same(place, there, plan)
    if there.runs > plan.runs or (shard and there.runs != plan.runs):
        raise CampaignError(
            f"{place}: holds a campaign of {there.runs:,} runs, not {plan.runs:,}; "
            f"give --runs {there.runs}{'' if shard else ' or more'}"
        )
    if not resume and any(
        runs.start < wanted.stop and wanted.start < runs.stop for runs, _ in parts_in(place)
    ):
        raise CampaignError(f"{place}: holds runs of this shard; --resume goes on with it")
    check_rasters(plan)


def look(place: Path, plan: Plan, wanted: range) -> tuple[Tally, list[range]]:
    """See what a folder holds of the runs that are wanted, and what is missing.

    Raises
    ------
    CampaignError
        A part is damaged.
    """
    tally = Tally(len(wanted))
    held = []
    names = columns(plan.mission)
    for runs, path in parts_in(place):
        if runs.stop <= wanted.start or wanted.stop <= runs.start:
            continue
        table = read_part(path, names, ("outcome", "safe"))
        held.append(runs)
        tally.outcomes.update(table["outcome"].to_pylist())
        tally.unsafe += table["safe"].to_pylist().count(False)
    missing = missing_of(wanted, held)
    tally.before = len(wanted) - sum(len(runs) for runs in missing)
    return tally, missing


class _Interrupts:
    """Requests to end, heard between two tasks: Ctrl-C, SIGTERM, SIGHUP.

    An exception that comes in the middle of handing a task out may end in a library that swallows
    it, and the campaign would fly on. A second request before the first was heeded comes at once.
    """

    def __init__(self) -> None:
        self._asked = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in ASKING:
                handler = signal.getsignal(number)
                # who was started deaf to it, as by nohup, stays so
                if handler not in (None, signal.SIG_IGN):
                    self._before[number] = handler
                    signal.signal(number, self._hear)
        return self

    def __exit__(self, *_why: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        """Take note; the second time, interrupt."""
        again, self._asked = self._asked, self._asked or number
        if again:
            raise KeyboardInterrupt

    @property
    def number(self) -> int:
        """The signal that asked first; SIGINT where an exception came without one."""
        return self._asked or signal.SIGINT

    def check(self) -> None:
        """Interrupt here if that was asked for.

        Raises
        ------
        KeyboardInterrupt
            It was.
        """
        if self._asked:
            raise KeyboardInterrupt


class _Campaign:
    """A campaign while it is flown."""

    def __init__(
        self,
        plan: Plan,
        place: Path,
        crew: Crew,
        tally: Tally,
        tell: Progress,
        missing: list[range],
    ) -> None:
        self.plan, self.place, self.crew, self.tally, self.tell = plan, place, crew, tally, tell
        self.waiting = deque(_Order(runs) for runs in cut(missing, plan.imaging))
        self.out: dict[Future[Flown | None], _Order] = {}
        self.in_vain = 0

    def fly(self) -> None:
        """Fly everything that waits."""
        with _Interrupts() as interrupts:
            try:
                while self.waiting or self.out:
                    self.hand_out()
                    ended, _ = wait(self.out, timeout=TELL_S, return_when=FIRST_COMPLETED)
                    self.take(ended)
                    self.tell(self.tally)
                    interrupts.check()
            except KeyboardInterrupt:
                try:
                    self.stop()
                except KeyboardInterrupt:
                    # asked again: what is being flown is given up
                    self.crew.kill()
                raise Stopped(self.tally, interrupts.number) from None
            except CampaignError:
                # the disk: nothing more can be kept
                raise
            except Exception as why:
                self.stop()
                raise _broken(why) from why

    def hand_out(self) -> None:
        """Keep every worker busy; a task that workers died with is flown on its own."""
        suspects = [order for order in self.waiting if order.deaths >= SUSPECT]
        alone = any(order.deaths >= SUSPECT for order in self.out.values())
        if suspects or alone:
            if not self.out:
                self.waiting.remove(suspects[0])
                self.submit(suspects[0])
            return
        while self.waiting and len(self.out) < OUT * self.crew.workers:
            self.submit(self.waiting.popleft())

    def submit(self, order: _Order) -> None:
        """Return a task out."""
        try:
            self.out[self.crew.submit(task_of(self.plan, order.runs))] = order
        except Exception as why:
            # the pool may break between two tasks
            if not self.crew.is_death(why):
                raise
            self.waiting.appendleft(order)
            self.mourn([])

    def take(self, ended: set[Future[Flown | None]]) -> None:
        """Keep what came back, and have flown again what a worker died with."""
        dead = []
        for future in ended:
            why = future.exception()
            if why is None:
                # it stays among those that are out until it is on the disk
                self.keep(self.out[future], future.result())
            elif not self.crew.is_death(why):
                raise why
            else:
                dead.append(self.out[future])
            del self.out[future]
        if dead:
            self.mourn(dead)

    def mourn(self, dead: list[_Order]) -> None:
        """Take back what workers died with, and get new ones."""
        self.tally.deaths += 1
        self.in_vain += 1
        if self.in_vain > IN_VAIN:
            raise CampaignError(
                f"{IN_VAIN} workers died one after the other and flew nothing: is there memory "
                "for them? --workers 1 takes the least"
            )
        if not self.crew.replace():
            for order in dead:
                order.deaths = max(order.deaths, SUSPECT) + 1
                self.again(order, alone=True)
            return
        # whoever died: everything that was out is lost but what came back in the meantime
        for future, order in self.out.items():
            if future.done() and not future.cancelled() and future.exception() is None:
                self.keep(order, future.result())
            else:
                dead.append(order)
        self.out = {}
        for order in sorted(dead, key=lambda order: order.runs.start, reverse=True):
            order.deaths += 1
            self.again(order, alone=len(dead) == 1)

    def again(self, order: _Order, alone: bool) -> None:
        """Put a task back; of one that workers died with though it flew alone, each half."""
        if not (alone and order.deaths > SUSPECT):
            self.waiting.appendleft(order)
        elif len(order.runs) > 1:
            half = len(order.runs) // 2
            for runs in (order.runs[half:], order.runs[:half]):
                self.waiting.appendleft(_Order(runs, SUSPECT))
        elif order.deaths < SUSPECT + GIVEN_UP:
            self.waiting.appendleft(order)
        else:
            self.tally.given_up.append(order.runs.start)

    def keep(self, order: _Order, flown: Flown | None) -> None:
        """Write what came of a task."""
        if flown is None or order.kept:
            return
        try:
            keep(self.place, flown)
        except OSError as why:
            raise _cannot_write(self.place, why) from None
        order.kept = True
        self.in_vain = 0
        self.tally.flown += len(flown.runs)
        self.tally.unsafe += flown.unsafe
        self.tally.outcomes.update(flown.outcomes)

    def stop(self) -> None:
        """Keep what is being flown as far as it goes."""
        self.crew.hurry()
        running = {future: order for future, order in self.out.items() if not future.cancel()}
        wait(running)
        for future, order in running.items():
            if not future.cancelled() and future.exception() is None:
                self.keep(order, future.result())


def _broken(why: Exception) -> Exception:
    """Report in one line what no row can hold; what is a bug stays as it is."""
    if isinstance(why, RasterError):
        return CampaignError(str(why))
    if isinstance(why, MemoryError):
        return CampaignError("a worker has no memory left: give fewer --workers, and --resume")
    if isinstance(why, CancelledError | BrokenExecutor):
        return CampaignError("the executor broke down; what was flown is kept, --resume goes on")
    return why


def _cannot_write(place: Path, why: OSError) -> CampaignError:
    """Report that the disk takes no more."""
    return CampaignError(
        f"{place}: cannot be written: {why.strerror or why}; what was flown is kept, and --resume "
        "goes on when there is room"
    )
