"""What makes Dagster's processes start anew, and what does not."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from trend_platform.local import connections
from trend_platform.local.dagster_programs import Layout, programs
from trend_platform.local.home import Home
from trend_platform.local.mode import Decision
from trend_platform.settings import Mode, PolygonSettings, ProvidersSettings, Settings


def fingerprints(settings: Settings, mode: Mode = Mode.SIMULATED) -> set[str]:
    found = connections.derive(
        SecretStr("postgresql://u:p@h/d"), SecretStr("redis://h/0"), Decision(mode, "so"), is_local=True
    )
    return {program.fingerprint for program in programs(settings, Home(Path("/nowhere")), found, Layout())}


def test_a_mode_that_was_chosen_once_is_no_reason_to_restart_at_the_next_plain_up() -> None:
    assert fingerprints(Settings(mode=Mode.SIMULATED)) == fingerprints(Settings(mode=Mode.AUTO))


@pytest.mark.parametrize(
    "changed",
    [
        Settings(docs_url="https://docs.example"),
        Settings(providers=ProvidersSettings(polygon=PolygonSettings(api_key=SecretStr("another")))),
    ],
)
def test_a_changed_setting_or_key_is(changed: Settings) -> None:
    assert not fingerprints(changed) & fingerprints(Settings())


def test_a_changed_mode_is() -> None:
    assert not fingerprints(Settings(), Mode.LIVE) & fingerprints(Settings())
