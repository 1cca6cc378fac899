"""What is left of the quotas of the providers at hand, beside what a plan takes from them. Nothing is asked of a provider."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trend_platform.domain.budgets import Standing
from trend_platform.ingest.plan import Plan
from trend_platform.ingest.workshop import Workshop


@dataclass(frozen=True, slots=True)
class QuotaLeft:
    """One provider's quotas now.

    Attributes:
        provider: Its name.
        takes: Weight that the plan spends of them altogether.
        standings: Per credential and window, what is used and what is left.
    """

    provider: str
    takes: float
    standings: tuple[Standing, ...]

    def as_dict(self) -> Mapping[str, object]:
        """Return it as plain values; credentials are numbered from 1, and no key is told."""
        return {
            "provider": self.provider,
            "takes": self.takes,
            "windows": [
                {
                    "credential": one.credential + 1,
                    "weight": one.window.weight,
                    "period_seconds": one.window.period_seconds,
                    "used": round(one.used, 3),
                    "left": round(one.left, 3),
                    "rests_seconds": round(one.rests_seconds, 3),
                }
                for one in self.standings
            ],
        }


async def quotas_left(workshop: Workshop, plan: Plan) -> Sequence[QuotaLeft]:
    """Return the quotas of each provider at hand that has any, in order."""
    calls = {estimate.provider: estimate.calls for estimate in plan.estimates}
    found = []
    for provider in workshop.providers:
        standings = tuple(await workshop.shared.standing(provider.name))
        if standings:
            takes = calls.get(provider.name, 0) * provider.capabilities.weight_per_call
            found.append(QuotaLeft(provider.name, takes, standings))
    return found
