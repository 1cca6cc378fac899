"""Credentials: what each adds to a request, the fingerprint that tells them apart, and spares made after the first one."""

import httpx
from pydantic import SecretStr

from trend_platform.providers.credentials import Credential, spares

URL = httpx.URL("https://api.test/v1/bars?symbol=AAPL")
HOST = "https://api.test"


def in_header(key: str) -> Credential:
    return Credential(headers={"Authorization": SecretStr(f"Bearer {key}")})


def test_a_key_in_a_header_leaves_the_address_alone() -> None:
    assert in_header("abc").header_values() == {"Authorization": "Bearer abc"}
    assert in_header("abc").on(URL) is URL


def test_a_key_in_the_query_is_added_to_the_address() -> None:
    credential = Credential(params={"apikey": SecretStr("a&b")})
    assert dict(credential.on(URL).params) == {"symbol": "AAPL", "apikey": "a&b"}
    assert credential.header_values() == {}


def test_no_text_of_a_credential_tells_the_key() -> None:
    assert "abc" not in repr(in_header("abc")) + str(Credential(params={"apikey": SecretStr("abc")}))


def test_a_fingerprint_is_the_same_for_the_same_key_and_place_only() -> None:
    first = in_header("abc").fingerprint(HOST)
    assert first == in_header("abc").fingerprint(HOST)
    assert len({first, in_header("abd").fingerprint(HOST), in_header("abc").fingerprint("https://other.test")}) == 3
    assert len(first) == 16
    assert "abc" not in first


def test_anonymous_callers_of_one_place_share_a_fingerprint() -> None:
    assert Credential().fingerprint(HOST) == Credential().fingerprint(HOST)


def test_spares_are_made_as_the_first_one_was() -> None:
    first = Credential({"Authorization": SecretStr("Bearer k1")}, {"apikey": SecretStr("k1")})
    (second, third) = spares(first, ["k1", "k2", "k3"])
    assert second.header_values() == {"Authorization": "Bearer k2"}
    assert dict(third.on(URL).params)["apikey"] == "k3"


def test_one_key_has_no_spares() -> None:
    assert spares(in_header("k1"), ["k1"]) == []
    assert spares(Credential(), []) == []
