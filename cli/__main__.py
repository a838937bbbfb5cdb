"""`python -m farside.cli` is the command `farside`."""

from farside.cli.main import run

run()
