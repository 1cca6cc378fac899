"""The mirror comes from this machine's apt, and only what the server links to is fetched."""

import pytest

from trend_platform.errors import UnavailableError
from trend_platform.local import debian


def test_the_main_archive_is_chosen_not_security_nor_another_vendor() -> None:
    lines = [
        "http://mirror.example/debian-security/ main",
        "https://packages.example/apt main",
        "http://mirror.example/debian/ contrib",
        "http://mirror.example/debian/ main",
    ]
    assert debian.choose_mirror(lines) == "http://mirror.example/debian/"


def test_a_machine_without_a_debian_mirror_says_so() -> None:
    with pytest.raises(UnavailableError, match="not configured for a Debian mirror"):
        debian.choose_mirror(["http://mirror.example/ubuntu/ main"])


def test_the_server_and_its_libraries_are_wanted_perl_and_llvm_are_not() -> None:
    names = (
        "postgresql-17",
        "postgresql-17-timescaledb",
        "libpq5",
        "libc6",
        "perl-base",
        "libllvm19",
        "ssl-cert",
        "libssl3t64",
    )
    lines = [f"'http://mirror.example/{name}.deb' {name}_1%2b2_amd64.deb 10 SHA256:x" for name in names]
    assert debian.needed_packages(["Reading package lists...", *lines]) == [
        "postgresql-17",
        "postgresql-17-timescaledb",
        "libpq5",
        "libc6",
        "libssl3t64",
    ]
