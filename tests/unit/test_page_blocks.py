"""How the code blocks of pages are run: marks that stand for a shorter or a lasting command."""

import sys

import pytest
from page_blocks import blocks_of, run_page


def page(tmp_path, text):
    path = tmp_path / "page.md"
    path.write_text(text, "utf-8")
    return path, blocks_of(path)


def test_a_shorter_run_is_of_the_same_programs(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    text = "<!-- run as:\npython -m this short\n-->\n```sh\npython -m this long\n```\n"
    path, blocks = page(tmp_path, text)
    assert run_page(path, blocks) == 1 and "Beautiful" in capfd.readouterr().out
    path, blocks = page(tmp_path, text.replace("-m this short", "-m json short"))
    with pytest.raises(AssertionError):
        run_page(path, blocks)


def test_a_command_in_the_background_is_farside_alone(tmp_path):
    text = f"<!-- background: ready -->\n```sh\n{sys.executable} -c pass\n```\n"
    with pytest.raises(AssertionError, match="only farside"):
        run_page(*page(tmp_path, text))


def test_what_a_background_command_says_is_waited_for(tmp_path):
    """It is killed where it does not say it."""
    text = "<!-- background: listening -->\n```sh\nfarside --version\n```\n"
    with pytest.raises(AssertionError, match="not 'listening'"):
        run_page(*page(tmp_path, text))
