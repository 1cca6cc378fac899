"""What the sources of economic series, news and social posts can be told. Pure models; what they mean lives with the sources."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_settings import NoDecode

from trend_platform.settings.provider import ProviderSettings

Words = Annotated[tuple[str, ...], NoDecode]


class FredSettings(ProviderSettings):
    """FRED of the Federal Reserve Bank of St. Louis; without a key the files behind its graphs, which have no vintages.

    Attributes:
        graph_url: Where those files live.
        series: The series kept, by FRED's ids.
    """

    base_url: str = "https://api.stlouisfed.org/fred"
    graph_url: str = "https://fred.stlouisfed.org/graph"
    series: Words = ("GDP", "UNRATE", "FEDFUNDS", "CPIAUCSL")

    @field_validator("series", mode="before")
    @classmethod
    def _split_series(cls, series: object) -> object:
        words = series.replace(",", " ").split() if isinstance(series, str) else series
        return tuple(str(word).upper() for word in words) if isinstance(words, list | tuple) else words

    @field_validator("graph_url")
    @classmethod
    def _check_graph_url(cls, url: str) -> str:
        return cls._check_base_url(url)


class NewsApiSettings(ProviderSettings):
    """NewsAPI; the free plan tells articles a day late, 100 calls a day.

    Attributes:
        query: What is searched for, as NewsAPI writes it (at most 500 characters).
        language: Language of the articles.
    """

    base_url: str = "https://newsapi.org/v2"
    query: str = Field(default='"stock market" OR earnings OR "Federal Reserve" OR bitcoin', max_length=500)
    language: str = "en"


class GdeltSettings(ProviderSettings):
    """GDELT DOC 2.0: no key, and no more than one call in several seconds.

    Attributes:
        query: What is searched for, as GDELT writes it; words joined by OR stand in parentheses.
    """

    base_url: str = "https://api.gdeltproject.org/api/v2"
    query: str = '("stock market" OR earnings OR "Federal Reserve") sourcelang:english'


class YahooRssSettings(ProviderSettings):
    """Headlines of Yahoo Finance by symbol: no key, no promise."""

    base_url: str = "https://feeds.finance.yahoo.com/rss/2.0"


class FinnhubNewsSettings(BaseModel):
    """News of Finnhub, asked with the key and at the address of `providers.finnhub`.

    Attributes:
        enabled: Whether it is asked at all.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = True


class XSettings(ProviderSettings):
    """Recent search of X: each post that is read costs money, so it is off unless you say otherwise.

    Attributes:
        dollars_per_post: What X charges for one post it returns.
        daily_dollars: Never spend more in a day of UTC.
        monthly_dollars: Never spend more in a month of UTC.
        posts_per_symbol: Posts asked for per symbol and run; X takes 10 to 100.
    """

    enabled: bool = False
    base_url: str = "https://api.x.com/2"
    dollars_per_post: float = Field(default=0.005, gt=0)
    daily_dollars: float = Field(default=1.0, ge=0)
    monthly_dollars: float = Field(default=10.0, ge=0)
    posts_per_symbol: int = Field(default=10, ge=10, le=100)


class StocktwitsSettings(ProviderSettings):
    """Stocktwits: no key, about 200 calls an hour. Off unless you say otherwise."""

    enabled: bool = False
    base_url: str = "https://api.stocktwits.com/api/2"


class RedditRssSettings(ProviderSettings):
    """Feeds of subreddits: no key, no scores. Off unless you say otherwise.

    Attributes:
        subreddits: Whose new posts are read.
    """

    enabled: bool = False
    base_url: str = "https://www.reddit.com"
    subreddits: Words = ("stocks", "investing", "wallstreetbets", "CryptoCurrency")

    @field_validator("subreddits", mode="before")
    @classmethod
    def _split_subreddits(cls, names: object) -> object:
        return tuple(names.replace(",", " ").split()) if isinstance(names, str) else names


class SourcesSettings(BaseModel):
    """Sources of what is no price.

    Attributes:
        symbols_per_run: Instruments whose own news or posts one run asks for; more take turns, run by run.
        fred: Economic series.
        newsapi: News.
        finnhub: News.
        gdelt: News.
        yahoo_rss: News.
        x: Posts.
        stocktwits: Posts.
        reddit_rss: Posts.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    symbols_per_run: int = Field(default=40, ge=1)
    fred: FredSettings = FredSettings()
    newsapi: NewsApiSettings = NewsApiSettings()
    finnhub: FinnhubNewsSettings = FinnhubNewsSettings()
    gdelt: GdeltSettings = GdeltSettings()
    yahoo_rss: YahooRssSettings = YahooRssSettings()
    x: XSettings = XSettings()
    stocktwits: StocktwitsSettings = StocktwitsSettings()
    reddit_rss: RedditRssSettings = RedditRssSettings()
