"""The Moon under a landing site, as the truth takes it: numbers that both sides know."""

from farside.mission.moon_numbers import moon_numbers

__all__ = ["moon_numbers"]
