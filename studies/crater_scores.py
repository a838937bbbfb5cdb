"""Score the crater finder on labelled LROC NAC images, and write docs/craters.md.

    python -m studies.crater_scores [--write] [--images FOLDER]

The labels (Yang et al., CraterDANet) are GPL-3 and stay outside the package.
"""

import argparse
import math
import statistics
import sys
import time
from pathlib import Path

import numpy as np
from studies.page import write

from farside.vision import find_craters

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "tests" / "support"))

from crater_boxes import NAC, average_precision, boxes_of, hits, labelled  # noqa: E402

PAGE = ROOT / "docs" / "craters.md"
#: The sizes that are told apart [px].
BANDS = ((0.0, 10.0), (10.0, 20.0), (20.0, 40.0), (40.0, math.inf))


def scored(folder: Path) -> list[dict]:
    """Find the craters of every image of a folder, timed."""
    rows = []
    for path in sorted(folder.glob("*.png")):
        image, boxes = labelled(path)
        find_craters(image[:200, :200])
        begun = time.process_time()
        found = find_craters(image)
        unknown = time.process_time() - begun
        begun = time.process_time()
        find_craters(image, sun_azimuth_deg=found.sun.azimuth_deg)
        known = time.process_time() - begun
        rows.append(
            {
                "name": path.stem.partition("_")[0],
                "boxes": boxes,
                "found": boxes_of(found),
                "confidence": found.confidence,
                "sun": found.sun,
                "times": (known, unknown),
                "pixels": image.size,
            }
        )
    return rows


def table(rows: list[dict]) -> str:
    """Write the scores of each image, and of all."""
    lines = [
        "| image | Sun, deg | craters labelled | AP50 | AP30, 20 px and more |",
        "|---|---|---|---|---|",
    ]
    for row in rows:
        one = [(row["found"], row["confidence"], row["boxes"])]
        lines.append(
            f"| {row['name']} | {row['sun'].azimuth_deg:.0f} | {len(row['boxes'])} | "
            f"{average_precision(one, 0.5):.3f} | {average_precision(one, 0.3, 20.0):.3f} |"
        )
    everything = [(row["found"], row["confidence"], row["boxes"]) for row in rows]
    total = sum(len(row["boxes"]) for row in rows)
    lines.append(
        f"| **all** | | **{total}** | **{average_precision(everything, 0.5):.3f}** | "
        f"**{average_precision(everything, 0.3, 20.0):.3f}** |"
    )
    megapixels = rows[0]["pixels"] / 1e6
    known, unknown = (statistics.median(row["times"][k] for row in rows) for k in range(2))
    lines += ["", _recalls(rows), ""]
    lines.append(
        f"An image of {megapixels:.2f} million pixels takes {known:.2f} s of CPU time with a known "
        f"Sun, {unknown:.2f} s without (medians; so a million {known / megapixels:.2f} and "
        f"{unknown / megapixels:.2f} s)."
    )
    return "\n".join(lines)


def _recalls(rows: list[dict]) -> str:
    """Write the share of labels that finds from a confidence of 0.6 on take, by size."""
    taken = {band: [0, 0] for band in BANDS}
    sure = right = 0
    for row in rows:
        found = row["found"][row["confidence"] >= 0.6]
        order = hits(row["boxes"][np.argsort(-row["boxes"][:, 2])], found, 0.3)
        widths = np.sort(row["boxes"][:, 2])[::-1]
        sure += len(found)
        right += int(order.sum())
        for band in BANDS:
            of = (widths >= band[0]) & (widths < band[1])
            taken[band][0] += int(order[of].sum())
            taken[band][1] += int(of.sum())
    shares = ", ".join(
        f"{low:.0f} px and more {hit / of:.2f}" if math.isinf(high)
        else f"{low:.0f} to {high:.0f} px {hit / of:.2f}"
        for (low, high), (hit, of) in taken.items()
    )  # fmt: skip
    return (
        f"From a confidence of 0.6 on, {right / sure:.2f} of the finds are labelled craters "
        f"(IoU 0.3); of the labelled craters are found: {shares}."
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=Path, default=NAC)
    parser.add_argument("--write", action="store_true", help=f"into {PAGE.relative_to(ROOT)}")
    options = parser.parse_args()
    if not options.images.is_dir():
        raise SystemExit(f"{options.images}: not there; give --images")
    made = table(scored(options.images))
    print(made)
    if options.write:
        write("scores", made.splitlines(), PAGE)


if __name__ == "__main__":
    main()
