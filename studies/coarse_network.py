"""Training of the hazard network: cross entropy against the true hazardous share of cells.

Training on the discs that its maps lead to (the expected share under a soft choice, by gradient)
was tried and left out: on the scenes to compare on, its choices were no better.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

#: Planes of the neighbours, which are mirrored across the light: 5 along x 5 across.
NEIGHBOURS = 5


@dataclass
class Part:
    """What is shown of a scene at every second cell, and its truth."""

    planes: np.ndarray  # (planes, n, n), float16
    numbers: np.ndarray
    share: np.ndarray  # true share of the cells, 0 to 1
    known: np.ndarray

    def rows(self, cells=slice(None), mirrored=False):
        """Return the network's inputs of cells, (cells, inputs)."""
        x = self.planes.reshape(len(self.planes), -1)[:, cells].T.astype(np.float32)
        if mirrored:
            k = NEIGHBOURS
            x[:, -k * k :] = x[:, -k * k :].reshape(-1, k, k)[:, :, ::-1].reshape(-1, k * k)
        scene = np.broadcast_to(self.numbers.astype(np.float32), (len(x), len(self.numbers)))
        return np.concatenate([x, scene], axis=1)


class Network:
    """Layers of weights and biases, with Adam's means."""

    def __init__(self, sizes, mean, deviation, seed=0):
        rng = np.random.default_rng(seed)
        self.mean, self.deviation = mean, deviation
        self.layers = []
        for a, b in pairwise(sizes):
            weights = rng.normal(0.0, np.sqrt(2.0 / a), (a, b))
            self.layers += [weights.astype(np.float32), np.zeros(b, np.float32)]
        self.layers[-2] *= 0.3
        # Adam's means
        self.steps = 0
        self.first = [np.zeros_like(each) for each in self.layers]
        self.second = [np.zeros_like(each) for each in self.layers]

    def scaled(self, x):
        """Return inputs less their mean, over their deviation."""
        return (x - self.mean) / self.deviation

    def forward(self, x):
        """Return z of scaled inputs; keep what the gradient needs."""
        self.given = [x]
        for k in range(0, len(self.layers), 2):
            x = x @ self.layers[k] + self.layers[k + 1]
            if k + 2 < len(self.layers):
                x = np.maximum(x, 0.0)
            self.given.append(x)
        return x[:, 0]

    def gradient(self, by_z):
        """Return the loss's derivatives by the weights, from those by z."""
        by, out = by_z[:, None].astype(np.float32), []
        for k in range(len(self.layers) - 2, -1, -2):
            given = self.given[k // 2]
            out = [given.T @ by, by.sum(axis=0), *out]
            if k:
                by = (by @ self.layers[k].T) * (given > 0.0)
        return out

    def step(self, gradient, rate):
        """Go a step of Adam (Kingma and Ba 2015)."""
        self.steps += 1
        for w, g, m, v in zip(self.layers, gradient, self.first, self.second, strict=True):
            m += 0.1 * (g - m)
            v += 0.001 * (g * g - v)
            fair = np.sqrt(v / (1.0 - 0.999**self.steps)) + 1e-8
            w -= rate * (m / (1.0 - 0.9**self.steps) / fair + 1e-5 * w)

    def text(self, planes):
        """Return the weights as vision/hazard_model.py reads them: inputs unscaled."""
        first, bias, second, c, last, d = (each.astype(np.float64) for each in self.layers)
        v = (first / np.asarray(self.deviation, np.float64)[:, None]).T
        b = bias - v @ np.asarray(self.mean, np.float64)
        parts = (v[:, :planes], v[:, planes:], b, second.T, c, last, d)
        return [f"{w:.5g}" for part in parts for w in part.ravel()]


def chance(z):
    return 1.0 / (1.0 + np.exp(-np.clip(z, -30.0, 30.0)))


def fit_cells(parts, hidden, *, each=4000, rounds=8, rate=3e-3, seed=0):
    """Return a network of least cross entropy on cells drawn from the parts."""
    rng = np.random.default_rng(seed)
    rows, shares = [], []
    for part in parts:
        cells = np.flatnonzero(part.known.ravel())
        cells = rng.choice(cells, min(each, cells.size), replace=False)
        half = cells.size // 2
        rows += [part.rows(cells[:half]), part.rows(cells[half:], mirrored=True)]
        shares.append(part.share.ravel()[cells])
    x, y = np.concatenate(rows), np.concatenate(shares).astype(np.float32)
    rows.clear()
    network = Network([x.shape[1], *hidden, 1], x.mean(axis=0), x.std(axis=0) + 1e-3, seed)
    x = network.scaled(x)
    for turn in range(rounds):
        order, loss = rng.permutation(len(x)), 0.0
        for k in range(0, len(x), 4096):
            at = order[k : k + 4096]
            z = network.forward(x[at])
            loss += float(np.sum(np.logaddexp(0.0, z) - y[at] * z))
            gradient = network.gradient((chance(z) - y[at]) / len(at))
            network.step(gradient, rate * (1.0 - turn / rounds) + 1e-4)
        print(f"cells, round {turn}: cross entropy {loss / len(x):.4f}", flush=True)
    return network
