"""The papers say what is: their links lead somewhere, and what they name exists."""

import ast
import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from pydantic import BaseModel

from trend_platform import errors
from trend_platform.cli import main
from trend_platform.cli.verbs import VERBS
from trend_platform.domain.candles import CANDLE_SCHEMA
from trend_platform.domain.coverage import GapReason
from trend_platform.domain.ranges import Range
from trend_platform.ingest.expected import FreshnessLimits
from trend_platform.ingest.freshness import What
from trend_platform.ingest.troubles import grace_of
from trend_platform.providers.registry import known_providers
from trend_platform.quality.quotes import QUOTE_RULES
from trend_platform.settings import RealtimeSettings, RetentionSettings, Settings, SourcesSettings
from trend_platform.storage.base import PriceKind
from trend_platform.storage.redis.keys import (
    PRICE_SECONDS,
    PRICES_CHANNEL,
    price_key,
    series_key,
    series_lifetime_seconds,
)
from trend_platform.storage.timescale.migrate import migrate
from trend_platform.storage.timescale.tables import metadata
from trend_platform_tests import services
from trend_platform_tests.docs.pages import (
    CHECKOUT,
    PAGES,
    anchors,
    blocks,
    commands,
    inline_code,
    links,
    name,
    prose,
    variables,
)

if TYPE_CHECKING:
    from typer._click.core import Command

# Names that the settings or the tests read by themselves, or that `trend up` sets for Dagster's own files.
_OTHER_VARIABLES = {"TREND_CONFIG", "TREND_SHARED_DATA", "TREND_TEST_HOME", "TREND_DAGSTER_DATABASE_URL"}

each_page = pytest.mark.parametrize("page", PAGES, ids=name)


def read(page: Path | str) -> str:
    return (CHECKOUT / page).read_text(encoding="utf-8")


def section(page: str, title: str) -> str:
    found = re.search(rf"^## {re.escape(title)}$(.*?)(?=^## |\Z)", read(page), re.MULTILINE | re.DOTALL)
    assert found, f"{page} has no section {title!r}"
    return found.group(1)


def first_cells(text: str) -> list[str]:
    """Return the code in the first cell of each row of a table."""
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
    return [code for cell in rows for code in re.findall(r"`([^`]+)`", cell)]


@each_page
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for target in links(read(page)):
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        if not there.exists() or (anchor and anchor not in anchors(read(there))):
            broken.append(target)
    assert broken == []


def test_every_page_can_be_reached_from_the_index() -> None:
    index = CHECKOUT / "docs" / "index.md"
    linked = {(index.parent / target).resolve() for target in links(read(index))}
    pages = set((CHECKOUT / "docs").rglob("*.md"))
    assert {name(page) for page in pages - linked - {index}} == set()


def setting_variables(model: type[BaseModel] = Settings, prefix: str = "TREND_") -> set[str]:
    names = set()
    for field, info in model.model_fields.items():
        names.add(f"{prefix}{field.upper()}")
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            names |= setting_variables(info.annotation, f"{prefix}{field.upper()}__")
    return names


@each_page
def test_every_variable_is_a_setting(page: Path) -> None:
    # `P` stands for the name of any provider, `S` for that of any source.
    text = read(page).replace("TREND_PROVIDERS__P__", "TREND_PROVIDERS__POLYGON__")
    named = variables(text.replace("TREND_SOURCES__S__", "TREND_SOURCES__FRED__"))
    assert named - setting_variables() - _OTHER_VARIABLES == set()


def command_of(words: list[str]) -> tuple["Command", list[str]]:
    """Return the command that the words after `trend` call, and the words that are left for it.

    Raises:
        LookupError: There is no such verb.
    """
    command, rest = main._load(VERBS[words[0]]), words[1:]
    inner: dict[str, Command] = getattr(command, "commands", {})
    return (inner[rest[0]], rest[1:]) if inner and rest and not rest[0].startswith("-") else (command, rest)


def faults_of(words: list[str]) -> list[str]:
    """Return what does not exist in a call of `trend`: the verb, or options."""
    if not words or words[0].startswith("-") or words[0] in {"...", "VERB"}:
        return []
    try:
        command, rest = command_of(words)
    except LookupError:
        return [" ".join(words)]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    used = {word.partition("=")[0] for word in rest if word.startswith("--")}
    return sorted(used - known - {"--help"})


@each_page
def test_every_verb_and_option_exists(page: Path) -> None:
    faults = [fault for words in commands(read(page), "trend") for fault in faults_of(words[1:])]
    assert faults == []


@each_page
def test_every_make_verb_exists(page: Path) -> None:
    verbs = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))
    named = {word for words in commands(read(page), "make") for word in words[1:] if re.fullmatch(r"[a-z]+", word)}
    assert named <= verbs


@each_page
def test_every_file_of_the_project_that_is_named_is_there(page: Path) -> None:
    named = [
        code
        for code in inline_code(read(page))
        if re.fullmatch(r"(trend_platform|trend_platform_tests|docs)/[\w./-]+", code)
    ]
    assert [path for path in named if "NAME" not in path and not (CHECKOUT / path).exists()] == []


@each_page
def test_code_blocks_can_be_read(page: Path) -> None:
    readers: dict[str, Callable[[str], object]] = {"python": ast.parse, "toml": tomllib.loads, "json": json.loads}
    for block in blocks(read(page)):
        if block.language in readers:
            readers[block.language](block.text)


