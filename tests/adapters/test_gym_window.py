"""`render_mode="human"`: a window through pygame-ce, here on SDL's dummy driver."""

import copy
import time

import gymnasium
import numpy as np
import pytest

from farside.adapters.gym import ENV_ID, LunarLanding

pygame = pytest.importorskip("pygame", reason="the gym extra is not installed: no pygame-ce")
HOVER = np.array([0.0, 0.0, 0.324], np.float32)


@pytest.fixture
def env(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    made = gymnasium.make(ENV_ID, action="target", frame_skip=10, render_mode="human")
    yield made.unwrapped
    made.close()
    assert not pygame.display.get_init()


def on_screen():
    """Return what the window shows, rows first."""
    return pygame.surfarray.array3d(pygame.display.get_surface()).swapaxes(0, 1)


def test_reset_and_step_show_what_rgb_array_draws(env):
    twin = LunarLanding(action="target", frame_skip=10, render_mode="rgb_array")
    env.reset(seed=3)
    twin.reset(seed=3)
    assert np.array_equal(on_screen(), twin.render())
    begun = time.perf_counter()
    for _ in range(4):
        env.step(HOVER)
        twin.step(HOVER)
        assert np.array_equal(on_screen(), twin.render())
    # ten pictures a second: as fast as it flies, the first one aside
    assert time.perf_counter() - begun > 0.28
    assert env.render() is None


def test_a_window_that_is_closed_stays_so_until_the_next_reset(env):
    env.reset(seed=3)
    pygame.event.post(pygame.event.Event(pygame.QUIT))
    env.step(HOVER)
    assert not env.window.open
    env.step(HOVER)
    assert not env.window.open
    env.reset()
    assert env.window.open


def test_a_copy_has_no_window_until_it_flies(env):
    env.reset(seed=3)
    twin = copy.deepcopy(env)
    assert not twin.window.open and env.window.open
    assert np.array_equal(twin.step(HOVER)[0], env.step(HOVER)[0])


def test_without_a_display_it_says_what_needs_none(monkeypatch):
    for name in ("SDL_VIDEODRIVER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    env = LunarLanding(render_mode="human")
    with pytest.raises(RuntimeError, match="'rgb_array' needs no display"):
        env.reset(seed=0)
    assert not env.window.open
