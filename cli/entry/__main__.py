"""`python -m farside` is the command `farside`."""

from farside.cli.main import run

run()
