"""The scores on docs/integrate/gymnasium.md are those of today's environment."""

import pytest

pytest.importorskip("gymnasium")

from studies.gym_scores import PAGE, POLICIES, row

HELD = PAGE.read_text("utf-8").splitlines()


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow) if "autopilot" in name else name
        for name in POLICIES
    ],
)
def test_the_page_has_the_score_of(name):
    assert [line for line in HELD if line.startswith(f"| {name} |")] == [row(name)], (
        "run python -m studies.gym_scores"
    )
