import json
import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest
from pydantic import BaseModel

from trend_platform.cli.config_values import MASK, settings_in_force
from trend_platform.cli.main import run
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.providers.coingecko.ids import pair_of
from trend_platform.settings import ProviderSettings, Settings, load_settings, variable_of
from trend_platform_tests.services import CHECKOUT

TEMPLATE = files("trend_platform.cli").joinpath("config_template.toml").read_text()
SECRET = "s3cret-value"


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    load_settings.cache_clear()
    return tmp_path


def uncommented() -> str:
    return re.sub(r"^#(?=\w+ = )", "", TEMPLATE, flags=re.MULTILINE)


def test_init_writes_a_file_that_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    before = Settings()
    assert run(["config", "init"]) == 0
    assert "nothing has changed yet" in capsys.readouterr().out
    assert Settings() == before


def test_init_never_overwrites(empty_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = empty_folder / "trend_platform.toml"
    file.write_text("mode = 'live'\n")
    assert run(["config", "init"]) == 2
    assert "is left as it is" in capsys.readouterr().err
    assert file.read_text() == "mode = 'live'\n"


def test_init_into_a_missing_folder_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "init", "nowhere/trend.toml"]) == 1
    assert "cannot be written" in capsys.readouterr().err


def test_every_line_of_the_template_is_a_setting_that_fits(empty_folder: Path) -> None:
    (empty_folder / "trend_platform.toml").write_text(uncommented())
    assert Settings().mode == "auto"


def test_the_template_chooses_a_coin_by_the_symbol_it_is_looked_up_by() -> None:
    coin = Instrument(1, "XYZ-USD", AssetClass.CRYPTO, "24/7")
    pair = pair_of(coin)
    assert pair
    assert pair[0] in tomllib.loads(uncommented())["providers"]["coingecko"]["ids"]


def test_the_template_names_every_setting_of_its_own() -> None:
    written = tomllib.loads(uncommented())
    assert set(written) == set(Settings.model_fields)
    for group in ("providers", "sources"):
        for name, one in getattr(Settings(), group):
            if isinstance(one, BaseModel):
                fields = set(type(one).model_fields) - set(ProviderSettings.model_fields) - {"faults"}
                assert fields <= set(written[group][name]), name
            else:
                assert name in written[group]
    for group in ("realtime", "retention", "alerts", "archive"):
        assert set(written[group]) == set(type(getattr(Settings(), group)).model_fields)


def _standing_for_any(name: re.Match[str]) -> str:
    return "providers.P." if name[1] else "sources.S."


def test_the_reference_names_every_setting_and_its_variable() -> None:
    page = (CHECKOUT / "docs" / "reference" / "settings.md").read_text()
    for one in settings_in_force(Settings(), Path("nowhere")):
        general = re.sub(r"^(?:(p)roviders|(s)ources)\.\w+\.(?=\w+$)", _standing_for_any, one.name)
        assert f"`{one.name}`" in page or f"`{general}`" in page, one.name
        if f"`{one.name}`" in page and one.name != "providers.simulated.faults":
            assert f"`{one.variable}`" in page, one.variable


def test_a_secret_is_never_shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("POLYGON_API_KEY", SECRET)
    monkeypatch.setenv("TREND_DATABASE_URL", f"postgresql://me:{SECRET}@db.example:5433/trend")
    assert run(["config", "show"]) == 0
    shown = capsys.readouterr().out
    assert SECRET not in shown
    assert MASK in shown
    assert "db.example:5433/trend" in shown


def test_of_an_address_that_tells_people_only_its_kind_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TREND_ALERTS__URLS", f"slack://{SECRET}/B/C mailto://me:pw@{SECRET}.example {SECRET}")
    for arguments in (["config", "show"], ["config", "show", "--json"]):
        assert run(arguments) == 0
        shown = capsys.readouterr().out
        assert SECRET not in shown
        assert f"slack://{MASK}" in shown
        assert f"mailto://{MASK}" in shown


