"""What any sensor may have: a place, a drift, a step, a latency. Ranges and documents of the keys.

A key that is left out is an effect that is absent: the sensor stands at the centre of mass, and
reports what it reads at once.
"""

from collections.abc import Iterator
from typing import Annotated

from farside.mission.bounds import NonNegative, Within

#: Reports that a sensor has under way at most: `QUEUE` of ext/sensors/reports.pxd.
REPORTS_UNDER_WAY = 8
#: Longest latency [s]: estimates of 0.63 s are remembered aboard (ext/navigation/past.pxd).
LATENCY_MOST = 0.5

Part = Annotated[float, Within(least=-100.0, most=100.0)]
Place = tuple[Part, Part, Part]
PlaceError = Annotated[float, Within(least=0.0, most=1.0)]
Lean = Annotated[float, Within(least=0.0, most=5.0)]
LeanArcsec = Annotated[float, Within(least=0.0, most=3600.0)]
DriftTime = Annotated[float, Within(least=1.0, most=1e6)]
Late = Annotated[float, Within(least=0.0, most=LATENCY_MOST)]
Exclusion = Annotated[float, Within(least=0.0, most=90.0)]
Share = Annotated[float, Within(least=0.0, below=1.0)]
Hold = Annotated[float, Within(least=0.0, most=600.0)]
Unlimited = NonNegative

ABSENT = "absent unless given"


def late_faults(latency_s: float, rate_hz: float) -> Iterator[tuple[str, str]]:
    """Yield a latency that has too many reports under way."""
    if latency_s * rate_hz > REPORTS_UNDER_WAY - 1:
        yield (
            "latency_s",
            f"{latency_s:g} at rate_hz {rate_hz:g} has more than {REPORTS_UNDER_WAY - 1} reports "
            "under way; lower one of them",
        )
