"""A shop of real prices in memory: polygon answers from a book, and what it answers is archived in a folder."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import httpx
import polars as pl
import zstandard
from pydantic import SecretStr

from trend_platform.domain.clock import Clock, ManualClock
from trend_platform.domain.intervals import Interval
from trend_platform.domain.ranges import Range
from trend_platform.domain.timeframes import Timeframe
from trend_platform.ingest.backfill import wanted_of
from trend_platform.ingest.outcome import Outcome
from trend_platform.ingest.replay import Replayed, Wanted, replay
from trend_platform.ingest.run import run
from trend_platform.ingest.universe import add_symbols
from trend_platform.ingest.workshop import Workshop, drive
from trend_platform.providers.base import Provider
from trend_platform.providers.registry import open_provider
from trend_platform.providers.replaying import Find, open_to_replay
from trend_platform.providers.sharing import Shared
from trend_platform.settings import FilesSettings, PolygonSettings, ProvidersSettings
from trend_platform.storage.archive.files import FileArchive
from trend_platform.storage.base import PriceKind, Storage
from trend_platform.storage.memory import open_memory
from trend_platform.storage.memory_cache import MemorySeriesCache
from trend_platform.storage.memory_prices import MemoryPriceCache
from trend_platform_tests.servers.polygon_book import PolygonBook, read_candles

AS_OF = date(2026, 2, 27)
NIGHT = datetime(2026, 2, 28, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ROWS = """AAPL,2026-02-23,10,12,9,11,1000
AAPL,2026-02-24,11,13,10,12,1100
AAPL,2026-02-25,12,14,11,13,1200
AAPL,2026-02-27,14,16,13,15,1400
MSFT,2026-02-23,10,12,9,11,1000
MSFT,2026-02-24,11,13,10,12,1100
MSFT,2026-02-25,12,14,11,13,1200
MSFT,2026-02-26,13,15,12,14,1300
MSFT,2026-02-27,14,16,13,15,1400
"""
SPLIT = {"ticker": "AAPL", "execution_date": "2026-02-24", "split_from": 1, "split_to": 2}
ALL_TIME = Interval(datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))


@dataclass
class Shop:
    """A workshop on memory whose polygon answers from a book, with an archive beside it.

    Attributes:
        folder: Where files go.
        rows: What polygon says.
        is_up: Whether polygon answers.
    """

    folder: Path
    rows: str = ROWS
    is_up: bool = True
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.clock = ManualClock(NIGHT)
        self.archive = FileArchive(self.folder / "archive")
        self.storage = self.empty()
        self.settings = ProvidersSettings(
            polygon=PolygonSettings(api_key=SecretStr("k3y"), rate_per_minute=60_000, max_attempts=1),
            files=FilesSettings(path=self.folder / "book.csv", columns={"opened_at": "opened_at"}),
        )

    def empty(self) -> Storage:
        self.storage = open_memory(PriceKind.REAL)
        add_symbols(self.storage.universe, ["AAPL", "MSFT"])
        return self.storage

    def workshop(self, *providers: Provider, is_kept: bool = True) -> Workshop:
        cache, prices = MemorySeriesCache(self.clock), MemoryPriceCache(self.clock)
        shared = Shared(archive=self.archive if is_kept else None)
        return Workshop(self.storage, cache, prices, providers, self.clock, shared=shared, archive=self.archive)

    def fetch(self, *symbols: str, provider: str = "polygon", refresh: bool = False, is_kept: bool = True) -> Outcome:
        self.clock.advance(HOUR)
        (self.folder / "book.csv").write_text(f"symbol,opened_at,open,high,low,close,volume\n{self.rows}")
        workshop = self.workshop(is_kept=is_kept)
        network = httpx.MockTransport(self._answer)
        at_hand = open_provider(provider, self.settings, self.clock, network, workshop.shared)
        workshop = replace(workshop, providers=(at_hand,))
        wanted = wanted_of(workshop, [Range.D7], symbols, AS_OF, refresh=refresh)
        return drive(workshop, run(workshop, wanted))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.path)
        if not self.is_up:
            return httpx.Response(503, text="down")
        book = PolygonBook(read_candles(self.folder / "book.csv"), splits=[SPLIT])
        reply = book.reply(request.url.raw_path.decode(), request.headers.get("authorization", ""))
        return httpx.Response(reply.status, content=reply.body, headers={"content-type": "application/json"})

    def replay(self, wanted: Wanted | None = None) -> Replayed:
        self.clock.advance(HOUR)
        before = list(self.asked)

        def open_(name: str, clock: Clock, find: Find) -> Provider:
            return open_to_replay(name, self.settings, clock, find)

        workshop = self.workshop()
        done = drive(workshop, replay(workshop, open_, wanted or Wanted()))
        assert self.asked == before, "a replay asks nobody"
        return done

    def candles(self) -> pl.DataFrame:
        return self.storage.market.candles([1, 2], Timeframe.D1, ALL_TIME)

    def reread(self, change: Callable[[bytes], bytes]) -> None:
        """Change kept bodies, as a release that reads them in another way would."""
        for body in (self.archive.folder / "bodies").rglob("*.zst"):
            told = zstandard.ZstdDecompressor().decompress(body.read_bytes())
            body.write_bytes(zstandard.ZstdCompressor().compress(change(told)))
