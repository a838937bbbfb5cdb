"""Whole numbers and seeds that a caller gives: of any integer type, checked once, as plain ints."""

from __future__ import annotations

import hashlib
import operator
from typing import Any

from farside.ext.common.errors import FarsideError

#: Keys of the counter-based generator are 64 bits.
KEYS = 1 << 64


def whole_number(name: str, value: Any, least: int = 0, most: int | None = None) -> int:
    """Return a whole number as a plain int.

    Parameters
    ----------
    name : str
        What it is, for the error's line.
    value : int or any integer type
        Whatever has an index: Python's ints, numpy's of any width, 0-d integer arrays.
    least, most : int
        Its range, both ends included; without `most` there is no upper end.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        Where it is none, or outside the range; one line that names it and the range.

    Examples
    --------
    >>> import numpy as np
    >>> whole_number("frame_skip", np.int16(10), 1, 100)
    10
    """
    reach = f"from {least} to {most}" if most is not None else f"{least} or more"
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise FarsideError(f"{name} {value!r}: give a whole number, {reach}") from None
    if number < least or (most is not None and number > most):
        raise FarsideError(f"{name} {number}: give a whole number, {reach}")
    return number


def seed_number(seed: Any, name: str = "seed") -> int:
    """Return a seed as a plain int: any whole number from 0 on.

    Parameters
    ----------
    seed : int or any integer type
    name : str
        What it is, for the error's line.

    Returns
    -------
    int

    Raises
    ------
    ValueError
        Where it is negative, or no whole number.
    """
    return whole_number(name, seed)


def seed_key(seed: Any, name: str = "seed") -> int:
    """Return the 64-bit key that a seed stands for.

    Seeds below 2^64 are their own keys. A longer one, such as numpy's SeedSequence or Gymnasium
    hand out, stands for the first 8 bytes of the SHA-256 of its big-endian bytes: the same on every
    machine, and no two that anybody will meet are alike.

    Parameters
    ----------
    seed : int or any integer type
        From 0 on, of any length.
    name : str
        What it is, for the error's line.

    Returns
    -------
    int
        Below 2^64.

    Raises
    ------
    ValueError
        Where it is negative, or no whole number.

    Examples
    --------
    >>> seed_key(7), seed_key(2**64 - 1) == 2**64 - 1
    (7, True)
    >>> seed_key(2**64) < 2**64
    True
    """
    number = seed_number(seed, name)
    if number < KEYS:
        return number
    held = number.to_bytes((number.bit_length() + 7) // 8, "big")
    return int.from_bytes(hashlib.sha256(held).digest()[:8], "big")
