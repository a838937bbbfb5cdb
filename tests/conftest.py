"""Property tests draw the same examples each time, so that a commit has one verdict.

`make explore` draws new ones: what it finds becomes a test of its own.
"""

import os

from hypothesis import settings

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, print_blob=True)
settings.load_profile(os.environ.get("FARSIDE_EXAMPLES", "same"))
