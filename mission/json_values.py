"""Values as JSON can hold them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def plain_values(value: Any) -> Any:
    """Return a value as JSON can hold it, at any depth.

    Parameters
    ----------
    value : dict, list, tuple, numpy scalar or any other
        Dictionaries and sequences are gone through.

    Returns
    -------
    The same structure: tuples become lists, numpy's numbers plain ones, and a number that is not
    finite becomes None.
    """
    if isinstance(value, dict):
        return {key: plain_values(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_values(item) for item in value]
    if isinstance(value, np.generic):
        return plain_values(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
