"""Tables of pages that commands write: each stands between two marks with its name."""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "guidance.md"


def write(name: str, lines: list[str], page: Path = PAGE) -> None:
    """Put lines where the page has `<!-- name -->`, up to `<!-- /name -->`."""
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    text = page.read_text()
    if begin not in text or end not in text:
        raise ValueError(f"{page.name} has no place for {name}: add {begin.strip()} and {end}")
    head, rest = text.split(begin, 1)
    _, tail = rest.split(end, 1)
    whole = page.with_suffix(".part")
    whole.write_text(head + begin + "\n".join(lines) + "\n" + end + tail)
    whole.replace(page)
