"""Texts from outside, made fit to be kept: half characters and NUL, which no database takes, go. Nothing about what they say."""

from collections.abc import Mapping


def fit_to_keep(row: Mapping[str, object]) -> dict[str, object]:
    """Return a row with each of its texts fit to be kept; other values stay as they are."""
    return {name: _fit(value) if isinstance(value, str) else value for name, value in row.items()}


def _fit(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
