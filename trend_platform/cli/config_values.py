"""The settings in force as rows: name, value without secrets, where it comes from, and the variable that overrides it."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from pydantic import BaseModel, SecretStr

from trend_platform.local import urls
from trend_platform.settings import Settings, variable_of

MASK = "********"


@dataclass(frozen=True, slots=True)
class SettingInForce:
    """One setting.

    Attributes:
        name: Dotted, as in the file: `providers.polygon.base_url`.
        value: A plain value; secrets masked, of a service's URL only its address, of a channel's only its kind.
        source: `file`, `environment` or `default`.
        variable: The variable that overrides it.
    """

    name: str
    value: object
    source: str
    variable: str

    @property
    def text(self) -> str:
        """Return the value as people read it."""
        if isinstance(self.value, list):
            return " ".join(map(str, self.value))
        return "" if self.value is None else str(self.value)


def settings_in_force(settings: Settings, file: Path) -> tuple[SettingInForce, ...]:
    """Return every setting, in the order in which the classes declare them."""
    written = dict(_flat(tomllib.loads(file.read_text()))) if file.is_file() else {}
    rows = []
    for name, value, is_set in _fields(settings):
        source = "default" if not is_set else "file" if _is_from_file(name, value, written) else "environment"
        rows.append(SettingInForce(name, _plain(value), source, variable_of(name)))
    return tuple(rows)


def _fields(model: BaseModel, prefix: str = "") -> Iterator[tuple[str, object, bool]]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            yield from _fields(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value, name in model.model_fields_set


def _flat(tree: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in tree.items():
        yield prefix + name, value
        if isinstance(value, dict):
            yield from _flat(cast("Mapping[str, object]", value), f"{prefix}{name}.")


def _is_from_file(name: str, value: object, written: Mapping[str, object]) -> bool:
    # A variable that says the same as the file is told as the file; nothing differs.
    if name not in written:
        return False
    return _alike(_bare(value)) == _alike(written[name])


def _bare(value: object) -> object:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, tuple) and any(isinstance(part, SecretStr) for part in value):
        return [_bare(part) for part in value]
    return _plain(value)


def _alike(value: object) -> str:
    # A list may be written as one text, with commas or blanks between its parts.
    if isinstance(value, str):
        return ",".join(re.split(r"[,\s]+", value.strip().rstrip("/")))
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _plain(value: object) -> object:
    if isinstance(value, SecretStr):
        return _masked(value)
    if isinstance(value, tuple):
        return [_scheme(part) if isinstance(part, SecretStr) else _plain(part) for part in value]
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, Mapping):
        return dict(value)
    return str(value) if isinstance(value, Path) else value


def _scheme(secret: SecretStr) -> str:
    # Of an address that tells people, such as Slack's, even the host may be a credential.
    scheme, is_url, _ = secret.get_secret_value().partition("://")
    return f"{scheme}://{MASK}" if is_url and scheme.isalnum() else MASK


def _masked(secret: SecretStr) -> str:
    text = secret.get_secret_value()
    if "://" not in text:
        return MASK
    try:
        return f"{text.partition('://')[0]}://{urls.address(secret)}"
    except ValueError:
        return MASK
