"""The key of a flight's random streams: one for each run of a seed."""

from farside.mission.integers import seed_key, whole_number

_MASK = (1 << 64) - 1
_MOST_RUN = (1 << 63) - 1


def flight_key(seed: int, run: int) -> int:
    """Return the key of all counter-based streams of a run, a whole number below 2^64.

    Run 0 has its seed's own key; no two runs of a seed share a key, since run -> key is one to one
    (a 64-bit finaliser, Steele, Lea & Flood, OOPSLA 2014).

    Parameters
    ----------
    seed : int
        From 0 on, of any length: see `farside.mission.integers.seed_key`.
    run : int
        From 0 to 2^63 - 1, of any integer type.

    Raises
    ------
    ValueError
        For one that is no whole number, or outside its range.
    """
    key, run = seed_key(seed), whole_number("run", run, 0, _MOST_RUN)
    return key if run == 0 else _mixed((_mixed(key) + run) & _MASK)


def _mixed(x: int) -> int:
    """Return a bijection of the 64-bit numbers in which each bit depends on each."""
    x = (x + 0x9E3779B97F4A7C15) & _MASK
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK
    return x ^ (x >> 31)
