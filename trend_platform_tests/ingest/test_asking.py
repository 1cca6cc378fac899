"""What is noted of a question: its end, and, where it was called off, what its own last attempt ended in."""

import asyncio

import pytest

from trend_platform.domain.capability import Capability
from trend_platform.domain.instruments import AssetClass, Instrument
from trend_platform.domain.scores import Score, ScoreKey
from trend_platform.errors import AuthFailed, CircuitOpen, ProviderError, Transient
from trend_platform.ingest.asking import Asker
from trend_platform.ingest.breaker import Asked
from trend_platform.ingest.scorebook import Scorebook
from trend_platform.providers.base import QuoteAnswer
from trend_platform.providers.watching import tell_attempt
from trend_platform_tests.ingest.stall import NOW, Bazaar, Stall

APPLE = Instrument(1, "AAPL", AssetClass.STOCK, "XNYS")
KEY = ScoreKey("one", Capability.LATEST, AssetClass.STOCK)


class Deaf:
    def attempted(self, seconds: float, failure: ProviderError | None) -> None:
        pass


class Waiting(Stall):
    """Makes one attempt, and waits for what would be the next."""

    attempt_made: asyncio.Event

    async def quotes(self, *_: object) -> QuoteAnswer:
        tell_attempt(0.1, self.failure)
        self.attempt_made.set()
        await asyncio.Event().wait()
        raise AssertionError("it was called off")


async def called_off(failure: ProviderError | None) -> Score:
    """What is noted of a question that another one's failure ended, after an attempt of its own."""
    one, book, workshop = Waiting("one", failure), Scorebook(), Bazaar().workshop()
    one.attempt_made = asyncio.Event()
    asker = Asker(workshop, Capability.LATEST, book)
    asking = asyncio.create_task(asker.quotes(one, [APPLE], 60.0, is_replaceable=True))
    await one.attempt_made.wait()
    other = Asked("one", Capability.LATEST, is_replaceable=True, watch=Deaf())
    workshop.breakers.failed(other, AuthFailed("one", "unknown key"), NOW, None)
    with pytest.raises(CircuitOpen):
        await asking
    return book.take()[KEY]


async def test_a_question_called_off_after_its_own_attempt_failed_is_a_failure_of_that_kind() -> None:
    score = await called_off(Transient("one", "answered 503"))
    assert (score.asked, score.failed, score.last_error) == (1.0, 1.0, "Transient: one: answered 503")


async def test_a_question_called_off_while_all_went_well_is_none() -> None:
    score = await called_off(None)
    assert (score.attempts, score.asked, score.failed) == (1.0, 0.0, 0.0)
