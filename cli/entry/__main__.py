"""`python -m farside` is the command `farside`.

This folder is installed as `farside` itself and must hold no `__init__.py`: see decision 001.
"""

from farside.cli.main import run

run()
