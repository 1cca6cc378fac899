"""What to tell somebody whose setting does not fit: one sentence for a fault, and a guess at what was meant.

Pure: names and faults come in as arguments. Values of settings never appear here, since they may be secrets.
"""

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from trend_platform.settings.closed import CLOSED

_SHOWN = 10


def fault_sentence(fault: ErrorDetails, settings: type[BaseModel]) -> str:
    """Return what is wrong with one setting, and for an unknown one which was probably meant."""
    # Pydantic marks a fault of a mapping's key, and an error of our own, with words of its own.
    *parents, name = (str(part) for part in fault["loc"] if part != "[key]")
    setting = ".".join([*parents, name])
    if fault["type"] != "extra_forbidden":
        return f"{setting}: {fault['msg'].removeprefix('Value error, ')}"
    if parents == ["providers"] and name.lower() in CLOSED:
        return f"{setting}: this provider is closed: {CLOSED[name.lower()]}"
    known = _names_under(settings, parents)
    close = get_close_matches(name, known, n=1)
    return f"{setting}: no such setting; {f'did you mean {close[0]}?' if close else _listed(sorted(known))}"


def misspelt_names(environment: Iterable[str], settings: type[BaseModel]) -> Iterator[str]:
    """Yield a hint for each environment variable that is no setting and nearly has the name of one.

    Nested names (with `__`) are left out: of those, an unknown one is an error.
    """
    known = [f"TREND_{name.upper()}" for name in (*settings.model_fields, "config")]
    for name in map(str.upper, environment):
        if name.startswith("TREND_") and "__" not in name and name not in known:
            for meant in get_close_matches(name, known, n=1, cutoff=0.9):
                yield f"{name} is no setting and was ignored; did you mean {meant}?"


def _listed(known: Sequence[str]) -> str:
    if not known:
        return "known here: nothing by that name"
    if len(known) <= _SHOWN:
        return f"known here: {', '.join(known)}"
    return f"known here: {', '.join(known[:_SHOWN])} and {len(known) - _SHOWN} more, which `trend config show` lists"


def _names_under(model: type[BaseModel], parents: Sequence[str]) -> list[str]:
    for parent in parents:
        inner = model.model_fields[parent].annotation if parent in model.model_fields else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        model = inner
    return list(model.model_fields)
