"""docker/compose.yaml as values: read, interpolated as Compose does it, one value per service.

What does not belong here: judging what it says, and running it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import cast

from ruamel.yaml import YAML

from trend_platform_tests.services import CHECKOUT

DOCKER = CHECKOUT / "docker"
Node = Mapping[str, object]

_REFERENCE = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<words>[^}]*))?\})")


@dataclass(frozen=True)
class Service:
    """One service, interpolated.

    Attributes:
        name: Its name, which is its host name too.
        raw: What the file says of it.
        env_file: What the files it names give it.
    """

    name: str
    raw: Node
    env_file: Mapping[str, str]

    @property
    def command(self) -> list[str]:
        return [str(word) for word in cast("Sequence[object]", self.raw["command"])]

    @property
    def health(self) -> list[str]:
        """Return the words of its health check; none if it has none."""
        test = cast("Sequence[str]", cast("Node", self.raw.get("healthcheck", {})).get("test", ("CMD",)))
        assert test[0] == "CMD", f"{self.name}: a health check needs no shell"
        return [str(word) for word in test[1:]]

    @cached_property
    def environment(self) -> dict[str, str]:
        """What the container gets besides the image's own; `environment` wins over `env_file`, as with Compose."""
        said = cast("Node", self.raw.get("environment", {}))
        return {**self.env_file, **{name: str(value) for name, value in said.items()}}

    @property
    def waits_for(self) -> dict[str, str]:
        """Return the condition it waits for by service."""
        waits = cast("Mapping[str, Mapping[str, str]]", self.raw.get("depends_on", {}))
        return {name: wait["condition"] for name, wait in waits.items()}

    @property
    def is_ours(self) -> bool:
        return "build" in self.raw

    def words(self, key: str) -> list[str]:
        """Return a list of the file, such as `ports`; empty where it says nothing."""
        return [str(word) for word in cast("Sequence[object]", self.raw.get(key, ()))]


def read_env(file: Path) -> dict[str, str]:
    """Read a file of NAME=VALUE lines."""
    lines = (line.strip() for line in file.read_text().splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def interpolated(node: object, variables: Mapping[str, str]) -> object:
    """Replace `${NAME}`, `${NAME:-default}`, `${NAME:?complaint}` and `$$` in all strings of a document.

    Raises:
        LookupError: A variable that has to be set is not.
    """
    if isinstance(node, Mapping):
        return {key: interpolated(value, variables) for key, value in node.items()}
    if isinstance(node, list):
        return [interpolated(value, variables) for value in node]
    return _REFERENCE.sub(lambda found: _value(found, variables), node) if isinstance(node, str) else node


def _value(found: re.Match[str], variables: Mapping[str, str]) -> str:
    if found["dollar"]:
        return "$"
    value = variables.get(found["name"], "")
    if not value and found["kind"] == "?":
        raise LookupError(f"{found['name']}: {found['words']}")
    return value or (found["words"] or "" if found["kind"] == "-" else "")


def document() -> Node:
    """Return compose.yaml as it is written, merge keys resolved."""
    return cast("Node", YAML(typ="safe").load(DOCKER / "compose.yaml"))


def services(variables: Mapping[str, str]) -> dict[str, Service]:
    """Return the services by name, interpolated with what stands in `.env`."""
    found = cast("Mapping[str, Node]", interpolated(document()["services"], variables))
    return {
        name: Service(name, raw, variables if raw.get("env_file") == [".env"] else {}) for name, raw in found.items()
    }
