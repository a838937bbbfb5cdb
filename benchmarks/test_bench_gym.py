"""Environment steps a second on one core, beside a Python environment with its own RK4."""

import statistics
import time
import tomllib
from pathlib import Path

import gymnasium
import numpy as np

from farside.adapters.gym import ENV_ID

BUDGET = tomllib.loads((Path(__file__).parent / "budgets.toml").read_text())["gym"]
COUNT = 64
STEPS = 2000
ROUNDS = 7


class PythonLanding:
    """Six degrees of freedom by RK4 in numpy, as one writes it for an environment of one's own.

    Central gravity, turning of the Moon, thrust with a lag, mass flow, constant inertia; no legs,
    no ground but the sphere: less than the environment it is compared with.
    """

    gm, radius, turning = 4.9028e12, 1732144.0, np.array([0.0, 2e-6, -1.8e-6])
    inertia, exhaust = np.array([3400.0, 3400.0, 2900.0]), 3040.0

    def reset(self):
        """Begin at the gate."""
        self.y = np.array([0, 0, 2500.0, 0, 0, -30, 1, 0, 0, 0, 0, 0, 0, 2200, 3500], float)
        return self.observe()

    def observe(self):
        """Return the state as it is."""
        return self.y.astype(np.float32)

    def rate(self, y, thrust, torque):
        """Return the derivative of the 15 numbers of the state."""
        v, q, omega = y[3:6], y[6:10], y[10:13]
        w, x, yy, z = q
        axis = np.array([2 * (x * z + w * yy), 2 * (yy * z - w * x), 1 - 2 * (x * x + yy * yy)])
        centre = y[0:3] + np.array([0.0, 0.0, self.radius])
        gravity = -self.gm * centre / np.linalg.norm(centre) ** 3
        inertial = -2.0 * np.cross(self.turning, v) - np.cross(
            self.turning, np.cross(self.turning, centre)
        )
        spin = np.array(
            [
                [0.0, -omega[0], -omega[1], -omega[2]],
                [omega[0], 0.0, omega[2], -omega[1]],
                [omega[1], -omega[2], 0.0, omega[0]],
                [omega[2], omega[1], -omega[0], 0.0],
            ]
        )
        d = np.empty(15)
        d[0:3] = v
        d[3:6] = gravity + inertial + y[14] / y[13] * axis
        d[6:10] = 0.5 * spin @ q
        d[10:13] = (torque - np.cross(omega, self.inertia * omega)) / self.inertia
        d[13] = -y[14] / self.exhaust
        d[14] = (thrust - y[14]) / 0.15
        return d

    def step(self, action):
        """Take one step of 10 ms."""
        thrust, torque, h, y = 3750.0 * (1.0 + action[0]), 448.0 * action[1:], 0.01, self.y
        k1 = self.rate(y, thrust, torque)
        k2 = self.rate(y + 0.5 * h * k1, thrust, torque)
        k3 = self.rate(y + 0.5 * h * k2, thrust, torque)
        k4 = self.rate(y + h * k3, thrust, torque)
        y = y + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
        y[6:10] /= np.linalg.norm(y[6:10])
        self.y = y
        reward = -np.linalg.norm(y[0:3]) / 3000.0 - np.linalg.norm(y[3:6]) / 50.0
        return self.observe(), reward, bool(y[2] < 0.0), False, {}


def python_ns():
    """Return the CPU time of a step of the Python environment [ns]."""
    env = PythonLanding()
    env.reset()
    action = np.zeros(4)
    before = time.process_time()
    for _ in range(1000):
        env.step(action)
    return (time.process_time() - before) * 1e9 / 1000


def single_ns():
    """Return the CPU time of a step of one of our environments, bare [ns]."""
    env = gymnasium.make(ENV_ID).unwrapped
    env.reset(seed=0)
    action = np.zeros(4, np.float32)
    before = time.process_time()
    for _ in range(4000):
        env.step(action)
    return (time.process_time() - before) * 1e9 / 4000


def test_vector_steps(benchmark):
    draws = np.random.default_rng(0)
    actions = draws.uniform(-1.0, 1.0, (100, COUNT, 4)).astype(np.float32)
    times, peers, singles = [], [], []

    def wired(action):
        env = gymnasium.make_vec(
            ENV_ID, num_envs=COUNT, vectorization_mode="vector_entry_point", action=action
        )
        env.reset(seed=0)
        return env

    def turn(env):
        width = env.single_action_space.shape[0]
        held = np.ascontiguousarray(actions[:, :, :width])
        before = time.process_time()
        for k in range(STEPS):
            env.step(held[k % 100])
        return (time.process_time() - before) * 1e9 / (STEPS * COUNT)

    def round_of(env):
        times.append(turn(env))
        peers.append(python_ns())
        singles.append(single_ns())

    benchmark.pedantic(round_of, setup=lambda: ((wired("torque"),), {}), rounds=ROUNDS)
    target = turn(wired("target"))
    step, single = statistics.median(times), statistics.median(singles)
    speed = 1e9 / step
    ratio = statistics.median(p / t for p, t in zip(peers, times, strict=True))
    alone = statistics.median(p / t for p, t in zip(peers, singles, strict=True))
    benchmark.extra_info.update(steps_per_s=speed, ratio_to_python=ratio, single_ratio=alone)
    print(
        f"\ngym, {COUNT} at once, random actions, episodes begun anew: {speed / 1e6:.2f} M steps/s "
        f"of CPU time ({step:.0f} ns a step; {target:.0f} ns by targets); one alone "
        f"{single / 1e3:.1f} us; {ratio:.0f} and {alone:.0f} times a Python RK4 environment "
        f"({statistics.median(peers) / 1e3:.0f} us)"
    )
    assert speed >= BUDGET["steps_per_s"]
    assert ratio >= BUDGET["ratio_to_python"]
