"""The trained baseline beside the autopilot: writes docs/learners.md and its picture.

    python -m studies.learners [--run FOLDER] [--episodes N]

Flies the policy that ships and the autopilot on the same held-out seeds. `--run` takes over a
training first: FOLDER/policy.npz becomes the policy that ships, FOLDER/curve.csv docs/learners.csv.
Takes some two minutes of a core; training is another command (docs/learners.md).
"""

from __future__ import annotations

import argparse
import csv
import shutil
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from scipy.stats import binomtest

from farside.adapters.gym import LunarLanding, Scores, fly_autopilot, fly_policy, load_policy
from farside.adapters.gym.learned import SHIPPED

DOCS = Path(__file__).parents[1] / "docs"
PAGE, CURVE = DOCS / "learners.md", DOCS / "learners.csv"
PICTURE = DOCS / "pictures" / "learning-curve.png"
#: Seeds of the trainings are small numbers: environment i flies seed + i.
HELD_OUT, EPISODES, ELSEWHERE = 1_000_000, 200, 100
#: What neither was trained in: name, and choices of the environment over the defaults.
OTHERS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Chang'e 6's ground with rocks and craters", {"ground": "synthetic"}),
    ("Chang'e 4's lander and gate", {"mission": "chang-e-4"}),
    ("an engine that gives 90 %", {"faults": ["engine weak 0.9 from 0 s"]}),
    ("a couple of thrusters that never fires", {"faults": ["thruster.x_plus stuck_off from 0 s"]}),
)
FACTS = (
    ("down at contact [m/s]", "vertical_mps", -1.0),
    ("level at contact [m/s]", "horizontal_mps", 1.0),
    ("tilt [deg]", "tilt_deg", 1.0),
    ("rate [deg/s]", "rate_dps", 1.0),
    ("miss [m]", "miss_m", 1.0),
    ("propellant [kg]", "propellant_kg", 1.0),
)


def fly(episodes: int, **choices: Any) -> tuple[Scores, Scores]:
    """Return what the baseline and the autopilot score on the same held-out seeds."""
    policy = load_policy()
    learned = LunarLanding(**{**policy.choices, **choices})
    ours = LunarLanding(**choices)
    return (
        fly_policy(learned, policy, episodes=episodes, seed=HELD_OUT),
        fly_autopilot(ours, episodes=episodes, seed=HELD_OUT),
    )


def share(flown: Scores) -> str:
    """Return the landed share with its interval."""
    count = len(flown.infos)
    landed = round(flown.landed * count)
    low, high = binomtest(landed, count).proportion_ci(method="exact")
    return f"{100.0 * flown.landed:.1f} % ({100.0 * low:.1f} to {100.0 * high:.1f})"


def table(flown: tuple[Scores, Scores]) -> list[str]:
    """Return the table of both."""
    lines = ["| | trained baseline | autopilot |", "|---|---|---|"]
    lines.append("| landed, 95 % interval | " + " | ".join(share(s) for s in flown) + " |")
    cells = [f"{s.scores.mean():.1f} ± {s.scores.std():.1f}" for s in flown]
    lines.append("| score, mean ± 1 sigma | " + " | ".join(cells) + " |")
    cells = [f"{np.median(s.scores):.1f} [{s.scores.min():.1f}]" for s in flown]
    lines.append("| score, median [worst] | " + " | ".join(cells) + " |")
    for name, fact, sign in FACTS:
        cells = []
        for each in flown:
            values = sign * np.array([info[fact] for info in each.infos])
            cells.append(f"{np.median(values):.2f} [{values.max():.2f}]")
        lines.append(f"| {name}, median [most] | " + " | ".join(cells) + " |")
    return lines


def other_table(episodes: int) -> list[str]:
    """Return the table of what the baseline was not trained in."""
    lines = ["| | baseline landed | score | autopilot landed | score |", "|---|---|---|---|---|"]
    for name, choices in OTHERS:
        cells = [f"{share(s)} | {s.scores.mean():.1f}" for s in fly(episodes, **choices)]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def curve() -> dict[str, np.ndarray]:
    """Return the columns of the learning curve."""
    with CURVE.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


