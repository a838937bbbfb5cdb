"""Adapters to other people's simulators: one package each, loaded only when asked for.

Each turns the frames and units of farside (SI; `site`, `body`) into those of its simulator. None
imports another.
"""
