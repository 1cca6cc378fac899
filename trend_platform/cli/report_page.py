"""The page of `trend report --html`: a map of coverage over time and the holes behind it, in one file that asks nobody.

Plotly draws the map and lies in the file; nothing is loaded when it is opened.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape
from typing import Final

import numpy as np
import plotly.graph_objects as go
import polars as pl
from numpy.typing import NDArray

from trend_platform.cli.gap_tables import share
from trend_platform.ingest.gaps import Gaps
from trend_platform.quality.coverage_map import coverage_map, period_of
from trend_platform.quality.gaps import BY_LENGTH, KEY
from trend_platform.storage.base import PriceKind

_ROW_PIXELS: Final = 22
_HOLES_SHOWN: Final = 200
# Missing unexplained is red, explained or stored green; what lies between is rarely more than a shade.
_COLOURS: Final = [[0.0, "#b2182b"], [0.5, "#f4a582"], [0.9, "#fddbc7"], [0.999, "#d9ef8b"], [1.0, "#1a9850"]]
_COUNTS: Final = ("expected", "stored", "explained", "unexplained", "never_asked")
_HOVER: Final = (
    "%{y}, %{x|%Y-%m-%d}<br>%{z:.2%} accounted for<br>expected %{customdata[0]:,}, stored %{customdata[1]:,}"
    "<br>explained %{customdata[2]:,}, unexplained %{customdata[3]:,}, never asked %{customdata[4]:,}<extra></extra>"
)
_STYLE: Final = (
    "body{font:14px system-ui,sans-serif;margin:2rem;color:#222}table{border-collapse:collapse;margin:1rem 0}"
    "td,th{padding:.2rem .7rem;border-bottom:1px solid #ddd;text-align:left}"
    ".counts td:nth-child(n+3),.counts th:nth-child(n+3){text-align:right;font-variant-numeric:tabular-nums}"
    ".simulated{background:#fff3cd;padding:.5rem 1rem}"
)


def page(found: Gaps, kind: PriceKind) -> str:
    """Return the page as HTML, whole in itself.

    Args:
        found: What is missing; all gaps of its series.
        kind: Which prices these are.
    """
    note = (
        '<p class="simulated">Simulated prices: made up, not from any market.</p>'
        if kind is PriceKind.SIMULATED
        else ""
    )
    chart = (
        _map(found).to_html(full_html=False, include_plotlyjs=True, config={"displaylogo": False})
        if found.series.height
        else ""
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Coverage</title><style>{_STYLE}</style></head>'
        f"<body><h1>Coverage</h1><p>As of {found.at:%Y-%m-%d %H:%M} UTC, by the ledger.</p>{note}{chart}"
        f"<h2>Series</h2>{_series(found.series)}<h2>Gaps</h2>{_gaps(found.gaps)}</body></html>\n"
    )


def _map(found: Gaps) -> go.Figure:
    windows = found.series.select(*KEY, "calendar", "since", "until")
    cells = coverage_map(windows, found.gaps, period_of(windows)).with_columns(share=share())
    names = found.series.select(*KEY, "symbol", pl.concat_str("symbol", "timeframe", separator=" ").alias("series"))
    told = cells.join(names, on=KEY)
    # The map is drawn from below.
    rows = names.sort("symbol", BY_LENGTH, descending=True)["series"].to_list()
    columns = told["period"].unique().sort().to_list()
    figure = go.Figure(
        go.Heatmap(
            x=columns,
            y=rows,
            z=_grid(told, rows, columns, ["share"])[:, :, 0],
            customdata=_grid(told, rows, columns, _COUNTS),
            zmin=0,
            zmax=1,
            colorscale=_COLOURS,
            xgap=1,
            ygap=1,
            colorbar={"title": "accounted for", "tickformat": ".0%"},
            hovertemplate=_HOVER,
        )
    )
    height = max(260, 140 + _ROW_PIXELS * len(rows))
    figure.update_layout(height=height, margin={"l": 140, "t": 20}, template="plotly_white")
    return figure


def _grid(told: pl.DataFrame, rows: list[str], columns: list[datetime], names: Sequence[str]) -> NDArray[np.float64]:
    # Values by series and period; not a number where a series has no period.
    grid = np.full((len(rows), len(columns), len(names)), np.nan)
    row = told["series"].replace_strict(rows, list(range(len(rows))), return_dtype=pl.Int64).to_numpy()
    column = told["period"].replace_strict(columns, list(range(len(columns))), return_dtype=pl.Int64).to_numpy()
    grid[row, column] = told.select(pl.col(*names).cast(pl.Float64)).to_numpy()
    return grid


def _series(series: pl.DataFrame) -> str:
    head = ("symbol", "timeframe", "expected", "stored", "explained", "unexplained", "never asked", "accounted for")
    ordered = series.with_columns(share=share()).sort("share", "symbol", BY_LENGTH)
    rows = [
        (*row[:2], *(f"{count:,}" for count in row[2:7]), f"{row[7]:.2%}")
        for row in ordered.select("symbol", "timeframe", *_COUNTS, "share").iter_rows()
    ]
    return _table(head, rows, 'class="counts"')


def _gaps(gaps: pl.DataFrame) -> str:
    head = ("symbol", "timeframe", "from (UTC)", "until before", "missing", "reason", "said by", "evidence")
    columns = ("symbol", "timeframe", "start_at", "end_at", "missing", "reason", "provider", "evidence")
    rows = [
        (symbol, length, f"{start:%Y-%m-%d %H:%M}", f"{end:%Y-%m-%d %H:%M}", f"{missing:,}", *rest)
        for symbol, length, start, end, missing, *rest in gaps.select(columns).head(_HOLES_SHOWN).iter_rows()
    ]
    more = (
        f"<p>{gaps.height - _HOLES_SHOWN:,} more: <code>trend gaps detect --json</code>.</p>"
        if gaps.height > _HOLES_SHOWN
        else ""
    )
    return _table(head, rows) + more if rows else "<p>None.</p>"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], attribute: str = "") -> str:
    cells = "".join(f"<tr>{''.join(f'<td>{escape(value)}</td>' for value in row)}</tr>" for row in rows)
    return f"<table {attribute}><tr>{''.join(f'<th>{escape(name)}</th>' for name in head)}</tr>{cells}</table>"
