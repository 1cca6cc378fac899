"""Polygon's long answers in two parts: the envelope, small and read as JSON, and the rows, read straight into columns.

A page holds up to 50,000 rows. Read as columns they never become objects, and other work goes on meanwhile. Whatever is
not exactly as expected is left to the ordinary reading of the whole document, which knows what to say about it.
"""

import io

import orjson
import polars as pl

from trend_platform.providers.http import HttpAnswer

_OPENS, _CLOSES, _CUT = b'"results":[', b"]", b'"results":null'
_REQUIRED = ("t", "o", "h", "l", "c")


def envelope(answer: HttpAnswer) -> object:
    """Return the answer's JSON without its rows (`results` is null), or whole where they cannot be told apart.

    Raises:
        ValueError: The body is not JSON.
    """
    start, end = _place(answer.body)
    if start < 0:
        return answer.document
    try:
        document: object = orjson.loads(answer.body[:start] + _CUT + answer.body[end + 1 :])
    except ValueError:
        return answer.document
    return document


def rows(answer: HttpAnswer, schema: pl.Schema) -> pl.DataFrame | None:
    """Return the rows as columns of `schema`; `None` if there are none, or one of them lacks its time or a price."""
    start, end = _place(answer.body)
    if start < 0:
        return None
    try:
        columns = pl.read_json(io.BytesIO(answer.body[start + len(_OPENS) - 1 : end + 1]), schema=schema)
    except pl.exceptions.PolarsError:
        return None
    is_whole = columns.height > 0 and not any(columns[name].null_count() for name in _REQUIRED)
    return columns if is_whole else None


def _place(body: bytes) -> tuple[int, int]:
    start, end = body.find(_OPENS), body.rfind(_CLOSES)
    return (start, end) if 0 <= start < end else (-1, -1)