@each_page
def test_settings_in_toml_blocks_fit(page: Path) -> None:
    for block in blocks(read(page)):
        if block.language == "toml":
            Settings(**tomllib.loads(block.text))


def test_every_provider_has_a_page() -> None:
    sources = {name for name, one in SourcesSettings() if isinstance(one, BaseModel)}
    pages = {page.stem.replace("-", "_") for page in (CHECKOUT / "docs" / "providers").glob("*.md")}
    assert pages == {*known_providers(), *sources}


def test_every_reason_is_explained_as_the_code_sees_it() -> None:
    rows = [
        row.split("|") for row in section("docs/concepts/coverage.md", "Reasons").splitlines() if row.startswith("| `")
    ]
    told = {
        reason: explains == "yes"
        for row in rows
        for reason, explains in zip(re.findall(r"`(\w+)`", row[1]), row[3].replace(" ", "").split(","), strict=True)
    }
    assert told == {reason.value: reason.explains for reason in GapReason}


def test_every_column_of_a_candle_is_described() -> None:
    assert first_cells(section("docs/concepts/candles.md", "The frame")) == list(CANDLE_SCHEMA)


def test_every_table_is_described() -> None:
    described = {word for code in inline_code(read("docs/reference/schema.md")) for word in re.findall(r"\w+", code)}
    assert {table.name for table in metadata.sorted_tables} <= described


def test_queries_run_on_a_fresh_database(test_services: services.Services, worker_number: int) -> None:
    url = services.create_database(test_services, f"docs_{worker_number}")
    migrate(url, PriceKind.REAL)
    queries = [block.text for block in blocks(read("docs/reference/schema.md")) if block.language == "sql"]
    with psycopg.connect(url) as connection:
        for query in queries:
            connection.execute(query.encode())
    assert queries


def test_every_error_is_described() -> None:
    classes = {name for name, each in vars(errors).items() if isinstance(each, type) and issubclass(each, Exception)}
    assert classes <= set(re.findall(r"\w+", read("docs/reference/errors.md")))


def test_every_rule_for_quotes_is_described() -> None:
    assert first_cells(section("docs/reference/rules.md", "Latest prices")) == [rule.id for rule in QUOTE_RULES]


def test_what_can_be_stale_is_described() -> None:
    page = read("docs/concepts/freshness.md")
    for what in What:
        assert f"| {what.words.removesuffix('s')}" in page
    assert "newest quote is older than three minutes" in page
    assert RealtimeSettings().stale_after_seconds == FreshnessLimits().price.total_seconds() == 180
    assert f"no row {FreshnessLimits().hour.seconds // 60} minutes after it began" in page
    assert f"forming {FreshnessLimits().final_hour.seconds // 60} minutes after it ended" in page
    assert f"none {FreshnessLimits().day.seconds // 3600} hours after its close" in page


def test_what_is_kept_how_long_is_described() -> None:
    kept = RetentionSettings()
    assert f"quotes after {kept.quotes_days} days" in " ".join(read("docs/concepts/freshness.md").split())
    rows = section("docs/reference/settings.md", "What is kept how long")
    for field in RetentionSettings.model_fields:
        assert re.search(rf"`retention\.{field}` \| `\w+` \| {getattr(kept, field)} \|", rows)


def test_redis_keys_and_lifetimes_are_the_real_ones() -> None:
    page = read("docs/reference/redis.md")
    assert series_key("AAPL", Range.Y5) in page
    assert f"{series_lifetime_seconds(Range.Y5)} s; `MAX` {series_lifetime_seconds(Range.MAX)} s" in page
    for key, seconds in (
        (series_key("AAPL", Range.D1), series_lifetime_seconds(Range.D1)),
        (price_key("AAPL"), PRICE_SECONDS),
    ):
        assert re.search(rf"`{key}` \|.*\| {seconds} s \|", page), key
    assert f"SUBSCRIBE {PRICES_CHANNEL}" in page


def test_every_incident_of_the_market_is_described() -> None:
    page = read("docs/how-to/alerts.md")
    kinds = ("latest_prices", "hourly_candles", "daily_candles")
    assert {f"{word}:{kind}" for word in ("stale", "missing") for kind in kinds} <= set(inline_code(page))
    minutes, ticks, days = (int(grace_of(f"missing:{kind}").total_seconds()) // 60 for kind in kinds)
    assert f"told after {minutes} minutes, {ticks} minutes, {days // 1440} days" in page


def test_the_checks_see_what_they_look_for() -> None:
    text = "[a](no.md#x) [b](https://x) `TREND_X` `trend nope --now`\n\n```\n$ A=1 trend backfill 1Y --sometimes | head\n```\n"
    assert links(text) == ["no.md#x"]
    assert anchors("# A `b`: c\n") == {"a-b-c"}
    assert variables(text) == {"TREND_X"}
    assert [words[1:] for words in commands(text, "trend")] == [["backfill", "1Y", "--sometimes"], ["nope", "--now"]]
    assert faults_of(["backfill", "1Y", "--sometimes"]) == ["--sometimes"]
    assert faults_of(["nope", "--now"]) == ["nope --now"]
    assert faults_of(["instruments", "nope"]) == ["instruments nope"]
    assert prose(text).endswith("`\n\n\n")
