"""Doors to other people's simulators: each a module of its own, loaded by who asks for it.

Frames and units are the house's (SI; `site`, `body`): a door turns them into its simulator's.
"""
