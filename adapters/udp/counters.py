"""What a UDP link counts of the packets that come and go."""

from dataclasses import dataclass


@dataclass
class Counters:
    """What came and what became of it."""

    received: int = 0
    hellos: int = 0
    flown: int = 0
    aims: int = 0
    stops: int = 0
    repeated: int = 0  # answered again, not flown again
    missed_ticks: int = 0  # between the states that came
    bad_input: int = 0  # states that no lander of ours can be in: last command held
    foreign: int = 0  # not ours, or no request: no answer
    size: int = 0
    version: int = 0
    checksum: int = 0
    busy: int = 0
    session: int = 0
    stale: int = 0
    tick: int = 0
    number: int = 0
    phase: int = 0
    pending: int = 0
    scan: int = 0
    navigation: int = 0
    scans: int = 0
    chunks: int = 0
    decisions: int = 0
    estimates: int = 0
    dropped_scans: int = 0
    unanswered: int = 0  # refusals beyond the rate
    unsent: int = 0  # answers that the network did not take
    silences: int = 0  # longer than a command is held
    timeouts: int = 0  # sessions that ended so
    plans: int = 0
    slowest_us: int = 0  # from a state to its command
