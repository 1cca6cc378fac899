"""The verbs of `trend`: where each one lives, and the line that `trend --help` says about it.

A verb's module is imported when the verb is called, so that help and completion of names cost nothing.
"""

from dataclasses import dataclass

MACHINE = "This machine"
DATA = "Market data"
LISTS = "What is kept fresh"
LOOK = "Looking at it"
SETUP = "Set-up"


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb.

    Attributes:
        name: As people type it.
        module: Module in `trend_platform.cli`.
        attribute: Its function, or its Typer application where it has verbs of its own.
        summary: One line.
        panel: The heading it stands under.
    """

    name: str
    module: str
    attribute: str
    summary: str
    panel: str


VERBS = {
    verb.name: verb
    for verb in (
        Verb("up", "up", "up", "Start everything; the first time, fetch the first history.", MACHINE),
        Verb("down", "down", "down", "Stop everything; nothing is lost.", MACHINE),
        Verb("status", "status", "status", "Show what runs, where, since when, and how fresh prices are.", MACHINE),
        Verb("doctor", "doctor", "doctor", "Check this machine from settings to prices; say what is wrong.", MACHINE),
        Verb("rollup", "rollup", "app", "Roll candles up; check them against the providers' own.", DATA),
        Verb("plan", "plan", "plan", "Show what a backfill would ask and cost; ask nothing.", DATA),
        Verb("backfill", "backfill", "backfill", "Bring ranges up to date; account for every candle.", DATA),
        Verb("restate", "restate", "restate", "Ask again for recent candles; measure what providers changed.", DATA),
        Verb("gaps", "gaps", "app", "Find what is missing and why; repair it, or take a repair back.", DATA),
        Verb("replay", "replay", "replay", "Read archived answers of providers again; ask nobody.", DATA),
        Verb("import", "import_files", "import_files", "Store candles of your own CSV or Parquet files.", DATA),
        Verb("models", "models", "app", "Build and test what is made of candles: returns, weeks, trends.", DATA),
        Verb("instruments", "instruments", "app", "List, add, remove or import the instruments kept.", DATA),
        Verb("actions", "actions", "app", "List, fetch or add splits, dividends, new symbols, delistings.", DATA),
        Verb("economic", "economic", "app", "Fetch or show economic series, every revision kept.", DATA),
        Verb("news", "news", "app", "Fetch or show news, each story once.", DATA),
        Verb("social", "social", "app", "Fetch or show social posts; off until a source is enabled.", DATA),
        Verb("watchlist", "watchlist", "app", "List, fill or empty watchlists; what is on one is kept fresh.", LISTS),
        Verb("portfolio", "portfolio", "app", "List, fill or empty portfolios; what is held is kept fresh.", LISTS),
        Verb("overview", "overview", "app", "List, fill or empty the market overview; it is kept fresh.", LISTS),
        Verb("realtime", "realtime", "app", "Refresh latest prices or hourly candles now, by hand.", LISTS),
        Verb("latest", "latest", "latest", "Show the latest prices, each with its own time.", LOOK),
        Verb("candles", "candles", "app", "Fetch candles of any timeframe; show stored ones.", LOOK),
        Verb(
            "report", "report", "report", "Report how complete everything is; with --html as a page with a map.", LOOK
        ),
        Verb("explain", "explain", "explain", "Tell why one candle is there, or why it is not.", LOOK),
        Verb("sources", "sources", "sources", "Show the providers, and how well each has served lately.", LOOK),
        Verb("alerts", "alerts", "app", "Show incidents; send a test message to every channel.", LOOK),
        Verb("quality", "quality", "quality", "Score each series and day; say what is wrong with the worst.", LOOK),
        Verb("quarantine", "quarantine", "app", "List, explain, release or drop rows set aside.", LOOK),
        Verb("config", "config", "app", "Write, show or check the settings.", SETUP),
        Verb("db", "db", "app", "Migrate, check or purge the database.", SETUP),
        Verb("cache", "cache", "app", "Write the hot copies in Redis anew.", SETUP),
    )
}
