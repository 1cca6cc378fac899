"""Whether and where the answers of providers are kept. A pure model; what it means lives with the archive."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class ArchiveSettings(BaseModel):
    """Whether and where each provider's answers are kept as they came, for `trend replay`.

    Attributes:
        enabled: Whether new answers are kept.
        path: The folder; `None` is `archive` in the home of the platform.
        retention_days: How long an answer is kept; the nightly upkeep drops older ones.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = False
    path: Path | None = None
    retention_days: int = Field(default=30, ge=1)

    def folder(self, home: Path) -> Path:
        """Return the folder, absolute.

        Args:
            home: The home of the platform.
        """
        return (self.path or home / "archive").expanduser().absolute()
