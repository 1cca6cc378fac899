"""Latest prices as people and programs read them: one row per instrument, with the age of each."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from trend_platform.cli.ages import age_of
from trend_platform.cli.output import Output, Signed
from trend_platform.domain.quotes import LatestPrice

PRICE_COLUMNS = ("symbol", "price", "change", "%", "quoted at (UTC)", "age", "provider")


def price_json(price: LatestPrice, now: datetime) -> dict[str, object]:
    """Return a latest price as plain values; its age is in seconds."""
    return {
        "symbol": price.symbol,
        "price": price.price,
        "change": price.change and round(price.change, 8),
        "change_percent": price.change_percent and round(price.change_percent, 4),
        "quoted_at": price.quoted_at.isoformat(),
        "age_seconds": round((now - price.quoted_at).total_seconds(), 3),
        "provider": price.provider,
    }


def price_row(price: LatestPrice, now: datetime) -> tuple[object, ...]:
    """Return the cells of one row of `PRICE_COLUMNS`."""
    change = None if price.change is None else Signed(_rounded(price.change))
    percent = None if price.change_percent is None else Signed(round(price.change_percent, 2))
    at = f"{price.quoted_at:%Y-%m-%d %H:%M:%S}"
    return price.symbol, price.price, change, percent, at, age_of(now - price.quoted_at), price.provider


def show_prices(out: Output, title: str, prices: Iterable[LatestPrice], now: datetime, sources: Sequence[str]) -> None:
    """Show prices as a table; what fell is red, what rose green.

    Args:
        out: Where.
        title: What they are.
        prices: The prices.
        now: For their age.
        sources: Per price, where it was read; none leaves the column out.
    """
    listed = list(prices)
    rows = [price_row(one, now) for one in listed]
    columns: tuple[str, ...] = PRICE_COLUMNS
    if sources:
        columns, rows = (*columns, "read from"), [(*row, source) for row, source in zip(rows, sources, strict=True)]
    out.table(title, columns, rows, [_style(one) for one in listed])


def _style(price: LatestPrice) -> str:
    change = price.change or 0.0
    return "green" if change > 0 else "red" if change < 0 else ""


def _rounded(change: float) -> float:
    # A coin's change of a hundredth of a cent is one as well.
    return round(change, 2) if abs(change) >= 1 else float(f"{change:.4g}")