@pytest.mark.parametrize("written", ['["json://a/b", "mailto://u:p@h.example"]', '"json://a/b mailto://u:p@h.example"'])
def test_addresses_from_the_file_are_said_to_come_from_it(
    empty_folder: Path, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    file = empty_folder / "trend_platform.toml"
    file.write_text(f"[alerts]\nurls = {written}\n")
    (urls,) = [one for one in settings_in_force(Settings(), file) if one.name == "alerts.urls"]
    assert (urls.source, urls.variable) == ("file", "TREND_ALERTS__URLS")
    monkeypatch.setenv("TREND_ALERTS__URLS", "json://other")
    (urls,) = [one for one in settings_in_force(Settings(), file) if one.name == "alerts.urls"]
    assert urls.source == "environment"


def test_each_setting_tells_where_it_comes_from(empty_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = empty_folder / "trend_platform.toml"
    file.write_text("mode = 'live'\nwebserver_port = 4000\n[providers.files]\ncolumns = { opened_at = 'date' }\n")
    monkeypatch.setenv("TREND_WEBSERVER_PORT", "5000")
    monkeypatch.setenv("TREND_PROVIDERS", "files, polygon")
    found = {one.name: one for one in settings_in_force(Settings(), file)}
    assert (found["mode"].value, found["mode"].source) == ("live", "file")
    assert (found["webserver_port"].value, found["webserver_port"].source) == (5000, "environment")
    assert (found["providers.order"].value, found["providers.order"].source) == (["files", "polygon"], "environment")
    assert (found["providers.files.columns"].value, found["providers.files.columns"].source) == (
        {"opened_at": "date"},
        "file",
    )
    assert found["redis_port"].source == "default"


def test_a_setting_is_overridden_by_the_variable_that_show_names(monkeypatch: pytest.MonkeyPatch) -> None:
    assert variable_of("providers.polygon.api_key") == "POLYGON_API_KEY"
    assert variable_of("providers.order") == "TREND_PROVIDERS"
    monkeypatch.setenv(variable_of("providers.polygon.rate_per_minute"), "7")
    assert Settings().providers.polygon.rate_per_minute == 7


def test_show_as_json_has_one_entry_per_setting(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "show", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["file"] is None
    assert {"name": "mode", "value": "auto", "from": "default", "variable": "TREND_MODE"} in shown["settings"]


def test_settings_that_fit_are_said_to_fit(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "check"]) == 0
    assert capsys.readouterr().out == "The settings fit.\n"


def test_check_names_every_fault_at_once(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("TREND_PROVIDERS", "poligon")
    monkeypatch.setenv("TREND_PROVIDERS__ORDERS", '{"latest.crypto": ["stooq"]}')
    monkeypatch.setenv("TREND_UNIVERSE", "AAPL,not a symbol!")
    monkeypatch.setenv("TREND_PROVIDERS__FILES__PATH", "nowhere")
    assert run(["config", "check"]) == 2
    shown = capsys.readouterr().err
    assert "did you mean polygon?" in shown
    assert "providers.orders.latest.crypto: provider 'stooq' is closed" in " ".join(shown.split())
    assert "not a symbol!" in shown
    assert "nowhere is not there" in shown


def test_x_that_is_enabled_without_its_token_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TREND_SOURCES__X__ENABLED", "true")
    assert run(["config", "check"]) == 2
    assert "set TWITTER_BEARER_TOKEN, or switch it off" in " ".join(capsys.readouterr().err.split())
    load_settings.cache_clear()
    monkeypatch.setenv("TWITTER_BEARER_TOKEN", "token")
    assert run(["config", "check"]) == 0


def test_an_address_nobody_can_be_told_through_is_a_fault_that_is_never_quoted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TREND_ALERTS__URLS", f"json://127.0.0.1:9/{SECRET} nosuch://{SECRET}")
    assert run(["config", "check"]) == 2
    shown = capsys.readouterr().err
    assert "alerts.urls: nosuch (2) is no address" in shown
    assert "(1)" not in shown
    assert SECRET not in shown


def test_a_misspelt_name_in_the_file_is_found(empty_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (empty_folder / "trend_platform.toml").write_text("univers = ['AAPL']\n")
    assert run(["config", "check"]) == 2
    assert "univers" in capsys.readouterr().err
