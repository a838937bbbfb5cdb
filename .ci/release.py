"""Make a release, or check one. The version's one place is pyproject.toml.

    python .ci/release.py write X.Y.Z [YYYY-MM-DD]   close the changelog, set the version everywhere
    python .ci/release.py check [X.Y.Z]              what does not fit together, a line each
    python .ci/release.py notes X.Y.Z                the changelog's section, for the release's page

`write` turns every section "Unreleased" of CHANGELOG.md into one section of this version and date,
with their titles below it, and copies the version to CITATION.cff and recipe/recipe.yaml.
"""

from __future__ import annotations

import datetime
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VERSION = re.compile(r"\d+\.\d+\.\d+((a|b|rc)\d+)?")
OPEN = re.compile(r"^## (?:Unreleased(?:: (?P<title>.+))?|(?P<old>\S+) - unreleased)$", re.M)
#: Where the version stands, and the line that holds it.
PLACES = {
    "pyproject.toml": r'^version = "(.+)"$',
    "CITATION.cff": r"^version: (.+)$",
    "recipe/recipe.yaml": r'^  version: "(.+)"$',
}


def stated(root: Path) -> dict[str, str | None]:
    """Return the version that each place states."""
    found = {name: re.search(line, text_of(root, name), re.M) for name, line in PLACES.items()}
    return {name: match[1] if match else None for name, match in found.items()}


def text_of(root: Path, name: str) -> str:
    """Return a file of the project."""
    return (root / name).read_text(encoding="utf-8")


def section(changelog: str, version: str) -> tuple[str, str] | None:
    """Return date and text of a version's section, or None."""
    head = re.compile(rf"^## {re.escape(version)} - (\d{{4}}-\d{{2}}-\d{{2}})$", re.M)
    found = head.search(changelog)
    if found is None:
        return None
    end = re.compile(r"^## ", re.M).search(changelog, found.end())
    return found[1], changelog[found.end() : end.start() if end else None].strip()


def closed(changelog: str, version: str, date: str) -> str:
    """Return the changelog with all that is unreleased in one section of this version and date."""
    heads = list(OPEN.finditer(changelog))
    if not heads:
        raise SystemExit('CHANGELOG.md: no section "Unreleased" to close')
    if section(changelog, version):
        raise SystemExit(f"CHANGELOG.md: {version} is there already")
    whole = f"## {version} - {date}\n"
    parts = [changelog[: heads[0].start()], whole]
    for head, following in zip(heads, [*heads[1:], None], strict=True):
        end = following.start() if following else len(changelog)
        body = changelog[head.end() : end]
        released = re.compile(r"^## ", re.M).search(body)
        if released and following:
            raise SystemExit("CHANGELOG.md: a released section stands between unreleased ones")
        title = head["title"] or ("Before that" if head["old"] else None)
        if title:
            deeper = re.sub(r"^###", "####", body, flags=re.M)
            body = f"\n### {title[0].upper()}{title[1:]}\n{deeper}"
        parts.append(body)
    return "".join(parts)


def write(root: Path, version: str, date: str) -> None:
    """Close the changelog under a version, and set the version in each place."""
    if not VERSION.fullmatch(version):
        raise SystemExit(f"{version}: a version is X.Y.Z, or X.Y.Zrc1")
    changelog = closed(text_of(root, "CHANGELOG.md"), version, date)
    for name, line in PLACES.items():
        text, matched = text_of(root, name), re.search(line, text_of(root, name), re.M)
        if matched is None:
            raise SystemExit(f"{name}: no line with the version")
        text = text[: matched.start(1)] + version + text[matched.end(1) :]
        if name == "CITATION.cff":
            text = re.sub(r"^date-released: .*\n", "", text, flags=re.M)
            text = re.sub(r"^(version: .*\n)", rf"\1date-released: {date}\n", text, flags=re.M)
        (root / name).write_text(text, encoding="utf-8")
    (root / "CHANGELOG.md").write_text(changelog, encoding="utf-8")
    print(f"{version}, {date}: look over CHANGELOG.md, commit, run .ci/run, tag v{version}")


def faults(root: Path, version: str | None) -> list[str]:
    """Return what does not fit together; with a version, also what keeps it from being released."""
    own = tomllib.loads(text_of(root, "pyproject.toml"))["project"]["version"]
    found = [
        f"{name}: version {said}, pyproject.toml has {own}"
        for name, said in stated(root).items()
        if said != own
    ]
    changelog = text_of(root, "CHANGELOG.md")
    if version is not None:
        if version != own:
            found.append(f"pyproject.toml: version {own}, not {version}")
        dated = section(changelog, version)
        if dated is None:
            found.append(f'CHANGELOG.md: no section "## {version} - YYYY-MM-DD"')
        elif not dated[1]:
            found.append(f"CHANGELOG.md: {version} has no notes")
        found += [f"CHANGELOG.md: {head[0][3:]} is still open" for head in OPEN.finditer(changelog)]
    elif section(changelog, own) is None and not OPEN.search(changelog):
        found.append(f"CHANGELOG.md: neither {own} nor anything unreleased")
    return found


def main(words: list[str]) -> int:
    """Do what the words say; the exit status."""
    if words[:1] == ["write"] and len(words) in (2, 3):
        date = words[2] if len(words) == 3 else datetime.date.today().isoformat()
        write(ROOT, words[1], datetime.date.fromisoformat(date).isoformat())
        return 0
    if words[:1] == ["check"] and len(words) in (1, 2):
        found = faults(ROOT, words[1] if len(words) == 2 else None)
        print(*found, sep="\n", end="\n" if found else "")
        return 1 if found else 0
    if words[:1] == ["notes"] and len(words) == 2:
        dated = section(text_of(ROOT, "CHANGELOG.md"), words[1])
        if dated is None:
            raise SystemExit(f'CHANGELOG.md: no section "## {words[1]} - YYYY-MM-DD"')
        print(dated[1])
        return 0
    raise SystemExit(
        "usage: python .ci/release.py write X.Y.Z [DATE] | check [X.Y.Z] | notes X.Y.Z"
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
