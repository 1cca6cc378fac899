"""What a run does with our errors: wait and try again, or fail with the one sentence a person can act on.

Failures of single providers never come here: they are part of the outcome.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from trend_platform.errors import TrendError, UnavailableError

MAX_RETRIES = 4
FIRST_WAIT_SECONDS = 10.0


@contextmanager
def failing_clearly(retry_number: int, max_retries: int = MAX_RETRIES) -> Iterator[None]:
    """Turn our errors into Dagster's.

    A service that is away is waited for: 10, 20, 40 and 80 seconds, enough for a database to restart. What was committed
    before stays, so a retry only asks for the rest. A wrong setting or argument fails at once; retrying would not help.

    Args:
        retry_number: How often this step was tried before.
        max_retries: How often it is tried again; 0 where the next run comes soon anyway.

    Raises:
        RetryRequested: A service is away, and there are retries left.
        Failure: The error's message, and whether a retry of the whole run could help.
    """
    try:
        yield
    except UnavailableError as error:
        if retry_number < max_retries:
            raise dg.RetryRequested(max_retries, FIRST_WAIT_SECONDS * 2**retry_number) from error
        waited = f" (waited and tried {max_retries} times)" if max_retries else ""
        raise dg.Failure(f"{error}{waited}", allow_retries=False) from error
    except TrendError as error:
        raise dg.Failure(str(error), metadata={"kind": type(error).__name__}, allow_retries=False) from error
