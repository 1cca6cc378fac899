"""Keys that must travel in the query: they reach the provider and nothing else, no error and no log."""

import logging
import traceback
from urllib.parse import quote, quote_plus

import httpx
import pytest
from pydantic import SecretStr

from trend_platform.errors import AuthFailed, ProviderError
from trend_platform.providers.http import HttpPolicy
from trend_platform_tests.providers.network import KEY, FakeTime, Reply, Script, client

QUERY_KEY = "qu3ry/k3y+of=the&user"
SECRET = {"apikey": SecretStr(QUERY_KEY)}
SPOKEN = (QUERY_KEY, quote(QUERY_KEY, safe=""), quote_plus(QUERY_KEY), KEY)
OK: Reply = (200, {}, b'{"a": 1}')


async def test_a_key_is_added_to_the_query_of_every_attempt() -> None:
    script = Script([(503, {}, b"{}"), OK])
    await client(script, FakeTime(), secret_params=SECRET).get("/query", {"function": "TIME SERIES", "n": 2})
    assert [dict(request.url.params) for request in script.requests] == [
        {"function": "TIME SERIES", "n": "2", "apikey": QUERY_KEY}
    ] * 2


async def test_a_query_of_the_path_stays_as_it_is() -> None:
    script = Script([OK])
    await client(script, FakeTime()).get("/query?cursor=a%2Fb&x=")
    assert dict(script.requests.pop().url.params) == {"cursor": "a/b", "x": ""}
    await client(script, FakeTime(), secret_params=SECRET).get("/query?cursor=a%2Fb&x=")
    assert dict(script.requests[0].url.params) == {"cursor": "a/b", "x": "", "apikey": QUERY_KEY}


@pytest.mark.parametrize(
    "reply",
    [
        httpx.ConnectError(f"lost http://fake.test/?apikey={quote(QUERY_KEY, safe='')}"),
        (500, {}, b"{}"),
        (302, {"Location": f"http://fake.test/?apikey={QUERY_KEY}"}, b""),
        (200, {}, f"<p>your key {QUERY_KEY} is".encode()),
        (403, {}, f'{{"e": "key {QUERY_KEY}"}}'.encode()),
        (403, {}, f'{{"e": "you asked /?apikey={quote(QUERY_KEY, safe="")}"}}'.encode()),
        (429, {"Retry-After": "9999"}, f'{{"e": "/?apikey={quote_plus(QUERY_KEY)}"}}'.encode()),
    ],
    ids=["lost", "down", "moved", "page", "told", "quoted", "exhausted"],
)
async def test_no_error_and_no_log_carries_a_key_of_the_query(reply: Reply, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ProviderError) as caught:
        await client(Script([reply]), FakeTime(), HttpPolicy(max_attempts=2), secret_params=SECRET).get("/x", {"a": 1})
    chain = (caught.value.__cause__, caught.value.__context__)
    told = "".join(traceback.format_exception(caught.value)) + repr([vars(caught.value), caught.value.args, chain])
    assert not any(word in told + caplog.text for word in SPOKEN)


async def test_the_log_line_of_a_request_tells_its_address_without_the_query(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await client(Script([OK]), FakeTime(), secret_params=SECRET).get("/x", {"a": 1})
    assert "http://fake.test/api/x " in caplog.text
    assert not any(word in caplog.text for word in SPOKEN)


async def test_headers_are_not_logged_by_the_library_that_packs_them(caplog: pytest.LogCaptureFixture) -> None:
    await client(Script([OK]), FakeTime()).get("/x")
    assert not logging.getLogger("hpack.hpack").isEnabledFor(logging.DEBUG)


def test_a_key_of_the_query_that_cannot_be_sent_is_said_without_telling_it() -> None:
    with pytest.raises(AuthFailed, match="the key is empty or holds a blank") as caught:
        client(Script([OK]), FakeTime(), secret_params={"apikey": SecretStr("with\nbreak")})
    assert "with" not in str(caught.value)
