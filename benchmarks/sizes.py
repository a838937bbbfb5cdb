"""How much a benchmark does: what its budget is of, or little where budgets are only reported."""

import os

SMOKE = os.environ.get("FARSIDE_BUDGETS") == "report"


def cases(full: int, smoke: int) -> int:
    """Return a number of cases; `smoke` shows that they run, and what they print says nothing."""
    return smoke if SMOKE else full
