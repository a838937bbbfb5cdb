"""Arithmetic, random numbers, records and dispatch that every wing uses."""
