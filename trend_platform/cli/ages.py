"""Lengths of time as people read them in a table: the two largest units, no more."""

from datetime import timedelta


def age(seconds: float | None) -> str:
    """Return a length of time in words, such as `2 min 5 s`; nothing where it is not known, none below zero."""
    if seconds is None:
        return ""
    seconds = max(seconds, 0.0)
    minutes, hours, days = int(seconds // 60), int(seconds // 3600), int(seconds // 86400)
    if days:
        return f"{days} d {hours % 24} h"
    if hours:
        return f"{hours} h {minutes % 60} min"
    return f"{minutes} min {int(seconds) % 60} s" if minutes else f"{int(seconds)} s"


def age_of(span: timedelta) -> str:
    """Return a span of time in words."""
    return age(span.total_seconds())
