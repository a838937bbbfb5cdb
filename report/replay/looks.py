"""The images of the cameras for the replay: small, as WebP, with what was found in them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import cv2

from farside.ext.common.threads import mapped
from farside.flight.landing import Landing
from farside.flight.looks import Look

#: Images in a replay: 0.75 MB of page with what was found in them.
MOST_LOOKS = 90
#: Found places that are drawn in one.
MOST_PLACES = 200
QUALITY = 65


def looks(landing: Landing) -> list[dict[str, Any]]:
    """Return the images in the order of their times; evenly fewer where there are very many."""
    kept = list(landing.looks)
    if len(kept) > MOST_LOOKS:
        kept = [kept[i * len(kept) // MOST_LOOKS] for i in range(MOST_LOOKS)]
    return mapped(shown, kept)


def shown(look: Look) -> dict[str, Any]:
    """Return one image: places are shares of its width and height."""
    rows, columns = look.image.shape
    places = [
        [round(float(u) / look.scale / columns, 3), round(float(v) / look.scale / rows, 3), int(ok)]
        for (u, v), ok in zip(look.found_px[:MOST_PLACES], look.used[:MOST_PLACES], strict=True)
    ]
    return {
        "t_s": look.time_s,
        "camera": look.camera,
        "use": str(look.use),
        "text": told(look),
        "taken": look.taken,
        "aspect": columns / rows,
        "image": _webp(look),
        "places": places,
    }


def told(look: Look) -> str:
    """Describe what became of an image in one line."""
    parts = [look.verdict]
    if look.off_m is not None:
        parts.append(f"off by {look.off_m[0]:+.0f} m east, {look.off_m[1]:+.0f} m north")
    if look.sigma_m is not None:
        parts.append(f"1 sigma then {look.sigma_m:.1f} m")
    return "; ".join(parts)


def _webp(look: Look) -> str:
    kind: Sequence[int] = [cv2.IMWRITE_WEBP_QUALITY, QUALITY]
    _, data = cv2.imencode(".webp", look.image, kind)
    return "data:image/webp;base64," + base64.b64encode(data.tobytes()).decode("ascii")
