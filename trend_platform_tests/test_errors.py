"""The error tree: grouped by what the caller does next, and able to travel between processes."""

import copy
import inspect
import pickle
import re

import pytest

from trend_platform import errors

CLASSES = [each for _, each in inspect.getmembers(errors, inspect.isclass)]
PROVIDER_CLASSES = [each for each in CLASSES if issubclass(each, errors.ProviderError)]


def test_the_tree_at_the_top_of_the_file_is_the_tree() -> None:
    drawn: list[tuple[str, str | None]] = []
    parents: list[tuple[int, str]] = []
    for name_at in re.finditer(r"^(?P<branch>[ │├└─]+)(?P<name>[A-Z]\w+)(?: .*)?$", errors.__doc__ or "", re.MULTILINE):
        depth = len(name_at["branch"])
        parents = [(at, name) for at, name in parents if at < depth]
        drawn.append((name_at["name"], parents[-1][1] if parents else "Exception"))
        parents.append((depth, name_at["name"]))
    assert sorted(drawn) == sorted((each.__name__, each.__mro__[1].__name__) for each in CLASSES)


@pytest.mark.parametrize("cls", PROVIDER_CLASSES)
def test_a_providers_error_names_it(cls: type[errors.ProviderError]) -> None:
    error = cls("polygon", "answered 429")
    assert str(error) == "polygon: answered 429"
    assert (error.provider, error.calls) == ("polygon", 0)


@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize("travel", [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))])  # noqa: S301
def test_every_error_survives_the_way_to_another_process(cls: type[errors.TrendError], travel: object) -> None:
    error = cls("polygon", "answered 429") if cls in PROVIDER_CLASSES else cls("set it")
    if isinstance(error, errors.ProviderError):
        error.calls = 3
    if isinstance(error, errors.WaitError):
        error.retry_after_seconds = 7.5
    assert callable(travel)
    arrived = travel(error)
    assert type(arrived) is cls
    assert str(arrived) == str(error)
    assert vars(arrived) == vars(error)


def test_a_wait_may_be_of_unknown_length() -> None:
    assert errors.RateLimited("polygon", "slow down").retry_after_seconds is None
    assert errors.RateLimited("polygon", "slow down", 12.0).retry_after_seconds == 12.0
