"""A series drawn for a terminal, by a library: candles while each has a column of its own, a line of closes beyond that."""

from typing import TYPE_CHECKING, Final

import polars as pl

from trend_platform.domain.downsampling import downsampled

if TYPE_CHECKING:
    from collections.abc import Sequence

HEIGHT: Final = 22
_MARGIN: Final = 14
"""Columns that the prices on the left and the frame take."""

_LABELS: Final = 4


def chart(candles: pl.DataFrame, title: str, width: int, *, is_coloured: bool) -> str:
    """Return a chart of a candle frame of one series as text, every line `width` columns at most.

    The horizontal axis counts candles, not time: nights and holidays take no room.

    Args:
        candles: Sorted by stamp, at least one.
        title: What stands above it.
        width: Columns of the terminal.
        is_coloured: Whether it may hold escape sequences for colours.
    """
    import plotext  # noqa: PLC0415  only who draws pays for it

    columns = max(width - _MARGIN, 8)
    figure = plotext.figure
    figure.clear.all()
    figure.plot_size(width, HEIGHT)
    if candles.height <= columns:
        shown = candles
        figure.draw(figure.candlestick({"date": list(range(shown.height)), **_prices(shown)}))
    else:
        # Two points to a column: what a Braille character has room for.
        shown = downsampled(candles, 2 * columns)
        closes = figure.signal(list(range(shown.height)), shown["close"].to_list(), marker="braille")
        figure.draw(closes.lines(True))
    figure.title(title)
    figure.ruler("x").ticks(*_ticks(shown))
    return str(figure.build().string(colorless=not is_coloured)).rstrip("\n")


def _prices(candles: pl.DataFrame) -> "dict[str, Sequence[float]]":
    return {name: candles[name].to_list() for name in ("open", "high", "low", "close")}


def _ticks(candles: pl.DataFrame) -> tuple[list[int], list[str]]:
    last = candles.height - 1
    places = sorted({round(last * one / (_LABELS - 1)) for one in range(_LABELS)})
    is_daily = candles["timeframe"].is_in(["1d", "1w", "1mo"]).all()
    words = candles["opened_at"].dt.strftime("%Y-%m-%d" if is_daily else "%m-%d %H:%M")
    return places, [words[place] for place in places]
