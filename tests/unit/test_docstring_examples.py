"""The examples in the docstrings of farside run as they stand.

Those of a public name run with nothing but what they import, as a reader would copy them; those of
other modules have the names of their module. A flight that two examples fly is flown once.
"""

import doctest
import importlib
import inspect
import io
import re
import shutil
import sys
from functools import cached_property

import pytest
from page_blocks import ROOT
from small_templates import few_templates

sys.path.append(str(ROOT / "docs/_ext"))
import public_names

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
PUBLIC = [each for each in public_names.public() if each.full not in public_names.second_names()]
#: Folders at the root that hold no part of the package.
OTHERS = {"tests", "docs", "benchmarks", "studies", "examples", "build"}


def modules():
    """Return the modules in Python that have examples, by dotted name."""
    for path in sorted(ROOT.glob("*/**/*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if parts[0] in OTHERS or parts[0].startswith(".") or ">>> " not in path.read_text("utf-8"):
            continue
        yield ".".join(("farside", *(part for part in parts if part != "__init__")))


MODULES = list(modules())


def doctests_of(each):
    """Return the examples of a public name and of its methods, each with no names given."""
    held = each.held
    found = [(each.full, held)]
    found += [(f"{each.full}.{name}", method) for name, method in public_names.methods(held)]
    if inspect.isclass(held):
        found += [
            (f"{each.full}.{name}", shown)
            for name, shown in vars(held).items()
            if isinstance(shown, property | cached_property)
        ]
    parser = doctest.DocTestParser()
    for name, thing in found:
        text = inspect.cleandoc(thing.__doc__ or "")
        if ">>> " in text:
            yield parser.get_doctest(text, {"__name__": "__main__"}, name, name, 0)


def run(tests):
    """Run examples; the text of what failed, and how many ran."""
    said = io.StringIO()
    runner = doctest.DocTestRunner(optionflags=FLAGS)
    for test in tests:
        runner.run(test, out=said.write)
    return said.getvalue(), runner.tries


def once(work):
    """Return a function that works out each answer once, by what it is given."""
    made = {}

    def answer(*given, **named):
        key = repr((given, sorted(named.items())))
        if key not in made:
            made[key] = work(*given, **named)
        return made[key]

    return answer


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Hold what is long to make and the same each time: flights, a campaign, scenes, a region."""
    from farside.campaign import fly_campaign
    from farside.flight import land
    from farside.scenes import make_scene
    from farside.survey import survey_region

    flown = {}

    def fly_once(plan, folder, executor):
        if plan not in flown:
            place = tmp_path_factory.mktemp("campaign") / "campaign"
            flown[plan] = place, fly_campaign(plan, place, executor)
        shutil.copytree(flown[plan][0], folder)
        return flown[plan][1]

    with few_templates():
        yield {
            "farside.land": once(land),
            "farside.flight.land": once(land),
            "farside.campaign.fly_campaign": fly_once,
            "farside.scenes.make_scene": once(make_scene),
            "farside.survey.survey_region": once(survey_region),
        }


@pytest.fixture
def place(kept, tmp_path, monkeypatch):
    """Give the examples a folder of their own, no display, and what is kept."""
    import farside

    assert callable(farside.land)  # imported by its first use
    for name, work in kept.items():
        monkeypatch.setattr(name, work)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.chdir(tmp_path)


SHOWN = [each for each in PUBLIC if not each.constant and list(doctests_of(each))]


@pytest.mark.parametrize("each", SHOWN, ids=lambda each: each.full)
def test_a_public_name(each, place):
    said, ran = run(doctests_of(each))
    assert ran and not said, said


@pytest.mark.parametrize("name", MODULES)
def test_a_module(name, place):
    module = importlib.import_module(name)
    done = {test.docstring for each in SHOWN for test in doctests_of(each)}
    tests = [
        test for test in doctest.DocTestFinder().find(module)
        if test.examples and inspect.cleandoc(test.docstring) not in done
    ]  # fmt: skip
    said, _ = run(tests)
    assert not said, said


def test_a_reference_is_in_the_bibliography():
    sources = (ROOT / "docs/sources.md").read_text("utf-8")
    named = []
    for each in PUBLIC:
        for line in re.findall(r"^\.\. \[\d\] (.*(?:\n {3}.*)*)", each.text, re.M):
            author, year = re.match(r"(\w+)", line)[1], re.search(r"\b(?:19|20)\d\d\b", line)[0]
            named.append(each.full)
            row = re.compile(rf"^.*\b{author}\b.*\b{year}\b", re.M)
            assert row.search(sources), f"{each.full}: {author} {year}"
    assert len(set(named)) > 8


def test_every_public_name_has_an_example():
    assert not list(public_names.without_example())
    assert all(len(reason.split()) > 3 for reason in public_names.WITHOUT.values())
