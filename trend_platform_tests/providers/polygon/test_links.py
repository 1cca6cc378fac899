"""The next page's address: two host names, ports, and never another host."""

import pytest

from trend_platform.errors import Malformed
from trend_platform.providers.polygon.links import next_path

BASE = "http://127.0.0.1:8000/mirror"


@pytest.mark.parametrize(
    "address",
    [
        "https://api.polygon.io/v2/x?cursor=a%3Db&limit=5",
        "https://api.polygon.io:443/v2/x?cursor=a%3Db&limit=5",
        "https://api.massive.com/v2/x?cursor=a%3Db&apiKey=k&limit=5",
        "http://127.0.0.1:8000/mirror/v2/x?cursor=a%3Db&limit=5",
    ],
)
def test_both_hosts_and_the_own_one_become_a_path(address: str) -> None:
    assert next_path({"next_url": address}, BASE) == "/v2/x?cursor=a%3Db&limit=5"


@pytest.mark.parametrize("document", [{}, {"next_url": None}, {"next_url": ""}, []])
def test_the_last_page_has_none(document: object) -> None:
    assert next_path(document, BASE) is None


@pytest.mark.parametrize(
    "address", ["https://api.polygon.io.evil.test/v2/x", "https://evil.test/api.polygon.io/v2", "v2/x", "//evil.test/x"]
)
def test_no_other_host_is_asked(address: str) -> None:
    with pytest.raises(Malformed):
        next_path({"next_url": address}, BASE)
