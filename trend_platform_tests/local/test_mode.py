"""`auto` is decided once, for a reason that is kept, and only the user or better settings change it."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from trend_platform.local import mode
from trend_platform.local.home import Home
from trend_platform.local.mode import Decision
from trend_platform.settings import FilesSettings, Mode, PolygonSettings, ProvidersSettings, Settings

NOW = datetime(2026, 3, 4, tzinfo=UTC)
KEYED = ProvidersSettings(polygon=PolygonSettings(api_key=SecretStr("k")))


def reachable(_: str) -> bool:
    return True


def unreachable(_: str) -> bool:
    return False


@pytest.mark.parametrize(
    ("providers", "answers", "expected"),
    [
        (ProvidersSettings(), reachable, Mode.SIMULATED),
        (KEYED, reachable, Mode.LIVE),
        (KEYED, unreachable, Mode.SIMULATED),
        (ProvidersSettings(order=("polygon", "simulated")), unreachable, Mode.LIVE),
        (ProvidersSettings(order=("simulated",)), reachable, Mode.SIMULATED),
        (ProvidersSettings(files=FilesSettings(path=Path("prices"))), unreachable, Mode.LIVE),
    ],
)
def test_auto_is_live_only_where_real_prices_can_be_had(
    providers: ProvidersSettings, answers: Callable[[str], bool], expected: Mode
) -> None:
    assert mode.decide(Settings(providers=providers), answers).mode is expected


def test_a_decision_is_kept_when_the_network_changes(tmp_path: Path) -> None:
    home, settings = Home(tmp_path), Settings(providers=KEYED)
    first = mode.settle(settings, home, unreachable, lambda: NOW)
    assert first.mode is Mode.SIMULATED
    assert mode.settle(settings, home, reachable, lambda: NOW) == first
    assert home.recall("mode")["decided_at"] == NOW.isoformat()


def test_real_providers_named_later_overtake_a_simulated_decision(tmp_path: Path) -> None:
    home = Home(tmp_path)
    mode.settle(Settings(), home, unreachable, lambda: NOW)
    later = Settings(providers=ProvidersSettings(files=FilesSettings(path=Path("prices"))))
    assert mode.settle(later, home, unreachable, lambda: NOW).mode is Mode.LIVE


def test_what_the_user_chose_is_not_overtaken(tmp_path: Path) -> None:
    home = Home(tmp_path)
    mode.remember(home, Decision(Mode.SIMULATED, "chosen", is_chosen=True), NOW)
    later = Settings(providers=ProvidersSettings(order=("polygon",)))
    assert mode.settle(later, home, reachable, lambda: NOW) == Decision(Mode.SIMULATED, "chosen", is_chosen=True)


def test_the_setting_wins_over_what_is_remembered_and_leaves_it_alone(tmp_path: Path) -> None:
    home = Home(tmp_path)
    mode.remember(home, Decision(Mode.SIMULATED, "no key"), NOW)
    assert mode.settle(Settings(mode=Mode.LIVE), home, unreachable, lambda: NOW).mode is Mode.LIVE
    assert mode.recalled(home) == Decision(Mode.SIMULATED, "no key")


def test_a_forgotten_decision_is_made_anew(tmp_path: Path) -> None:
    home, settings = Home(tmp_path), Settings(providers=KEYED)
    mode.settle(settings, home, unreachable, lambda: NOW)
    mode.forget(home)
    assert mode.settle(settings, home, reachable, lambda: NOW).mode is Mode.LIVE
