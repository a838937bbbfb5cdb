"""Property tests draw the same examples each time, so that a commit has one verdict.

`make explore` draws new ones: what it finds becomes a test of its own.
"""

import os
import signal

from hypothesis import settings

settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, print_blob=True)
# A shell that starts tests in the background has them ignore Ctrl-C, and a process inherits that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
settings.load_profile(os.environ.get("FARSIDE_EXAMPLES", "same"))
