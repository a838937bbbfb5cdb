"""Structs that guidance shares with those who read its commands and plans; no functions."""
