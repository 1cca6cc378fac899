"""Where imported candles come from: the files and how they were read, kept with the record of the run that stored them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import orjson

from trend_platform.ingest.workshop import Workshop
from trend_platform.providers.files.fingerprints import Fingerprint
from trend_platform.storage.runs import RunRecord

_KEY = "source"


@dataclass(frozen=True, slots=True)
class ImportSource:
    """What was imported, and how it was read.

    Attributes:
        provider: The name its candles carry.
        basis: What its prices mean.
        columns: Which column held which field, where that was said.
        files: The files, by name.
    """

    provider: str
    basis: str
    columns: Mapping[str, str]
    files: tuple[Fingerprint, ...]


def note_source(workshop: Workshop, run_id: int, source: ImportSource) -> None:
    """Keep with a run that has ended where its candles came from.

    Raises:
        UnavailableError: The database does not answer; the candles are stored all the same.
    """
    for record in workshop.storage.runs.of([run_id]):
        outcome = {**orjson.loads(record.outcome or "{}"), _KEY: asdict(source)}
        ended = record.finished_at or workshop.clock.now()
        workshop.storage.runs.finish(run_id, record.status, orjson.dumps(outcome).decode(), ended)


def sources_of(records: Sequence[RunRecord]) -> tuple[ImportSource, ...]:
    """Return what is kept with these runs, in their order; most runs have none."""
    found = (orjson.loads(record.outcome).get(_KEY) for record in records if f'"{_KEY}"' in record.outcome)
    return tuple(_source(told) for told in found if isinstance(told, Mapping))


def _source(told: Mapping[str, object]) -> ImportSource:
    columns, files = told.get("columns"), told.get("files")
    return ImportSource(
        str(told.get("provider")),
        str(told.get("basis")),
        {str(name): str(column) for name, column in columns.items()} if isinstance(columns, Mapping) else {},
        tuple(
            Fingerprint(str(one["name"]), str(one["sha256"]), int(one["size"]))
            for one in (files if isinstance(files, list) else [])
        ),
    )
