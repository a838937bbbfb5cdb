"""A radio link from the lander: what it has left over the data rate, by range and attitude."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

import numpy as np
from numpy.typing import NDArray

from farside.ext.common import deterministic
from farside.mission.bounds import Direction, Doc, NonNegative, Positive, Title, Within
from farside.mission.reader import Table

Array = NDArray[np.float64]

#: To Earth, whatever stations there are.
EARTH: Final = "Earth"
#: Names that mean something else in the sky, in small letters; "" is a blank one.
TAKEN: Final = ("", "sun", "earth", "moon", "relay", "observer")
#: Observers with the relay, and links.
MOST: Final = 16
LIGHT_MPS: Final = 299_792_458.0  # exact by definition
BOLTZMANN_JPK: Final = 1.380649e-23  # exact by definition


def decibels(ratio: Array | float) -> Array:
    """Return 10 log10 of a ratio."""
    return np.asarray(10.0 * deterministic.log10(np.asarray(ratio, np.float64)))


@dataclass(frozen=True, kw_only=True)
class RadioLink(Table):
    """A link from the lander to Earth, the relay or an observer.

    Its margin is C/N0 over what the rate needs: EIRP - free-space loss + G/T - 10 log10 k - losses
    - 10 log10 rate - Eb/N0 (Maral & Bousquet, Satellite Communications Systems, ch. 5).
    """

    to: Annotated[Title, Doc("`Earth`, the relay's name or an observer's")]
    frequency_hz: Annotated[Positive, Doc("of the carrier")]
    power_w: Annotated[Positive, Doc("of the transmitter")]
    rate_bps: Annotated[Positive, Doc("of the data")]
    receiver_db_per_k: Annotated[
        float, Within(least=-100.0, most=100.0), Doc("gain over noise temperature of the receiver")
    ]
    gain_dbi: Annotated[
        float, Within(least=-30.0, most=60.0), Doc("of the lander's antenna inside its beam")
    ] = 0.0
    boresight_body: Annotated[Direction, Doc("of the lander's antenna")] = (0.0, 0.0, 1.0)
    half_beam_deg: Annotated[
        float, Within(above=0.0, most=180.0), Doc("off its boresight: 180 is all round")
    ] = 180.0
    eb_n0_db: Annotated[
        float,
        Within(least=-5.0, most=40.0),
        Doc("energy a bit over noise density that is needed", "ours"),
    ] = 2.5
    losses_db: Annotated[NonNegative, Doc("of pointing, polarisation and lines", "ours")] = 3.0

    def margin_db(self, range_m: Array) -> Array:
        """Return the margin [dB] at ranges [m], inside the beam; below 0 nothing is heard.

        Examples
        --------
        >>> import numpy as np
        >>> link = RadioLink(
        ...     to="Earth", frequency_hz=8.4e9, power_w=10.0, rate_bps=1e4, receiver_db_per_k=50.0
        ... )
        >>> link.margin_db(np.array([384.4e6])).round(1).tolist()
        [20.5]
        """
        # L = (4 pi d f / c)^2
        ratio = 4.0 * math.pi * np.asarray(range_m, np.float64) * self.frequency_hz / LIGHT_MPS
        return np.asarray(
            decibels(self.power_w)
            + self.gain_dbi
            - 2.0 * decibels(ratio)
            + self.receiver_db_per_k
            - decibels(BOLTZMANN_JPK)
            - self.losses_db
            - decibels(self.rate_bps)
            - self.eb_n0_db
        )


def link_faults(links: Sequence[RadioLink], others: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield relay and observers with one name, too many of them, and links to nobody.

    Parameters
    ----------
    links : sequence of RadioLink
    others : sequence of str
        Names of the relay and the observers.
    """
    known = (EARTH, *others)
    for name in sorted({each for each in others if others.count(each) > 1}):
        yield "observers", f"{name} is the name of two in the sky; rename one"
    for name in others:
        if name.strip().lower() in TAKEN:
            yield "observers", f'"{name}" is no name of its own in the sky; give another'
    for key, count in (("observers", len(others)), ("links", len(links))):
        if count > MOST:
            yield key, f"{count} of them; at most {MOST}"
    for link in links:
        if link.to not in known:
            yield "links", f'to = "{link.to}" is nobody in the sky; known: {", ".join(known)}'
