"""Settings: where they come from, which source wins, and what somebody is told who got one wrong."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from trend_platform.errors import ConfigurationError
from trend_platform.settings import CONFIG_FILE, KEY_NAMES, Mode, ReplacePolicy, Settings, load_settings

SECRET = "hunter2-hunter2"
Load = Callable[..., Settings]


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in os.environ:
        if name.upper().startswith("TREND_") or name.lower() in KEY_NAMES:
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    load_settings.cache_clear()
    yield
    load_settings.cache_clear()


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Load:
    def load_with(toml: str | None = None, **environment: str) -> Settings:
        if toml is not None:
            Path(CONFIG_FILE).write_text(toml, encoding="utf-8")
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return load_settings()

    return load_with


def polygon_key(settings: Settings) -> str | None:
    key = settings.providers.polygon.api_key
    return key.get_secret_value() if key else None


def test_without_anything_set_the_defaults_hold(load: Load) -> None:
    settings = load()
    assert settings.home == Path(".trend")
    assert settings.mode is Mode.AUTO
    assert settings.database_url is settings.redis_url is None
    assert settings.bind_host == "127.0.0.1"
    assert settings.providers.order == ()
    assert settings.providers.replace_policy is ReplacePolicy.KEEP
    assert " ".join(settings.universe) == "AAPL GOOGL MSFT AMZN TSLA NVDA META SPY QQQ IWM VTI BTC-USD ETH-USD"


def test_the_environment_fills_each_setting_by_its_name(load: Load) -> None:
    settings = load(
        TREND_DATABASE_URL="postgresql://me@db/prices",
        TREND_REDIS_URL="redis://cache",
        TREND_HOME="/srv/trend",
        TREND_MODE="simulated",
        TREND_BIND_HOST="::1",
        TREND_WEBSERVER_PORT="4000",
        TREND_UNIVERSE="AAPL, BTC-USD,",
        TREND_PROVIDERS__REPLACE_POLICY="prefer_first",
        TREND_PROVIDERS__FILES__PATH="/srv/csv",
        TREND_PROVIDERS__FILES__COLUMNS='{"opened_at": "date"}',
        TREND_PROVIDERS__SIMULATED__FAULTS='[{"kind": "hole", "times": 2}]',
    )
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == "postgresql://me@db/prices"
    assert settings.redis_url is not None
    assert settings.redis_url.get_secret_value() == "redis://cache"
    assert (settings.home, settings.mode, settings.bind_host) == (Path("/srv/trend"), Mode.SIMULATED, "::1")
    assert settings.webserver_port == 4000
    assert settings.universe == ("AAPL", "BTC-USD")
    assert settings.providers.replace_policy is ReplacePolicy.PREFER_FIRST
    assert settings.providers.files.path == Path("/srv/csv")
    assert settings.providers.files.columns == {"opened_at": "date"}
    assert [(fault.kind, fault.times) for fault in settings.providers.simulated.faults] == [("hole", 2)]


def test_the_order_of_providers_stands_beside_their_own_settings(load: Load) -> None:
    providers = load(
        TREND_PROVIDERS="polygon, coingecko",
        TREND_PROVIDERS__POLYGON__BASE_URL="https://api.polygon.io/",
        TREND_PROVIDERS__POLYGON__RATE_PER_MINUTE="5",
    ).providers
    assert providers.order == ("polygon", "coingecko")
    assert providers.polygon.base_url == "https://api.polygon.io"
    assert providers.polygon.rate_per_minute == 5.0


@pytest.mark.parametrize(
    ("environment", "key"),
    [
        ({}, None),
        ({"POLYGON_API_KEY": "p"}, "p"),
        ({"MASSIVE_API_KEY": "m"}, "m"),
        ({"MASSIVE_API_KEY": "m", "POLYGON_API_KEY": "p"}, "p"),
        ({"MASSIVE_API_KEY": "m", "POLYGON_API_KEY": ""}, "m"),
        ({"POLYGON_API_KEY": "p", "TREND_PROVIDERS__POLYGON__API_KEY": "own"}, "own"),
        ({"POLYGON_API_KEY": "p", "TREND_PROVIDERS__POLYGON__API_KEY": ""}, "p"),
    ],
)
def test_keys_are_taken_by_the_names_people_already_have(
    load: Load, environment: dict[str, str], key: str | None
) -> None:
    assert polygon_key(load(**environment)) == key


def test_the_key_of_coingecko_is_its_own(load: Load) -> None:
    settings = load(COINGECKO_API_KEY="c")
    assert settings.providers.coingecko.api_key is not None
    assert settings.providers.coingecko.api_key.get_secret_value() == "c"
    assert polygon_key(settings) is None


def test_the_file_is_read_and_the_environment_is_stronger(load: Load) -> None:
    toml = """
        mode = "live"
        webserver_port = 3100
        universe = ["SPY"]
        [providers]
        order = ["files", "polygon"]
        [providers.polygon]
        api_key = "from-the-file"
        timeout_seconds = 7
    """
    settings = load(toml, TREND_WEBSERVER_PORT="3200", POLYGON_API_KEY="from-the-shell")
    assert (settings.mode, settings.webserver_port, settings.universe) == (Mode.LIVE, 3200, ("SPY",))
    assert settings.providers.order == ("files", "polygon")
    assert settings.providers.polygon.timeout_seconds == 7
    assert polygon_key(settings) == "from-the-shell"


def test_arguments_are_stronger_than_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TREND_WEBSERVER_PORT", "3200")
    assert Settings(webserver_port=3300).webserver_port == 3300


def test_trend_config_names_another_file(load: Load, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text('mode = "simulated"', encoding="utf-8")
    assert load('mode = "live"', TREND_CONFIG=str(other)).mode is Mode.SIMULATED


def test_an_empty_variable_is_as_good_as_none(load: Load) -> None:
    settings = load(
        'mode = "live"', TREND_CONFIG="", TREND_DATABASE_URL="", TREND_WEBSERVER_PORT="", TREND_PROVIDERS=""
    )
    assert (settings.mode, settings.database_url, settings.webserver_port) == (Mode.LIVE, None, 3000)
    assert settings.providers.order == ()


@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_a_named_file_that_is_none_is_refused(load: Load, name: str) -> None:
    with pytest.raises(ConfigurationError, match=r"TREND_CONFIG names .*there is no such file"):
        load(TREND_CONFIG=name)


def test_a_file_that_cannot_be_read_is_named(load: Load) -> None:
    with pytest.raises(ConfigurationError, match=r"trend_platform\.toml cannot be read: .*line 1"):
        load(f"mode = = '{SECRET}'")


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("TREND_MODE", "mode"),
        ("TREND_WEBSERVER_PORT", "webserver_port"),
        ("TREND_PROVIDERS__REPLACE_POLICY", "providers.replace_policy"),
        ("TREND_PROVIDERS__POLYGON__BASE_URL", "providers.polygon.base_url"),
        ("TREND_PROVIDERS__POLYGON__RATE_PER_MINUTE", "providers.polygon.rate_per_minute"),
        ("TREND_PROVIDERS__FILES__BASIS", "providers.files.basis"),
        ("TREND_PROVIDERS__FILES__COLUMNS", "TREND_PROVIDERS__FILES__COLUMNS: expected a value in JSON"),
        ("TREND_PROVIDERS__POLYGON", "TREND_PROVIDERS__POLYGON: expected a value in JSON"),
        ("TREND_PROVIDERS__ORDERS", """TREND_PROVIDERS__ORDERS: expected JSON, such as '{"latest": ["polygon"]}'"""),
        ("TREND_PROVIDERS__POLYGON__APIKEYS", "providers.polygon.apikeys"),
    ],
)
def test_a_wrong_value_names_the_setting_and_never_the_value(load: Load, name: str, setting: str) -> None:
    with pytest.raises(ConfigurationError) as told:
        load(**{name: SECRET})
    assert str(told.value).startswith("settings do not fit: ")
    assert setting in str(told.value)
    assert SECRET not in str(told.value)


def test_every_variable_that_is_no_json_is_named_and_no_other(load: Load) -> None:
    with pytest.raises(ConfigurationError) as told:
        load(TREND_PROVIDERS__ORDERS="xx", TREND_PROVIDERS__FILES__COLUMNS="xx", TREND_PROVIDERS__POLYGON__API_KEY="k")
    assert ("_Environment" in str(told.value), "POLYGON" in str(told.value)) == (False, False)
    assert str(told.value).count("expected") == 2


@pytest.mark.parametrize("what", ["lastest", "latest.bonds", "latest.", ".crypto"])
def test_an_order_for_nothing_there_is_says_in_words_what_there_is(load: Load, what: str) -> None:
    with pytest.raises(ConfigurationError) as told:
        load(f"[providers.orders]\n'{what}' = ['polygon']")
    assert f"providers.orders.{what}: an order is for daily_history, intraday_history, latest or splits" in str(
        told.value
    )
    assert not any(sign in str(told.value) for sign in ("^", "[key]", "Value error"))


@pytest.mark.parametrize("what", ["daily_history", "splits.etf"])
def test_an_order_for_a_capability_or_a_class_of_it_is_taken(load: Load, what: str) -> None:
    assert dict(load(f"[providers.orders]\n'{what}' = ['polygon']").providers.orders) == {what: ("polygon",)}


def test_several_keys_are_written_with_commas_in_the_environment(load: Load) -> None:
    told = load(POLYGON_API_KEY="first", TREND_PROVIDERS__POLYGON__API_KEYS=f" {SECRET}, other ,").providers.polygon
    assert [key.get_secret_value() for key in told.api_keys] == [SECRET, "other"]
    assert SECRET not in repr(told)


def test_several_keys_are_a_list_in_the_file(load: Load) -> None:
    told = load("[providers.polygon]\napi_key = 'first'\napi_keys = ['a', 'b']").providers.polygon
    assert [key.get_secret_value() for key in told.api_keys] == ["a", "b"]


def test_further_keys_without_a_first_one_are_refused(load: Load) -> None:
    with pytest.raises(ConfigurationError, match=r"providers\.polygon: .*name the first one as api_key"):
        load(TREND_PROVIDERS__POLYGON__API_KEYS=SECRET)


@pytest.mark.parametrize("value", [f'["{SECRET}"]', f"{SECRET} and another", f"'{SECRET}'"])
def test_keys_that_are_written_in_another_way_are_refused_without_telling_them(load: Load, value: str) -> None:
    with pytest.raises(ConfigurationError, match=r"providers\.polygon\.api_keys: .*commas between them") as told:
        load(TREND_PROVIDERS__POLYGON__API_KEYS=value)
    assert SECRET not in str(told.value)


def test_the_models_own_error_hides_the_value_too() -> None:
    with pytest.raises(ValidationError) as told:
        Settings(webserver_port=SECRET)  # type: ignore[arg-type]  # the fault under test
    assert SECRET not in str(told.value)


def test_all_faults_are_told_at_once(load: Load) -> None:
    with pytest.raises(ConfigurationError, match=r"mode: .*; webserver_port: "):
        load(TREND_MODE="x", TREND_WEBSERVER_PORT="0")


@pytest.mark.parametrize(
    ("toml", "hint"),
    [
        ('databse_url = "x"', "databse_url: no such setting; did you mean database_url?"),
        ("[providers.polygn]", "providers.polygn: no such setting; did you mean polygon?"),
        ("[providers.files]\npth = 'x'", "providers.files.pth: no such setting; did you mean path?"),
        (
            "[providers.iex]\nenabled = true",
            "providers.iex: this provider is closed: IEX Cloud shut down on 2024-08-31",
        ),
        ("[alerts]\nzzz = 1", "alerts.zzz: no such setting; known here: quiet_seconds, urls"),
        ("[providers]\nzzz = 1", "providers.zzz: no such setting; known here: alpaca, alphavantage, binance, "),
        (
            "[[providers.simulated.faults]]\nkind = 'hole'\nsymbl = 'A'",
            "providers.simulated.faults.0.symbl: no such setting",
        ),
    ],
)
def test_an_unknown_key_of_the_file_is_an_error_with_a_guess(load: Load, toml: str, hint: str) -> None:
    with pytest.raises(ConfigurationError) as told:
        load(toml)
    assert hint in str(told.value)


def test_of_many_known_settings_some_are_named_and_the_verb_that_lists_all(load: Load) -> None:
    with pytest.raises(
        ConfigurationError, match=r", coinbase, .* and \d+ more, which `trend config show` lists$"
    ) as told:
        load("[providers]\nzzz = 1")
    assert len(str(told.value)) < 250


def test_an_unknown_nested_variable_is_an_error_with_a_guess(load: Load) -> None:
    with pytest.raises(ConfigurationError, match=r"providers\.polygn: no such setting; did you mean polygon\?"):
        load(TREND_PROVIDERS__POLYGN__API_KEY=SECRET)


def test_a_misspelt_variable_is_warned_of(load: Load) -> None:
    with pytest.warns(
        UserWarning, match="^TREND_DATABSE_URL is no setting and was ignored; did you mean TREND_DATABASE_URL"
    ) as told:
        load(TREND_DATABSE_URL=SECRET)
    assert all(SECRET not in str(warning.message) for warning in told)


def test_variables_of_neighbours_are_left_alone(load: Load) -> None:
    load(TREND_DAGSTER_DATABASE_URL="x", TREND_TEST_HOME="x", TREND_SHARED_DATA="x", TRENDY="x")


def test_secrets_are_never_shown(load: Load) -> None:
    settings = load(
        TREND_DATABASE_URL=f"postgresql://me:{SECRET}@db/prices", TREND_REDIS_URL=SECRET, POLYGON_API_KEY=SECRET
    )
    for shown in (repr(settings), str(settings), str(settings.model_dump()), settings.model_dump_json()):
        assert SECRET not in shown
    assert polygon_key(settings) == SECRET


def test_settings_are_read_once_per_process(load: Load) -> None:
    assert load() is load(TREND_MODE="live")


def test_settings_do_not_change_once_read(load: Load) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load().mode = Mode.LIVE
