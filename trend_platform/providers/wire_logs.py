"""What the HTTP libraries may write into logs: never an address's query, which may hold a key, and never a header.

httpx tells each request's whole address at INFO; hpack tells each header that is sent, and httpcore each one that comes,
at DEBUG: providers repeat keys in those. No request is made here.
"""

import logging

import httpx


class _WithoutQuery(logging.Filter):
    """Takes the query off every address that a record is about to tell."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(arg.copy_with(query=None) if isinstance(arg, httpx.URL) else arg for arg in record.args)
        return True


_FILTER = _WithoutQuery()
_TALKATIVE = ("hpack", "httpcore")


def keep_secrets_out_of_logs() -> None:
    """Make the HTTP libraries' own log lines safe to keep; calling it again changes nothing."""
    logging.getLogger("httpx").addFilter(_FILTER)
    for name in _TALKATIVE:
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.INFO))
