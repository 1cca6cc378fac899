"""Ledgers as JSON and back, exactly: for what a repair keeps of them."""

from functools import cache

from pydantic import TypeAdapter

from trend_platform.domain.coverage import Ledger


def ledger_to_json(ledger: Ledger) -> str:
    """Return a ledger as JSON; instants to the microsecond."""
    return _adapter().dump_json(ledger).decode()


def ledger_from_json(told: str) -> Ledger:
    """Return the ledger that `ledger_to_json` wrote."""
    return _adapter().validate_json(told)


@cache
def _adapter() -> TypeAdapter[Ledger]:
    return TypeAdapter(Ledger)
