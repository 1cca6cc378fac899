"""From an outcome to Dagster metadata: counts as numbers, so that they are plotted over time; the rest as tables and a sentence."""

from collections.abc import Mapping

import dagster as dg

from trend_platform.ingest.economy_outcome import EconomyOutcome
from trend_platform.ingest.news import NewsOutcome
from trend_platform.ingest.social import SocialOutcome
from trend_platform.orchestration.tables import counts_table, failures_table, markdown
from trend_platform.wording import counted

Metadata = dict[str, dg.MetadataValue]


def economy_metadata(outcome: EconomyOutcome) -> Metadata:
    """Return what came of each series, what waits, and what is missing."""
    head = ("series", "source", "new", "changed", "unchanged", "newest period", "newest vintage", "next look (UTC)")
    rows = [
        (
            *(one.series, one.provider, one.inserted, one.changed, one.unchanged),
            *(one.newest_observation, one.newest_vintage, f"{one.next_look:%Y-%m-%d %H:%M}"),
        )
        for one in outcome.stored
    ]
    waiting = [(series, f"{at:%Y-%m-%d %H:%M}") for series, at in outcome.waiting.items()]
    return {
        "verdict": dg.MetadataValue.text(economy_verdict(outcome)),
        "new vintages": dg.MetadataValue.int(sum(one.inserted for one in outcome.stored)),
        "changed vintages": dg.MetadataValue.int(sum(one.changed for one in outcome.stored)),
        "series": dg.MetadataValue.md(markdown(head, rows) if rows else "none was due"),
        **({"not due": dg.MetadataValue.md(markdown(("series", "next look (UTC)"), waiting))} if waiting else {}),
        **({"missing": _reasons(outcome.missing, "series")} if outcome.missing else {}),
        **_asked(outcome.calls, outcome.seconds),
        "failures": dg.MetadataValue.md(failures_table(outcome.failures)),
    }


def news_metadata(outcome: NewsOutcome) -> Metadata:
    """Return how many stories the articles amount to, and who told nothing."""
    return {
        "verdict": dg.MetadataValue.text(news_verdict(outcome)),
        "new stories": dg.MetadataValue.int(outcome.new),
        "copies": dg.MetadataValue.int(outcome.duplicates),
        "stories that grew": dg.MetadataValue.int(outcome.grown),
        "no articles": dg.MetadataValue.int(outcome.rejected),
        "too old": dg.MetadataValue.int(outcome.too_old),
        "articles by source": dg.MetadataValue.md(counts_table(outcome.received, "source")),
        "asked for by name": dg.MetadataValue.text(", ".join(outcome.instruments) or "nobody"),
        **({"missing": _reasons(outcome.missing, "source")} if outcome.missing else {}),
        **_asked(outcome.calls, outcome.seconds),
        "failures": dg.MetadataValue.md(failures_table(outcome.failures)),
    }


def social_metadata(outcome: SocialOutcome) -> Metadata:
    """Return what became of the posts, and what they cost."""
    return {
        "verdict": dg.MetadataValue.text(social_verdict(outcome)),
        "new posts": dg.MetadataValue.int(outcome.new),
        "known posts": dg.MetadataValue.int(outcome.known),
        "about nothing kept here": dg.MetadataValue.int(outcome.unrelated),
        "rejected posts": dg.MetadataValue.int(outcome.rejected),
        "dollars": dg.MetadataValue.float(round(float(sum(outcome.dollars.values())), 4)),
        "posts by source": dg.MetadataValue.md(counts_table(outcome.received, "source")),
        "topics not asked": dg.MetadataValue.md(counts_table(outcome.unasked, "source")),
        **_asked(outcome.calls, outcome.seconds),
        "failures": dg.MetadataValue.md(failures_table(outcome.failures)),
    }


def economy_verdict(outcome: EconomyOutcome) -> str:
    """Return one sentence on what came, and what is missing."""
    if not outcome.asked:
        return f"no release is due; {counted(len(outcome.waiting), 'series waits', 'series wait')}"
    served = f"{len(outcome.stored)} of {counted(len(outcome.asked), 'due series', 'due series')} looked at"
    return (
        f"{served}; missing: {', '.join(outcome.missing)}; asked again within the hour" if outcome.missing else served
    )


def news_verdict(outcome: NewsOutcome) -> str:
    """Return one sentence on what came, and who told nothing."""
    came = f"{counted(outcome.new, 'new story', 'new stories')} in {counted(sum(outcome.received.values()), 'article')}"
    return f"{came}; {', '.join(outcome.missing)} told nothing" if outcome.missing else came


def social_verdict(outcome: SocialOutcome) -> str:
    """Return one sentence on what came, and what was not asked for."""
    came = f"{counted(outcome.new, 'new post')} in {counted(sum(outcome.received.values()), 'post')}"
    unasked = sum(outcome.unasked.values())
    return f"{came}; {counted(unasked, 'topic was', 'topics were')} not asked for" if unasked else came


def _asked(calls: Mapping[str, int], seconds: float) -> Metadata:
    return {
        "calls": dg.MetadataValue.int(sum(calls.values())),
        "calls by source": dg.MetadataValue.md(counts_table(calls, "source")),
        "seconds": dg.MetadataValue.float(round(seconds, 3)),
    }


def _reasons(missing: Mapping[str, str], what: str) -> dg.MetadataValue:
    return dg.MetadataValue.md(markdown((what, "why"), list(missing.items())))
