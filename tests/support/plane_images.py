"""Images of a level ground with texture, made with OpenCV: every pixel's place is known exactly."""

from functools import cache

import cv2
import numpy as np

SIDE = 3072


def texture(seed=0, side=SIDE):
    """Return grey levels 0 to 1 with structure of all sizes, as light on fractal ground has."""
    rng = np.random.default_rng(seed)
    out = np.zeros((side, side), np.float32)
    for octave in range(9):
        size = max(side >> (octave + 1), 4)
        noise = rng.normal(size=(size, size)).astype(np.float32)
        out += cv2.resize(noise, (side, side), interpolation=cv2.INTER_CUBIC) * 1.25**octave
    return 0.45 + 0.12 * out / out.std()


@cache
def _rays(camera):
    columns, rows = camera.pixels
    px = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), -1)
    return camera.pinhole.rays(px.reshape(-1, 2))


def plane_image(camera, axes, place, ground, posting_m, seed=None, level=1.0):
    """Return what a camera at `place` (x, y, height) sees of `ground` laid level, with its noise.

    The middle of `ground` is at x = y = 0, its rows along -y.
    """
    columns, rows = camera.pixels
    rays = _rays(camera) @ axes
    at = place[:2] + rays[:, :2] * (place[2] / -rays[:, 2:])
    half = 0.5 * (len(ground) - 1)
    u = (half + at[:, 0] / posting_m).astype(np.float32).reshape(rows, columns)
    v = (half - at[:, 1] / posting_m).astype(np.float32).reshape(rows, columns)
    seen = cv2.remap(ground, u, v, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    light = level * cv2.GaussianBlur(seen, (0, 0), max(camera.psf_px, 0.05))
    return digitised(camera, light, seed)


def digitised(camera, light, seed=None):
    """Return light, 1 at the full well, as the camera's numbers; without noise where no seed is."""
    electrons = np.clip(light, 0.0, None) * camera.full_well_e
    if seed is not None:
        rng = np.random.default_rng(seed)
        electrons = electrons + rng.normal(size=light.shape) * np.sqrt(
            electrons + camera.read_noise_e**2
        )
    most = 2**camera.bits - 1
    counts = np.rint(electrons / camera.full_well_e * most)
    return np.clip(counts, 0, most).astype(np.uint16)
