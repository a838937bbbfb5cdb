"""Few templates of ground, so that a survey of a region takes a second."""

from contextlib import contextmanager

import pytest

from farside.survey import landing_templates

SEEDS, PER_SEED = 2, 5


@contextmanager
def few_templates():
    """Draw few templates meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(landing_templates, "SEEDS", SEEDS)
        patch.setattr(landing_templates, "PER_SEED", PER_SEED)
        landing_templates.chances.cache_clear()
        yield
    landing_templates.chances.cache_clear()
