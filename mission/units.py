"""The units that end a key of a mission file, and their names in words."""

import math
from collections.abc import Iterable
from typing import Final

UNITS: Final = {
    "ug_per_sqrt_hz": "micro-g per square root of a hertz",
    "deg_per_sqrt_h": "degrees per square root of an hour",
    "kgm2": "kg m2",
    "nspm": "newton seconds per metre",
    "npm": "newtons per metre",
    "npm2": "newtons per square metre",
    "npm3": "newtons per cubic metre",
    "nps": "newtons per second",
    "m2pm": "square metres per metre",
    "mps2": "metres per second squared",
    "radps": "radians per second",
    "per_s": "per second",
    "mps": "metres per second",
    "dps": "degrees per second",
    "dph": "degrees per hour",
    "dps2": "degrees per second squared",
    "arcsec": "seconds of arc",
    "db_per_k": "decibels over one per kelvin",
    "dbi": "decibels over an isotropic antenna",
    "db": "decibels",
    "bps": "bits per second",
    "urad": "millionths of a radian",
    "w": "watts",
    "mrad": "milliradians",
    "um": "micrometres",
    "nm": "nanometres",
    "px": "pixels",
    "percent": "percent",
    "utc": "UTC",
    "deg": "degrees",
    "rad": "radians",
    "ppm": "parts per million",
    "ug": "micro-g",
    "kg": "kilograms",
    "hz": "hertz",
    "ga": "thousand million years",
    "m": "metres",
    "n": "newtons",
    "s": "seconds",
}
"""The unit of a key is the longest of these that follows its last words' underscore."""


def unit_of(key: str) -> str | None:
    """Return the unit that ends a key, or None: `thrust_max_n` ends in `n`."""
    return next((unit for unit in UNITS if key.endswith(f"_{unit}")), None)


SYMBOLS: Final = {
    "ug_per_sqrt_hz": "ug/sqrt(Hz)",
    "deg_per_sqrt_h": "deg/sqrt(h)",
    "kgm2": "kg m^2",
    "nspm": "N s/m",
    "npm": "N/m",
    "npm2": "N/m^2",
    "npm3": "N/m^3",
    "nps": "N/s",
    "m2pm": "m^2/m",
    "mps2": "m/s^2",
    "radps": "rad/s",
    "per_s": "1/s",
    "mps": "m/s",
    "dps": "deg/s",
    "dph": "deg/h",
    "db_per_k": "dB/K",
    "dbi": "dBi",
    "db": "dB",
    "bps": "bit/s",
    "w": "W",
    "dps2": "deg/s^2",
    "percent": "%",
    "utc": "UTC",
    "hz": "Hz",
    "ga": "10^9 years",
    "n": "N",
}
"""How units are written that are not written as they end a key."""


def symbol_of(key: str) -> str:
    """Return the unit that ends a key as a page writes it; nothing for a key without one."""
    if key.startswith("target_mps") and key[-1] in "23":
        return f"m/s^{key[-1]}"
    unit = unit_of(key)
    return SYMBOLS.get(unit, unit) if unit in UNITS else ""


def in_words(key: str) -> str:
    """Describe a key's unit as an aside: `, in newtons`; nothing for a key without one."""
    unit = unit_of(key)
    return f", in {UNITS[unit]}" if unit else ""


def same_quantity(key: str, others: Iterable[str]) -> str | None:
    """Find the key that means the same quantity in another unit, or None.

    `thrust_max_kn`, `thrust_max_lbf` and `thrust_max` all mean `thrust_max_n`. Of several, the
    one that shares the longest quantity.
    """
    stems = {other: other.removesuffix(f"_{unit_of(other)}") for other in others}
    alike = [
        other
        for other, stem in stems.items()
        if unit_of(other) and (key == stem or key.startswith(f"{stem}_"))
    ]
    return max(alike, key=lambda other: len(stems[other]), default=None)


def number(value: float | None, digits: int = 0, unit: str = "") -> str:
    """Write a number for people: thousands apart, its unit behind; a dash for none."""
    if value is None or not math.isfinite(value):
        return "\u2013"
    # adding 0.0 turns a rounded -0.0 into 0.0
    text = f"{round(value, digits) + 0.0:,.{digits}f}".replace("-", "\u2212")
    return f"{text} {unit}".rstrip()
