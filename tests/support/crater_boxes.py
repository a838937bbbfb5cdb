"""Boxes of craters in LROC NAC images (Yang et al., CraterDANet), and the score of finds."""

import re
from pathlib import Path

import cv2
import numpy as np

NAC = Path(__file__).parents[3] / "shared" / "data" / "nac_train"


def labelled(path):
    """Return the image and its boxes: left, top, width, height [px]."""
    rows = []
    for line in path.with_suffix(".txt").read_text().splitlines()[1:]:
        words = [word for word in re.split(r"[,\s]+", line.strip()) if word]
        rows.append([float(word) for word in words[1:5]])
    return cv2.imread(str(path), cv2.IMREAD_UNCHANGED), np.array(rows)


def boxes_of(craters):
    """Return the boxes about the ellipses of craters."""
    angle = np.radians(craters.angle_deg)
    a, b = craters.semi_major_px, craters.semi_minor_px
    half_x = np.hypot(a * np.cos(angle), b * np.sin(angle))
    half_y = np.hypot(a * np.sin(angle), b * np.cos(angle))
    return np.column_stack([craters.x_px - half_x, craters.y_px - half_y, 2 * half_x, 2 * half_y])


def shares(found, boxes):
    """Return intersection over union of each pair."""
    size = 1.0
    for k in range(2):
        first = np.maximum(found[:, None, k], boxes[None, :, k])
        last = np.minimum(
            (found[:, k] + found[:, k + 2])[:, None], (boxes[:, k] + boxes[:, k + 2])[None]
        )
        size = size * np.clip(last - first, 0.0, None)
    area = found[:, 2] * found[:, 3]
    return size / (area[:, None] + (boxes[:, 2] * boxes[:, 3])[None] - size)


def hits(found, boxes, least):
    """Return which finds, the surest first, take a box that no surer one took."""
    share, free = shares(found, boxes), np.ones(len(boxes), bool)
    hit = np.zeros(len(found), bool)
    for k in range(len(found)):
        row = np.where(free, share[k], 0.0)
        best = int(row.argmax())
        if row[best] >= least:
            free[best], hit[k] = False, True
    return hit


def average_precision(images, least, smallest=0.0):
    """Return the area under the curve of precision over recall, of all images together.

    `images` holds (boxes found, confidence, boxes labelled). With `smallest`, smaller boxes count
    neither for nor against: finds on them, or as small as they, are left out.
    """
    scores, marks, total = [], [], 0
    for found, confidence, boxes in images:
        large = boxes[:, 2] >= smallest
        hit = hits(found, boxes[large], least)
        kept = (found[:, 2] >= smallest) | hit
        if smallest:
            kept &= hit | ~hits(found, boxes, least)
        scores.append(confidence[kept])
        marks.append(hit[kept])
        total += int(large.sum())
    order = np.argsort(-np.concatenate(scores), kind="stable")
    true = np.concatenate(marks)[order].cumsum()
    precision = np.maximum.accumulate((true / np.arange(1, len(true) + 1))[::-1])[::-1]
    return float((np.diff(true, prepend=0) / total * precision).sum())
