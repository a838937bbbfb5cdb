"""Strapdown integration and the navigation filter; the onboard map."""
