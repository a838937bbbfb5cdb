"""A trained policy without a learning library: numpy flies it, with the same bits on every CPU.

A network of two hidden layers turns 20 features of an observation in SI into an action. Its sums
are taken in a fixed order and its exponentials are the kernels' own, for BLAS and libm choose their
code by the CPU. Weights are plain arrays in an npz that is measured before it is read.
"""

from __future__ import annotations

import math
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from farside.adapters.gym.setup import TARGET_ACCEL_MPS2
from farside.ext.adapters._gym import OBSERVED
from farside.ext.common import deterministic
from farside.ext.common.errors import FarsideError
from farside.mission.writing import whole_file

Array = NDArray[np.float64]

#: How many features an observation has.
FEATURES = 20
#: Sizes that features are divided by: near the ground and far away of a distance [m], slow and
#: fast of a speed [m/s].
NEAR_M, FAR_M, SLOW_MPS, FAST_MPS = 1.0, 1000.0, 0.3, 50.0
#: What a policy is trained in and flies in.
FLOWN_WITH: dict[str, Any] = {"action": "target", "observation": "si", "frame_skip": 50}
#: Numbers of an action, and the thrust acceleration [m/s^2] that an action of 1 asks for.
NUMBERS, UNIT_MPS2 = 3, TARGET_ACCEL_MPS2
#: What the network may ask for [m/s^2]: a hover's and as much more or less upwards; level so much
#: at the ground, which is 4 deg of tilt, and so much from a height [m] on.
HOVER_MPS2, UP_MPS2, LOW_MPS2, HIGH_MPS2, FREE_M = 1.62, 1.8, 0.12, 2.0, 60.0
#: A file of weights is no larger, nor is any of its arrays.
WEIGHTS_MOST_BYTES = 500_000
#: A weight of a network of tanh is no larger.
WEIGHT_MOST = 1e6
#: The policy that ships.
SHIPPED = Path(__file__).with_name("ppo.npz")


class PolicyError(FarsideError):
    """Weights that cannot be flown, in one line with a way out."""


def features_of(observed: ArrayLike) -> Array:
    """Return what the network sees of observations in SI.

    A distance of 1 m and one of 2000 m both matter: each comes as x / 1000 and as a logarithm.

    Parameters
    ----------
    observed : array_like, (..., 16)
        Of an environment with `observation="si"` (docs/integrate/gymnasium.md).

    Returns
    -------
    ndarray, (..., 20), float64
        Numbers of about 1.

    Raises
    ------
    ValueError
        For numbers that are no observation.

    Examples
    --------
    >>> features_of(np.zeros(16)).shape
    (20,)
    """
    x = np.asarray(observed, np.float64)
    if x.ndim == 0 or x.shape[-1] != OBSERVED:
        raise FarsideError(f"an observation is {OBSERVED} numbers, not an array {x.shape}")
    if not np.isfinite(x).all():
        raise FarsideError(
            "an observation has numbers that are not finite: no policy flies on those"
        )
    place, velocity = x[..., [0, 1, 3]], x[..., 4:7]
    w, i, j, k = (x[..., c] for c in range(7, 11))
    # body z in site components: where the thrust points
    axis = np.stack([2.0 * (i * k + w * j), 2.0 * (j * k - w * i)], axis=-1)
    parts = [
        place / FAR_M,
        signed_log(place / NEAR_M) / 5.0,
        velocity / FAST_MPS,
        signed_log(velocity / SLOW_MPS) / 3.0,
        3.0 * axis,
        10.0 * x[..., 11:14],
        x[..., 14:16],
        x[..., [9]] * 3.0,
    ]
    return np.concatenate(parts, axis=-1)


def signed_log(x: Array) -> Array:
    """Return sign(x) log(1 + |x|)."""
    return np.sign(x) * deterministic.log(1.0 + np.abs(x))


class LearnedPolicy:
    """A policy from observations in SI to actions.

    Parameters
    ----------
    weights : mapping of ndarray
        `w0` (20, n), `b0` (n), `w1` (n, m), `b1` (m), `w2` (m, 3) and `b2`: a network of tanh.

    Raises
    ------
    PolicyError
        For weights that are missing, too many, not finite, or do not fit each other.

    Examples
    --------
    >>> from farside.adapters.gym import LunarLanding, fly_policy, load_policy
    >>> policy = load_policy()
    >>> env = LunarLanding(**policy.choices)
    >>> fly_policy(env, policy, episodes=1, seed=10_000).landed
    1.0
    """

    def __init__(self, weights: Mapping[str, NDArray[Any]]) -> None:
        names = [f"{kind}{layer}" for layer in range(3) for kind in "wb"]
        if sorted(weights) != sorted(names):
            raise PolicyError(
                f"weights are {', '.join(names)}, not {', '.join(sorted(weights)) or 'none'}: "
                "train a policy with python -m farside.adapters.gym.train"
            )
        self.layers: list[tuple[Array, Array]] = []
        width = FEATURES
        for layer in range(3):
            w, b = (np.asarray(weights[f"{kind}{layer}"], np.float64) for kind in "wb")
            if w.ndim != 2 or w.shape[0] != width or b.shape != w.shape[1:] or not b.size:
                raise PolicyError(
                    f"layer {layer} takes {width} numbers; w{layer} is {w.shape} and b{layer} "
                    f"{b.shape}: these are weights of another network"
                )
            if not all((np.abs(each) <= WEIGHT_MOST).all() for each in (w, b)):
                raise PolicyError(
                    f"w{layer} or b{layer} is not finite or above {WEIGHT_MOST:g}: the training "
                    "went astray"
                )
            self.layers.append((w, b))
            width = w.shape[1]
        if width != NUMBERS:
            raise PolicyError(f"a network of {width} outputs: an action has {NUMBERS} numbers")

    @property
    def choices(self) -> dict[str, Any]:
        """What an environment is made with for this policy: action, observation, frame_skip."""
        return dict(FLOWN_WITH)

    def __call__(self, observed: ArrayLike) -> NDArray[np.float32]:
        """Return the action for an observation, or one a row.

        Parameters
        ----------
        observed : array_like, (..., 16)
            In SI.

        Returns
        -------
        ndarray, (..., 3), float32
        """
        held = features_of(observed)
        for layer, (w, b) in enumerate(self.layers):
            held = _affine(held, w, b)
            if layer < 2:
                held = 1.0 - 2.0 / (deterministic.exp(2.0 * held) + 1.0)  # tanh
        return action_of(held, observed)


