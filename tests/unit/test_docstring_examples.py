"""The examples in the docstrings of farside run as they stand.

Those of a public name run with nothing but what they import, as a reader would copy them; those of
other modules have the names of their module. A flight that two examples fly is flown once.
"""

import doctest
import importlib
import inspect
import io
import sys
from functools import cached_property

import pytest
from page_blocks import ROOT

sys.path.append(str(ROOT / "docs/_ext"))
import public_names

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
FLOWN: dict = {}
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


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Give the examples a folder of their own, no display, and flights that are flown once."""
    import farside
    import farside.flight
    from farside.mission import load_mission

    fly = farside.flight.land

    def land(mission, **given):
        plan = load_mission(mission) if isinstance(mission, str) else mission
        key = plan.to_toml(), repr(sorted({"cameras": False, **given}.items()))
        if key not in FLOWN:
            FLOWN[key] = fly(mission, **given)
        return FLOWN[key]

    monkeypatch.setattr(farside, "land", land, raising=False)
    monkeypatch.setattr(farside.flight, "land", land)
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
    said, ran = run(tests)
    assert not said, said


def test_every_public_name_has_an_example():
    assert not list(public_names.without_example())
    assert all(len(reason.split()) > 3 for reason in public_names.WITHOUT.values())