def draw(held: dict[str, np.ndarray], flown: tuple[Scores, Scores]) -> None:
    """Draw score and landed share against steps, and both scores."""
    figure, (above, below) = plt.subplots(2, 1, figsize=(7.0, 5.6), sharex=True)
    steps = 1e-6 * held["steps"]
    above.plot(steps, held["score"], color="tab:blue", label="while training, with its noise")
    for scores, name, colour in zip(
        flown, ("baseline, held-out seeds", "autopilot, same seeds"), ("k", "tab:red"), strict=True
    ):
        mean = scores.scores.mean()
        above.axhline(mean, color=colour, ls="--", lw=1.0, label=f"{name}: {mean:.1f}")
    above.set_ylabel("score, mean of a round")
    above.legend(loc="lower right", fontsize=8)
    below.plot(steps, 100.0 * held["landed"], color="tab:blue")
    below.set_ylabel("landed [%]")
    below.set_xlabel("steps of 0.5 s [millions]")
    for axes in (above, below):
        axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(PICTURE, dpi=100, metadata={"Software": None})


def page(flown: tuple[Scores, Scores], others: list[str], held: dict[str, np.ndarray]) -> str:
    """Return the page."""
    count = len(flown[0].infos)
    better = flown[0].scores.mean() - flown[1].scores.mean()
    said = f"{abs(better):.1f} {'above' if better > 0 else 'below'}"
    return "\n".join(
        [
            "# A trained baseline",
            "",
            "`python -m studies.learners` writes this page. A policy trained by proximal policy "
            "optimisation lands in `farside/LunarLanding-v0` "
            "([environment](integrate/gymnasium.md), [tutorial](tutorials/gymnasium.md), "
            "[why so](decisions/083-a-baseline-that-is-trained.md)).",
            "",
            f"## {count} held-out episodes",
            "",
            f"Seeds {HELD_OUT} to {HELD_OUT + count - 1}, none of them trained on; Chang'e 6 from "
            "its first gate over flat ground. The score is the environment's own, without shaping. "
            "Facts at first contact, all episodes, failures too.",
            "",
            *table(flown),
            "",
            f"The baseline's mean score is {said} the autopilot's. The score pays up to 50 for a "
            "soft contact, which the autopilot does not seek: it cuts the engine at 2 m and lets "
            "the legs take the rest. How safely each lands is in the first row.",
            "",
            "**Conditional on**: the exact state (no navigation); the environment's dispersions of "
            "start, mass, thrust and specific impulse; an action every 0.5 s for the baseline, "
            "which asks for an acceleration that our attitude control flies, and every 10 ms for "
            "the autopilot, which commands throttle and torque; the judgement at first contact; "
            "one training. Another seed of training gives another policy.",
            "",
            "## Where it was not trained",
            "",
            f"{ELSEWHERE} episodes each, the same policy, seeds from {HELD_OUT}.",
            "",
            *others,
            "",
            *curve_section(held),
        ]
    )


def curve_section(held: dict[str, np.ndarray]) -> list[str]:
    """Return the section of the training."""
    spent = held["cpu_s"][-1]
    first = next((s for s, v in zip(held["steps"], held["landed"], strict=True) if v >= 0.5), None)
    half = f"{1e-6 * first:.2f} million" if first else "none"
    size = SHIPPED.stat().st_size
    return [
        "## The learning curve",
        "",
        "![Score and landed share while training](pictures/learning-curve.png)",
        "",
        f"{1e-6 * held['steps'][-1]:.2f} million steps in {spent / 60.0:.1f} minutes of CPU "
        f"time of one core; half of a round's episodes land first after {half}. The numbers "
        f"are [learners.csv](learners.csv). The weights take {size} bytes "
        "(`adapters/gym/ppo.npz`).",
        "",
        "<!-- not run: minutes of training, by a learning library -->",
        "```sh",
        "pip install 'farside[learn]'",
        "python -m farside.adapters.gym.train --seed 1 --out run",
        "python -m studies.learners --run run   # in a clone: ship it, and write this page",
        "```",
        "",
        "The same seed gives the same bits on the same machine with the same packages. XLA "
        "compiles for the CPU it runs on, so another CPU may train another policy; the one "
        "that ships flies with the same bits on all.",
        "",
    ]


def main() -> None:
    """Take over a training if told, fly, write."""
    parser = argparse.ArgumentParser(prog="python -m studies.learners")
    parser.add_argument("--run", type=Path)
    parser.add_argument("--episodes", type=int, default=EPISODES)
    given = parser.parse_args()
    if given.run:
        load_policy(given.run / "policy.npz")
        shutil.copy(given.run / "policy.npz", SHIPPED)
        shutil.copy(given.run / "curve.csv", CURVE)
    flown = fly(given.episodes)
    held = curve()
    draw(held, flown)
    half = PAGE.with_suffix(".part")
    text = page(flown, other_table(min(ELSEWHERE, given.episodes)), held)
    half.write_text(text, encoding="utf-8")
    half.replace(PAGE)
    print("\n".join(table(flown)))


if __name__ == "__main__":
    main()
