"""The recorded answers of one provider, with the status they came with; what came over websockets is left out."""

import gzip
import json
from pathlib import Path

from trend_platform.providers.http import HttpAnswer


def recorded_answers(shared_data: Path, provider: str) -> dict[str, HttpAnswer]:
    """Return the provider's recorded HTTP answers by the name of their file."""
    folder = shared_data / "responses"
    entries = [json.loads(line) for line in (folder / "MANIFEST.jsonl").read_text().splitlines()]
    return {
        Path(entry["file"]).name: HttpAnswer(int(entry["http_status"]), {}, _body(folder / entry["file"]))
        for entry in entries
        if entry["provider"] == provider and not entry["endpoint"].startswith("websocket")
    }


def _body(file: Path) -> bytes:
    return gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
