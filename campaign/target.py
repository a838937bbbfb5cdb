"""The share of safe landings that a campaign is held to."""

from __future__ import annotations

from farside.campaign.extras import CampaignError

#: If its reader names no other.
TARGET = 0.999
#: Beyond these a target is a slip of the pen: 99 for 0.99, or a share of failures.
LEAST_TARGET, MOST_TARGET = 0.5, 0.9999999


def check_target(target: float | None) -> float:
    """Return the share of safe landings that is asked for; `TARGET` if none is given.

    Parameters
    ----------
    target : float or None
        A share, not per cent.

    Raises
    ------
    CampaignError
        It is not from 0.5 to 0.9999999.

    Examples
    --------
    >>> check_target(None), check_target(0.99)
    (0.999, 0.99)
    """
    if target is None:
        return TARGET
    if not LEAST_TARGET <= target <= MOST_TARGET:
        raise CampaignError(
            f"target: {target:g} is no share of safe landings from {LEAST_TARGET:g} to "
            f"{MOST_TARGET:.7f}; 0.99 asks for 99 %"
        )
    return float(target)