def action_of(output: Array, observed: ArrayLike) -> NDArray[np.float32]:
    """Return the environment's action of a network's output.

    The output is held inside [-1, 1]. Level it counts in parts of what may be asked for at the
    height, so that neither a wrong output nor noise tips the lander at the ground.

    Parameters
    ----------
    output : ndarray, (..., 3)
    observed : array_like, (..., 16)
        In SI.

    Returns
    -------
    ndarray, (..., 3), float32
    """
    held = np.clip(np.asarray(output, np.float64), -1.0, 1.0)
    high = np.clip(np.asarray(observed, np.float64)[..., 3] / FREE_M, 0.0, 1.0)
    wanted = np.empty_like(held)
    wanted[..., :2] = held[..., :2] * (LOW_MPS2 + (HIGH_MPS2 - LOW_MPS2) * high)[..., None]
    wanted[..., 2] = HOVER_MPS2 + UP_MPS2 * held[..., 2]
    return (wanted / UNIT_MPS2).astype(np.float32)


def _affine(x: Array, w: Array, b: Array) -> Array:
    """Return x w + b, the sum of each output taken from the first input to the last."""
    total = np.broadcast_to(b, (*x.shape[:-1], len(b))).copy()
    for k in range(len(w)):
        total += x[..., k : k + 1] * w[k]
    return total


def load_policy(path: str | Path | None = None) -> LearnedPolicy:
    """Read a policy: the one that ships, or one that was trained.

    Parameters
    ----------
    path : path, optional
        An npz of `python -m farside.adapters.gym.train`; without it the policy that ships.

    Returns
    -------
    LearnedPolicy
        Ready to fly.

    Raises
    ------
    PolicyError
        For a file that is none, too large, or holds other things than six arrays of numbers.
        Nothing is unpickled.

    References
    ----------
    .. [1] Schulman, J., Wolski, F., Dhariwal, P., Radford, A. and Klimov, O., "Proximal policy
       optimization algorithms", arXiv 1707.06347, 2017.

    Examples
    --------
    >>> from farside.adapters.gym import LunarLanding, load_policy
    >>> policy = load_policy()
    >>> observed, _ = LunarLanding(**policy.choices).reset(seed=0)
    >>> policy(observed).shape  # a thrust acceleration: east, north, up
    (3,)
    """
    file = SHIPPED if path is None else Path(path)
    try:
        weights = _read(file)
        return LearnedPolicy(weights)
    except PolicyError as wrong:
        raise PolicyError(f"{file}: {wrong}") from None
    except Exception as wrong:  # zipfile, its decompressors and numpy's header raise of many kinds
        why = wrong.strerror if isinstance(wrong, OSError) and wrong.strerror else wrong
        raise PolicyError(f"{file}: no weights of a policy ({why}); give an npz") from wrong


def _read(file: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of an npz, each measured by its header before it is allocated."""
    most = WEIGHTS_MOST_BYTES
    if (size := file.stat().st_size) > most:
        raise PolicyError(f"{size} bytes, and weights have {most} at most")
    weights = {}
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            if member.file_size > most or len(archive.infolist()) > 6:
                raise PolicyError(f"six arrays of {most} bytes at most are weights, this is more")
            if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise PolicyError(f"{member.filename} is compressed as numpy does not")
            with archive.open(member) as stream:
                if np.lib.format.read_magic(stream) != (1, 0):
                    raise PolicyError(f"{member.filename} is no plain array of numpy")
                shape, by_columns, dtype = np.lib.format.read_array_header_1_0(stream)
                if dtype not in (np.float32, np.float64):
                    raise PolicyError(f"{member.filename} holds {dtype}: weights are real numbers")
                # the directory of a zip file may lie about sizes
                held = stream.read(most + 1)
                if len(held) != math.prod(shape) * dtype.itemsize:
                    raise PolicyError(f"{member.filename} is cut off, or longer than it says")
            array = np.frombuffer(held, dtype)
            weights[member.filename.removesuffix(".npy")] = (
                array.reshape(shape[::-1]).T if by_columns else array.reshape(shape)
            )
    return weights


def save_policy(path: str | Path, weights: Mapping[str, NDArray[Any]]) -> Path:
    """Write weights as `load_policy` reads them, in single precision.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    PolicyError
        For weights that are none.
    """
    LearnedPolicy(weights)
    file = Path(path)
    arrays: Any = {k: np.asarray(v, np.float32) for k, v in weights.items()}
    with whole_file(file) as fresh, fresh.open("wb") as out:
        np.savez(out, **arrays)
    return file
