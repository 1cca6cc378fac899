import dagster as dg
import pytest

from trend_platform.errors import ConfigurationError, PlanRefused, SimulatedDataRefused, UnavailableError, UsageError
from trend_platform.orchestration.failures import MAX_RETRIES, failing_clearly


def test_a_service_that_is_away_is_waited_for_longer_each_time() -> None:
    waits = []
    for attempt in range(MAX_RETRIES):
        with pytest.raises(dg.RetryRequested) as retry, failing_clearly(attempt):
            raise UnavailableError("the database does not answer")
        waits.append(retry.value.seconds_to_wait)
    assert waits == [10, 20, 40, 80]


def test_a_service_that_stays_away_fails_with_what_was_tried() -> None:
    with pytest.raises(dg.Failure) as failure, failing_clearly(MAX_RETRIES):
        raise UnavailableError("the database does not answer")
    assert failure.value.description == "the database does not answer (waited and tried 4 times)"
    assert not failure.value.allow_retries


def test_where_the_next_run_comes_soon_nothing_is_waited_for() -> None:
    with pytest.raises(dg.Failure) as failure, failing_clearly(0, max_retries=0):
        raise UnavailableError("the database does not answer")
    assert failure.value.description == "the database does not answer"


@pytest.mark.parametrize("error", [UsageError, ConfigurationError, PlanRefused, SimulatedDataRefused])
def test_what_a_person_must_fix_is_not_retried_and_says_what(error: type[Exception]) -> None:
    with pytest.raises(dg.Failure) as failure, failing_clearly(0):
        raise error("TREND_MODE is wrong")
    assert failure.value.description == "TREND_MODE is wrong"
    assert not failure.value.allow_retries


def test_a_bug_is_left_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError), failing_clearly(0):
        raise ZeroDivisionError
