"""What a person is told when the database cannot be used; never a password."""

import psycopg
import pytest
from psycopg import errors
from pydantic import SecretStr
from sqlalchemy import make_url

from trend_platform.errors import ConfigurationError, UnavailableError
from trend_platform.storage.timescale.failures import explained
from trend_platform.storage.timescale.store import open_timescale

SECRET = "hunter2"  # the password of no one


def changed(url: str, **parts: object) -> str:
    return make_url(url).set(**parts).render_as_string(hide_password=False)


def refusal(url: str) -> str:
    with pytest.raises(UnavailableError) as caught:
        open_timescale(SecretStr(url))
    assert caught.value.__cause__ is None
    assert SECRET not in str(caught.value)
    return str(caught.value)


def test_a_port_where_nobody_listens_is_refused(database_url: str) -> None:
    message = refusal(changed(database_url, port=1, password=SECRET))
    assert "127.0.0.1:1/" in message
    assert "refuses connections" in message


def test_a_wrong_password_is_said_to_be_wrong(database_url: str) -> None:
    assert "refuses the password" in refusal(changed(database_url, password=SECRET))


def test_a_database_that_is_not_there_is_named(database_url: str) -> None:
    message = refusal(changed(database_url, database="nowhere"))
    assert "/nowhere has no such database" in message


def test_a_host_name_that_does_not_exist_is_said_so(database_url: str) -> None:
    assert "cannot be resolved" in refusal(changed(database_url, host="database.invalid"))


@pytest.mark.parametrize(
    "url", [f"mysql://me:{SECRET}@127.0.0.1/market", f"no url {SECRET}", f"postgresql://a:{SECRET}@b:port/c"]
)
def test_a_url_of_something_else_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(ConfigurationError, match="expected postgresql://") as caught:
        open_timescale(url)
    assert SECRET not in str(caught.value)


def test_a_full_disk_says_that_nothing_of_the_batch_was_stored() -> None:
    with pytest.raises(UnavailableError, match=r"no disk space left; nothing of this batch"), explained("here"):
        raise errors.DiskFull("could not extend file")


def test_a_connection_that_breaks_says_to_run_it_again() -> None:
    with pytest.raises(UnavailableError, match="broke off"), explained("here"):
        raise psycopg.OperationalError("consuming input failed: server closed the connection unexpectedly")


def test_a_fault_of_our_own_statement_is_not_explained_away() -> None:
    with pytest.raises(errors.SyntaxError), explained("here"):
        raise errors.SyntaxError("SELEKT")
