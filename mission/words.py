"""How a refusal words a value or a key of a file, and the key that was meant."""

import difflib
from collections.abc import Sequence
from datetime import date, time

from farside.mission.units import in_words, same_quantity


def unknown(key: str, absent: list[str], present: Sequence[str] = ()) -> tuple[str, str]:
    """Return the key that an unknown one should have been, or nothing, and say so.

    Of keys that are absent, else of those that are there: a mission that is like another has them.
    """
    meant = same_quantity(key, absent)
    if meant:
        return meant, f"wrong unit; give {meant}{in_words(meant)}"
    close = near(key, absent) or near(key, present)
    return close, f"unknown key; {f'did you mean {close}?' if close else 'remove it'}"


def near(word: str, words: Sequence[str]) -> str:
    """Return the one of some words that a misspelled one is most like, or nothing."""

    def plain(text: str) -> str:
        return "".join(c for c in text[:64].lower() if c.isalnum())

    by_plain = {plain(each): each for each in words}
    close = difflib.get_close_matches(plain(word), list(by_plain), n=1)
    return by_plain[close[0]] if close else ""


def shown(value: object) -> str:
    """Show a value in a message, kept short."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        plain = len(value) <= 4 and all(isinstance(element, float) for element in value)
        return str(value) if plain else "an array"
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 10**18:
        return "a huge whole number"
    if isinstance(value, date | time):
        return f"the date or time {value.isoformat()}"
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 48 else f"{text[:45]}..."


def bare(key: str) -> str:
    """Show an unknown key, kept short."""
    return key if len(key) <= 64 else f"{key[:61]}..."
