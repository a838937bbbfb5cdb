"""A release: the changelog closed under a version and date, and the version in every place."""

import importlib.util
import re
import shutil

import pytest
from flown import ROOT

SPEC = importlib.util.spec_from_file_location("release", ROOT / ".ci" / "release.py")
release = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(release)

CHANGELOG = """# Changelog

What each change did.

## Unreleased: eyes

- Sees.

### Small

- Mended.

## Unreleased: legs

- Stands.

## 0.1.0 - 2026-01-02

- First.
"""


@pytest.fixture
def copied(tmp_path):
    """Copy the files that a release writes, with a changelog of its own."""
    for name in release.PLACES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    return tmp_path


def test_the_version_is_the_same_in_every_place():
    assert release.faults(ROOT, None) == []


def test_a_release_closes_the_changelog_and_sets_the_version(copied):
    release.write(copied, "0.2.0", "2026-12-01")
    assert release.faults(copied, "0.2.0") == []
    assert set(release.stated(copied).values()) == {"0.2.0"}
    date, notes = release.section((copied / "CHANGELOG.md").read_text(), "0.2.0")
    assert date == "2026-12-01"
    heads = re.findall(r"^#+ .*$", notes, re.M)
    assert heads == ["### Eyes", "#### Small", "### Legs"]
    assert "date-released: 2026-12-01" in (copied / "CITATION.cff").read_text()
    # every line of before is there, and the release before is left alone
    for line in ("- Sees.", "- Mended.", "- Stands."):
        assert line in notes
    assert release.section((copied / "CHANGELOG.md").read_text(), "0.1.0") == (
        "2026-01-02",
        "- First.",
    )


def test_a_second_release_replaces_the_date(copied):
    release.write(copied, "0.2.0", "2026-12-01")
    text = (copied / "CHANGELOG.md").read_text()
    (copied / "CHANGELOG.md").write_text(
        text.replace("## 0.2.0", "## Unreleased\n\n- More.\n\n## 0.2.0")
    )
    release.write(copied, "0.2.1", "2026-12-24")
    assert (copied / "CITATION.cff").read_text().count("date-released") == 1
    assert release.section((copied / "CHANGELOG.md").read_text(), "0.2.1")[1] == "- More."


def test_what_keeps_a_version_from_release_is_said(copied):
    found = release.faults(copied, "0.3.0")
    assert 'CHANGELOG.md: no section "## 0.3.0 - YYYY-MM-DD"' in found
    assert "CHANGELOG.md: Unreleased: eyes is still open" in found
    cff = (copied / "CITATION.cff").read_text()
    (copied / "CITATION.cff").write_text(cff.replace("version: 0", "version: 9"))
    assert any(line.startswith("CITATION.cff: version 9") for line in release.faults(copied, None))


@pytest.mark.parametrize("version", ["2", "v1.0.0", "1.0.0; rm", "0.1.0"])
def test_a_version_that_cannot_be_is_refused(copied, version):
    before = (copied / "pyproject.toml").read_text()
    with pytest.raises(SystemExit):
        release.write(copied, version, "2026-12-01")
    assert (copied / "pyproject.toml").read_text() == before


def test_nothing_to_release_is_refused():
    with pytest.raises(SystemExit, match="Unreleased"):
        release.closed("# Changelog\n\n## 0.1.0 - 2026-01-02\n", "0.2.0", "2026-12-01")
