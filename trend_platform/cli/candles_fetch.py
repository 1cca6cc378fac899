"""`trend candles fetch`: candles of any timeframe, any instruments and any span, with the account of each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated

import typer

from trend_platform.cli.arguments import JsonOption, RefreshOption, read_instant, read_symbols
from trend_platform.cli.exits import ExitCode
from trend_platform.cli.fetch_report import fetch_json, show_fetch
from trend_platform.cli.output import Output
from trend_platform.cli.progress import progress
from trend_platform.cli.session import session_of
from trend_platform.domain.intervals import Interval
from trend_platform.domain.timeframes import Timeframe, parse_timeframe
from trend_platform.errors import UsageError
from trend_platform.ingest.candle_fetch import Fetch, fetch_candles, wanted_between
from trend_platform.ingest.needs import Wanted
from trend_platform.ingest.tally import Progress
from trend_platform.ingest.workshop import Workshop, drive
from trend_platform.providers.patience import Patience
from trend_platform.wording import counted

# Without --start, this much before the end is fetched.
_USUAL = {True: timedelta(days=5), False: timedelta(days=31)}

SymbolOption = Annotated[
    list[str] | None, typer.Option("--symbol", metavar="S", help="Such as AAPL; repeat it; the whole universe if none.")
]
TimeframeOption = Annotated[
    list[str] | None,
    typer.Option("--timeframe", metavar="T", help="1m 5m 15m 30m 1h 4h 12h 1d; repeat it; 1d if none."),
]
StartOption = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="First day or time (UTC); five days before the end, of days a month, if absent."),
]
EndOption = Annotated[
    str | None, typer.Option(metavar="TIME", help="First day or time not wanted (UTC); now if absent.")
]
ResumeOption = Annotated[
    bool, typer.Option("--resume", help="Nothing to add: what is stored is never asked again. See --refresh.")
]
SourceOption = Annotated[
    str | None, typer.Option("--provider", "--exchange", metavar="P", help="Ask only this provider, such as bitfinex.")
]
BatchOption = Annotated[
    int | None,
    typer.Option(
        min=1, metavar="N", help="Candles per request and transaction at most, in whole pages of the provider."
    ),
]
RetriesOption = Annotated[
    int | None, typer.Option(min=0, metavar="N", help="Further attempts of a request that fails.")
]
FirstOption = Annotated[
    float | None,
    typer.Option(min=0, metavar="S", help="Wait before the first retry; it doubles with each further one."),
]
LongestOption = Annotated[
    float | None, typer.Option(min=0, metavar="S", help="The longest wait; a provider that asks for more is given up.")
]
JitterOption = Annotated[
    float | None, typer.Option(min=0, metavar="S", help="What chance adds to each wait; all of it is chance if absent.")
]
FailFastOption = Annotated[
    bool, typer.Option("--fail-fast", help="End at the first request that fails, and ask nobody else for it.")
]


def fetch(
    ctx: typer.Context,
    symbols: SymbolOption = None,
    timeframes: TimeframeOption = None,
    start: StartOption = None,
    end: EndOption = None,
    resume: ResumeOption = False,  # noqa: ARG001  resuming is what a fetch always does
    refresh: RefreshOption = False,
    provider: SourceOption = None,
    batch_size: BatchOption = None,
    max_retries: RetriesOption = None,
    initial_backoff_seconds: FirstOption = None,
    max_backoff_seconds: LongestOption = None,
    jitter_seconds: JitterOption = None,
    fail_fast: FailFastOption = False,
    as_json: JsonOption = False,
) -> None:
    """Fetch candles of any timeframe that are not stored yet, and account for every one the calendar expects.

    A fetch that was stopped goes on where it was when it is called again. What one provider does not have is asked of the
    next. Exit code 3: done, with unexplained holes; 1 with --fail-fast: a request failed.

    Example: `trend candles fetch --symbol BTC-USD --symbol AAPL --timeframe 1m --timeframe 1h --start 2026-01-01`
    """
    session, out = session_of(ctx), Output(as_json=as_json)
    spans = _spans(timeframes, start, end, session.clock.now())
    patience = _patience(max_retries, initial_backoff_seconds, max_backoff_seconds, jitter_seconds)
    with session.workshop(provider, patience=patience) as opened:
        workshop = _told(opened, batch_size, fails_fast=fail_fast)
        instruments = workshop.select(read_symbols(symbols))
        wanted = [wanted_between(instruments, one.timeframe, one.interval, refresh=refresh) for one in spans]
        done = _run(out, workshop, wanted)
    if as_json:
        out.json(fetch_json(done, wanted))
    else:
        show_fetch(out, done, wanted)
    if fail_fast and done.has_failures:
        raise typer.Exit(ExitCode.FAILED)
    if not done.is_complete:
        raise typer.Exit(ExitCode.HOLES)


@dataclass(frozen=True, slots=True)
class _Span:
    timeframe: Timeframe
    interval: Interval


def _spans(timeframes: Sequence[str] | None, start: str | None, end: str | None, now: datetime) -> list[_Span]:
    words = [word for text in timeframes or ("1d",) for word in text.split(",") if word.strip()]
    chosen = dict.fromkeys(map(parse_timeframe, words))
    if not chosen:
        raise UsageError("--timeframe names none: write it like --timeframe 1m --timeframe 1h")
    until = read_instant(end, "--end") if end else now
    since = read_instant(start, "--start") if start else None
    if since is not None and since >= now:
        raise UsageError(f"--start {since:%Y-%m-%d %H:%M} lies in the future: it is {now:%Y-%m-%d %H:%M} UTC")
    if since is not None and since >= until:
        raise UsageError(
            f"--start {since:%Y-%m-%d %H:%M} is not before --end {until:%Y-%m-%d %H:%M}: nothing is between"
        )
    return [_Span(one, Interval(since or until - _USUAL[one.is_intraday], until)) for one in chosen]


def _patience(
    retries: int | None, first_seconds: float | None, longest_seconds: float | None, jitter_seconds: float | None
) -> Patience:
    if first_seconds is not None and longest_seconds is not None and first_seconds > longest_seconds:
        raise UsageError(
            f"--initial-backoff-seconds {first_seconds:g} is longer than --max-backoff-seconds {longest_seconds:g}"
        )
    attempts = None if retries is None else retries + 1
    return Patience(attempts, first_seconds, longest_seconds, jitter_seconds)


def _told(workshop: Workshop, batch_size: int | None, *, fails_fast: bool) -> Workshop:
    policy = replace(workshop.policy, fails_fast=fails_fast)
    if batch_size is not None:
        limits = replace(policy.limits, candles_per_request=batch_size)
        policy = replace(policy, limits=limits, batch_candles=batch_size)
    return replace(workshop, policy=policy)


def _run(out: Output, workshop: Workshop, wanted: Sequence[Wanted]) -> Fetch:
    # Later timeframes are planned when their turn comes: the bar grows with them.
    seen: dict[Timeframe, Progress] = {}
    with progress(out, "candles") as advance:

        def on_step(timeframe: Timeframe, step: Progress) -> None:
            seen[timeframe] = step
            done, total = (sum(getattr(one, name) for one in seen.values()) for name in ("done", "total"))
            advance(done, total, f"{timeframe}: {counted(step.candles, 'candle')}, {step.provider}")

        return drive(workshop, fetch_candles(workshop, wanted, on_step))
