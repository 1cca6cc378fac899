"""In which order providers are asked: as the user says, or as they have served lately, for each capability and asset class.

Pure: the scorecard comes in as values.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from trend_platform.domain.capability import Capability
from trend_platform.domain.instruments import AssetClass
from trend_platform.domain.scores import Score, ScoreKey

# Marks this close to each other are alike: chance does not turn the user's order about.
_STEP: Final = 0.05


@dataclass(frozen=True, slots=True)
class OrderPolicy:
    """Who is asked for what.

    Attributes:
        general: Who is asked where nothing more special is said, the preferred one first; none means everybody at hand.
        special: The same for a capability (`latest`) or for one of an asset class (`latest.crypto`), by that name; whom
            such an order does not name is not asked for it.
        by_scores: Whether the scorecard puts the general order into its own; a special one stays as it is.
    """

    general: tuple[str, ...] = ()
    special: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    by_scores: bool = False


@dataclass(frozen=True, slots=True)
class Ranking:
    """The order of the providers at hand for one capability.

    Attributes:
        capability: Of what.
        at_hand: Their names, in the general order.
        policy: What the user said.
        scores: The scorecard; empty where it has no say.
    """

    capability: Capability
    at_hand: tuple[str, ...]
    policy: OrderPolicy = field(default_factory=OrderPolicy)
    scores: Mapping[ScoreKey, Score] = field(default_factory=dict)

    def of(self, asset_class: AssetClass) -> tuple[str, ...]:
        """Return who is asked for instruments of a class, the preferred one first; whoever is alone at hand was chosen."""
        if len(self.at_hand) == 1:
            return self.at_hand
        named = self._special(asset_class)
        if named is not None:
            return tuple(name for name in dict.fromkeys(named) if name in self.at_hand)
        general = self.policy.general or self.at_hand
        names = [name for name in self.at_hand if name in general]
        return tuple(sorted(names, key=lambda name: self._grade(name, asset_class)))

    def is_special(self, asset_class: AssetClass) -> bool:
        """Return whether the user has named who is asked for just this."""
        return self._special(asset_class) is not None

    def places(self, provider: str) -> Mapping[AssetClass, int]:
        """Return which place a provider has for each class it is asked for, the first being 0."""
        orders = {one: self.of(one) for one in AssetClass}
        return {one: names.index(provider) for one, names in orders.items() if provider in names}

    def _special(self, asset_class: AssetClass) -> tuple[str, ...] | None:
        special = self.policy.special
        return special.get(f"{self.capability}.{asset_class}", special.get(self.capability.value))

    def _grade(self, name: str, asset_class: AssetClass) -> int:
        # Lower comes first; the sort is stable, so the general order decides between equals.
        if not self.policy.by_scores:
            return 0
        score = self.scores.get(ScoreKey(name, self.capability, asset_class), Score())
        return -round(score.mark / _STEP)


def ranking(
    capability: Capability,
    at_hand: Sequence[str],
    policy: OrderPolicy,
    scores: Mapping[ScoreKey, Score],
) -> Ranking:
    """Return the order of the providers at hand, the general one of the policy first."""
    general = [name for name in policy.general if name in at_hand]
    return Ranking(capability, tuple(dict.fromkeys([*general, *at_hand])), policy, scores)
