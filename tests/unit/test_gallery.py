"""The examples of the gallery are pages: a title, a text, a picture, and a length that reads."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "examples" / "gallery").glob("plot_*.py"))


def title_of(path):
    """Return an example's title, and the line beneath."""
    lines = (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "\n").splitlines()
    return lines[0], lines[1]


def test_there_are_twenty_and_no_two_have_one_title():
    assert len(EXAMPLES) >= 20
    assert len({title_of(path)[0] for path in EXAMPLES}) == len(EXAMPLES)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_is_a_page(path):
    text = path.read_text("utf-8")
    title, line = title_of(path)
    assert line == "=" * len(title) and not title.endswith(".")
    assert 30 <= text.count("\n") <= 80
    # words between the blocks, numbers that the code prints, a picture with named axes
    assert "\n# %%\n# " in text and "print(" in text and text.endswith("plt.show()\n")
    assert re.search(r"xlabel", text) and re.search(r"ylabel", text)
    # what ships with farside is all it reads
    assert not re.search(r"\.\./|https?:|open\(", text)
