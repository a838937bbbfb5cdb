"""Look at the conda recipe: rattler-build reads it, and it asks for what pyproject.toml asks for.

python .ci/recipe.py
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

from rattler_build import Stage0Recipe, VariantConfig

ROOT = Path(__file__).resolve().parent.parent
#: What conda-forge calls the packages that have another name there.
CONDA = {"opencv-python-headless": "py-opencv", "matplotlib": "matplotlib-base"}
VARIANT = 'python: ["3.11.* *_cpython"]\nc_compiler: [gcc]\nc_stdlib: [sysroot]\n'


def plain(line: str) -> str:
    """Return a requirement as name and bounds, under its name in conda-forge."""
    name, bounds = re.fullmatch(r"([\w.-]+)\s*(.*)", line.strip()).groups()
    return f"{CONDA.get(name, name)} {bounds}".strip()


def main() -> int:
    """Print what differs; 0 where nothing does."""
    recipe = Stage0Recipe.from_yaml((ROOT / "recipe/recipe.yaml").read_text(encoding="utf-8"))
    (rendered,) = recipe.render(VariantConfig.from_yaml(VARIANT))
    found = rendered.recipe.to_dict()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    asked = {plain(line) for line in project["project"]["dependencies"]} | {"python"}
    build = {plain(line) for line in project["build-system"]["requires"]} | {"python", "pip"}
    wrong = []
    for key, ours in (("run", asked), ("host", build)):
        theirs = {plain(str(line)) for line in found["requirements"][key]}
        wrong += [f"recipe.yaml: {key} lacks {line}" for line in sorted(ours - theirs)]
        wrong += [f"recipe.yaml: {key} has {line}, not pyproject.toml" for line in theirs - ours]
    if found["package"]["version"] != project["project"]["version"]:
        wrong.append(f"recipe.yaml: version {found['package']['version']}")
    print(*wrong, sep="\n", end="\n" if wrong else "")
    if not wrong:
        print(f"recipe.yaml: renders as {found['build']['string']}, {len(asked)} run requirements")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
