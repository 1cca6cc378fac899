"""Recorded answers of FRED, NewsAPI and Finnhub's news, real series and headlines: values are those a plain reading finds."""

import csv
import gzip
import json
import re
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from trend_platform.domain.economy import (
    FOREVER,
    as_known_on,
    change_between,
    empty_observations,
    joined_vintages,
    overlapping,
)
from trend_platform.domain.news import empty_articles
from trend_platform.errors import Blocked, Malformed
from trend_platform.providers.finnhub.news import read_news
from trend_platform.providers.fred.classing import classify, classify_graph
from trend_platform.providers.fred.parsing import read_about, read_graph, read_observations, read_release
from trend_platform.providers.http import HttpAnswer
from trend_platform.providers.newsapi.classing import classify as classify_newsapi
from trend_platform.providers.newsapi.source import read_articles
from trend_platform.quality.mentions import Mentions
from trend_platform.quality.sentiment import sentiment_of
from trend_platform.quality.stories import distil
from trend_platform_tests.recorded.answers import recorded_answers

pytestmark = pytest.mark.recorded

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
OBSERVATIONS = "fred_series_observations__file_type=json"
EVER = f"{OBSERVATIONS}_realtime_end=9999-12-31_realtime_start=1776-07-04_series_id=GDP"
EARLIER, LATER = f"{EVER}.json", f"{EVER}-2.json"


@pytest.fixture
def fred(shared_data: Path) -> dict[str, HttpAnswer]:
    return recorded_answers(shared_data, "fred")


@pytest.fixture
def newsapi(shared_data: Path) -> dict[str, HttpAnswer]:
    return recorded_answers(shared_data, "newsapi")


def plain(told: HttpAnswer, name: str) -> list[dict[str, str]]:
    found = json.loads(told.body)[name]
    assert isinstance(found, list)
    return found


def vintages(told: HttpAnswer) -> pl.DataFrame:
    frame, count = read_observations(told.document, "GDP", NOW)
    assert count == frame.height
    return frame


def test_every_answer_in_json_is_a_success_and_xml_is_none(fred: dict[str, HttpAnswer]) -> None:
    # XML comes where `file_type=json` was not sent; the platform always sends it.
    kinds = {name: type(classify(told)) for name, told in fred.items()}
    assert kinds == {name: Blocked if name.endswith(".xml") else type(None) for name in fred}
    assert len(fred) == 23


def test_observations_are_what_a_plain_reading_finds(fred: dict[str, HttpAnswer]) -> None:
    found = [name for name in fred if name.startswith(OBSERVATIONS)]
    assert len(found) == 5
    for name in found:
        frame, _ = read_observations(fred[name].document, "GDP", NOW)
        rows = sorted(
            (row["date"], row["realtime_start"], row["realtime_end"], row["value"])
            for row in plain(fred[name], "observations")
        )
        days = frame.select(pl.col("observed_on", "realtime_start", "realtime_end").dt.to_string()).rows()
        assert days == [row[:3] for row in rows]
        assert frame["value"].to_list() == [None if row[3] == "." else float(row[3]) for row in rows]


def test_of_every_period_one_value_was_believed_on_each_day(fred: dict[str, HttpAnswer]) -> None:
    for name in (EARLIER, LATER):
        assert overlapping(vintages(fred[name])).is_empty()
        assert joined_vintages([vintages(fred[name])]).height == vintages(fred[name]).height


def test_what_was_known_on_the_day_of_a_recording_is_what_fred_showed_that_day(fred: dict[str, HttpAnswer]) -> None:
    shown, _ = read_observations(fred[f"{OBSERVATIONS}_series_id=GDP.json"].document, "GDP", NOW)
    day = date.fromisoformat(json.loads(fred[f"{OBSERVATIONS}_series_id=GDP.json"].body)["realtime_start"])
    known = as_known_on(vintages(fred[EARLIER]), day)
    columns = ["observed_on", "value"]
    assert known.select(columns).equals(shown.drop_nulls("value").select(columns))


def test_vintages_of_two_recordings_become_one_history_of_beliefs(fred: dict[str, HttpAnswer]) -> None:
    earlier, later = vintages(fred[EARLIER]), vintages(fred[LATER])
    first = change_between(empty_observations(), earlier)
    assert (first.inserted, first.changed) == (3199, 0)
    second = change_between(earlier, later)
    assert (second.inserted, second.changed, second.unchanged, second.gone.height) == (2, 1, 3198, 0)
    # The advance estimate of the third quarter of 2024 was revised twice that winter.
    third_quarter = later.filter(observed_on=date(2024, 7, 1))
    assert third_quarter["realtime_start"].dt.to_string().to_list() == ["2024-10-30", "2024-11-27", "2024-12-19"]
    assert third_quarter["realtime_end"].to_list()[-1] == FOREVER


