"""What a caller gives where numbers are asked for, as numbers or refused."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.ext.common.errors import FarsideError

__all__ = ["numbers", "shaped", "times"]


def numbers(
    given: ArrayLike | Any, name: str, error: type[FarsideError] = FarsideError
) -> NDArray[np.float64]:
    """Return what was given as an array of its own, and refuse what only converts to numbers.

    NumPy would make numbers of words, dates, truth values and pointers, drop the imaginary part of
    a complex number with a warning at most, and give the number behind a mask.

    Parameters
    ----------
    given : array_like
        Whole or real numbers of any width and shape. A masked element is not known: NaN.
    name : str
        Of what they are, for the error.
    error : type, optional
        Class of the error.

    Returns
    -------
    ndarray
        A copy, float64, in C order.

    Raises
    ------
    FarsideError
        Of the class `error`, where it holds anything but numbers, or rows of different lengths.

    Examples
    --------
    >>> from farside.ext.common.numbers import numbers
    >>> numbers((1, 2.5), "a place")
    array([1. , 2.5])
    >>> numbers(["1", "2"], "a place")
    Traceback (most recent call last):
        ...
    farside.ext.common.errors.FarsideError: a place of text; give numbers
    """
    try:
        held = np.asanyarray(given)
    except (TypeError, ValueError, OverflowError):
        raise error(f"{name} in rows of different lengths; give numbers") from None
    if held.dtype.kind not in "iuf" and held.size:
        raise error(f"{name} of {_KINDS.get(held.dtype.kind, str(held.dtype))}; give numbers")
    if type(held) is not np.ndarray:
        return _unmasked(held)
    return held.astype(np.float64, "C")


def _unmasked(held: NDArray[Any]) -> NDArray[np.float64]:
    """Return a subclass of arrays as an array, NaN where a mask covers it."""
    out = np.array(held, np.float64, order="C")
    out[np.ma.getmaskarray(held)] = np.nan
    return out


_KINDS = {
    "b": "truth values",
    "c": "complex numbers",
    "m": "durations",
    "M": "dates",
    "O": "objects",
    "S": "bytes",
    "U": "text",
    "V": "records",
}


def shaped(name: str, given: ArrayLike | Any, *shape: int) -> NDArray[np.float64]:
    """Return what was given as `numbers` does, and refuse any other shape than the one asked for.

    Parameters
    ----------
    name : str
        Of what they are, for the error.
    given : array_like
    *shape : int
        The shape that they have to have.

    Returns
    -------
    ndarray, shape

    Raises
    ------
    FarsideError
        Where they are no numbers, or of another shape.

    Examples
    --------
    >>> from farside.ext.common.numbers import shaped
    >>> shaped("a place", (1.0, 2.0), 3)
    Traceback (most recent call last):
        ...
    farside.ext.common.errors.FarsideError: a place of shape (2,): give 3 numbers
    """
    array = numbers(given, name)
    if array.shape != shape:
        asked = " x ".join(map(str, shape))
        raise FarsideError(f"{name} of shape {array.shape}: give {asked} numbers")
    return array


def times(
    t_s: ArrayLike | Any,
    last_s: float,
    error: type[FarsideError] = FarsideError,
    *,
    rising: bool = False,
) -> NDArray[np.float64]:
    """Return times of a way that was solved from 0 to its end, and refuse others.

    Parameters
    ----------
    t_s : array_like
        Times [s], of any shape.
    last_s : float
        The end [s]. NaN, for a way that was not found, refuses any time.
    error : type, optional
        Class of the error.
    rising : bool, optional
        Whether they have to be a row of times none of which is before the last.

    Returns
    -------
    ndarray
        The times [s], those within 1e-9 of the end's size outside put onto the bound.

    Raises
    ------
    FarsideError
        Of the class `error`, where one is not a number, or is before 0 or after the end, or they
        do not rise where they have to.

    Examples
    --------
    >>> from farside.ext.common.numbers import times
    >>> times([0.0, 60.0], 60.0)
    array([ 0., 60.])
    >>> times(61.0, 60.0)
    Traceback (most recent call last):
        ...
    farside.ext.common.errors.FarsideError: a time of 61 s; the way is known from 0 to 60 s
    """
    at = numbers(t_s, "times", error)
    slack = 1e-9 * max(abs(last_s), 1.0)
    wrong = ~((at >= -slack) & (at <= last_s + slack))
    if wrong.any():
        raise error(
            f"a time of {float(at[wrong][0]):.9g} s; the way is known from 0 to {last_s:.9g} s"
        )
    if rising and (at.ndim != 1 or (np.diff(at) < 0.0).any()):
        raise error("times in no order; give a row of them that rises")
    return np.clip(at, 0.0, last_s)
