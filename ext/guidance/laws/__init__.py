"""Guidance laws as published, and attitude."""