def test_what_a_series_is_and_its_release_are_read(fred: dict[str, HttpAnswer]) -> None:
    about = read_about(fred["fred_series__file_type=json_series_id=GDP.json"].document, "GDP")
    assert (about.title, about.units, about.frequency) == ("Gross Domestic Product", "Billions of Dollars", "Q")
    assert read_release(fred["fred_release__file_type=json_release_id=10.json"].document) == (
        10,
        "Consumer Price Index",
    )


def test_other_answers_hold_no_observations(fred: dict[str, HttpAnswer]) -> None:
    others = [name for name in fred if not name.startswith("fred_series_observations")]
    for name in others:
        with pytest.raises(Malformed):
            read_observations(fred[name].document, "GDP", NOW)


def test_files_behind_graphs_are_what_a_plain_reading_finds(shared_data: Path) -> None:
    files = sorted((shared_data / "market" / "macro").glob("fred_*.csv*"))
    read = 0
    for file in files:
        body = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        head, *rows = csv.reader(body.decode().splitlines())
        assert classify_graph(HttpAnswer(200, {}, body)) is None
        frame = read_graph(body, head[1], NOW, NOW.date())
        expected = [(date.fromisoformat(day), float(value) if value not in {"", "."} else None) for day, value in rows]
        assert frame.select("observed_on", "value").rows() == sorted(expected)
        read += 1
    assert read >= 6


def test_articles_of_newsapi_are_what_a_plain_reading_finds(newsapi: dict[str, HttpAnswer]) -> None:
    for told in newsapi.values():
        assert classify_newsapi(told) is None
        frame = read_articles(told.document)
        rows = plain(told, "articles")
        assert frame["url"].to_list() == [row["url"] for row in rows]
        assert frame["title"].to_list() == [row["title"].strip() for row in rows]
        assert [f"{at:%Y-%m-%dT%H:%M:%S}" for at in frame["published_at"]] == [row["publishedAt"][:19] for row in rows]


def test_company_news_of_finnhub_are_what_a_plain_reading_finds(shared_data: Path) -> None:
    told = recorded_answers(shared_data, "finnhub")["capture_2026__company-news-AAPL.json"]
    rows = json.loads(told.body)
    frame = read_news(told, "AAPL")
    assert frame["url"].to_list() == [row["url"] for row in rows]
    assert [int(at.timestamp()) for at in frame["published_at"]] == [row["datetime"] for row in rows]
    assert set(frame["publisher"]) == {row["source"] for row in rows}


def test_stories_of_real_articles_are_as_many_as_their_addresses_or_fewer(
    shared_data: Path, newsapi: dict[str, HttpAnswer]
) -> None:
    told = read_news(recorded_answers(shared_data, "finnhub")["capture_2026__company-news-AAPL.json"], "AAPL")
    articles = pl.concat([told, *(read_articles(answer.document) for answer in newsapi.values())])
    found = distil(articles, empty_articles(), Mentions(()), datetime(2019, 1, 1, tzinfo=UTC), NOW)
    assert found.new.height + found.duplicates + found.rejected == articles.height
    assert found.new.height >= 0.9 * articles["title"].n_unique()
    again = distil(articles, found.new, Mentions(()), datetime(2019, 1, 1, tzinfo=UTC), NOW)
    assert (again.new.height, again.grown.height) == (0, 0)


def test_labelled_headlines_sound_as_people_heard_them_more_often_than_not(shared_data: Path) -> None:
    with gzip.open(shared_data / "market" / "news" / "SEntFiN.csv.gz", "rt", encoding="utf-8") as file:
        rows = [(row["Title"], set(re.findall(r": '(\w+)'", row["Decisions"]))) for row in csv.DictReader(file)]
    clear = [(title, labels.pop()) for title, labels in rows if labels in ({"positive"}, {"negative"})]
    sounds = sentiment_of(title for title, _ in clear).to_list()
    heard = [(sound > 0) == (label == "positive") for sound, (_, label) in zip(sounds, clear, strict=True) if sound]
    assert len(clear) > 4000
    assert len(heard) > 0.6 * len(clear)
    assert sum(heard) > 0.75 * len(heard)
