"""How far apart colours are: contrast as WCAG 2.1 has it, and what dichromats see."""

import re

import numpy as np

# Machado, Oliveira & Fernandes (2009), severity 1: linear sRGB to what a dichromat sees of it
SIGHTS = {
    "full": np.eye(3),
    "protan": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
         [-0.003882, -0.048116, 1.051998]]
    ),
    "deutan": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
         [-0.011820, 0.042940, 0.968881]]
    ),
    "tritan": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
         [0.004733, 0.691367, 0.303900]]
    ),
}  # fmt: skip


def linear(colour):
    """Return #rrggbb as linear sRGB."""
    part = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255.0
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)


def luminance(colour):
    return float(linear(colour) @ [0.2126, 0.7152, 0.0722])


def contrast(a, b):
    """Return the contrast of two colours, WCAG 2.1."""
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def oklab(light):
    """Return OKLab of linear sRGB (Ottosson 2020)."""
    cones = np.clip(light, 0.0, 1.0) @ np.array(
        [[0.4122214708, 0.2119034982, 0.0883024619], [0.5363325363, 0.6806995451, 0.2817188376],
         [0.0514459929, 0.1073969566, 0.6299787005]]
    )  # fmt: skip
    return np.cbrt(cones) @ np.array(
        [[0.2104542553, 1.9779984951, 0.0259040371], [0.7936177850, -2.4285922050, 0.7827717662],
         [-0.0040720468, 0.4505937099, -0.8086757660]]
    )  # fmt: skip


def over(colour, alpha, behind):
    """Return a colour of (r, g, b) 0-255 with alpha laid over another, as #rrggbb."""
    mixed = [round(alpha * a + (1.0 - alpha) * b) for a, b in zip(colour, behind, strict=True)]
    return "#" + "".join(f"{part:02x}" for part in mixed)


def schemes(style):
    """Return the colours that a page's CSS names on :root, for each of its schemes."""
    blocks = re.findall(r":root\s*\{([^}]*)\}", style)
    found, names = [], {}
    for block in blocks:
        # a scheme names what it changes of the first
        names = (found[0] if found else {}) | dict(re.findall(r"--([a-z]+):\s*(#\w{6})", block))
        found.append(names)
    return found
