"""docker/Dockerfile and .dockerignore as values, as far as ours use them.

What does not belong here: judging what they say, and building it.
"""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from trend_platform_tests.services import CHECKOUT

DOCKERFILE = CHECKOUT / "docker" / "Dockerfile"


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction: its word, such as `COPY`, and the rest of its line."""

    word: str
    rest: str


@dataclass(frozen=True, slots=True)
class Copy:
    """A COPY from the build context: which paths, and where they go."""

    sources: tuple[str, ...]
    target: str


def stages(text: str) -> list[list[Step]]:
    """Return the instructions of each stage, the FROM first."""
    found: list[list[Step]] = []
    joined = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    for line in filter(None, map(str.strip, joined.splitlines())):
        word, _, rest = line.partition(" ")
        if word == "FROM":
            found.append([])
        found[-1].append(Step(word, rest.strip()))
    return found


def copies(stage: Sequence[Step]) -> list[Copy]:
    """Return what a stage takes from the build context."""
    words = [shlex.split(step.rest) for step in stage if step.word == "COPY"]
    return [Copy(tuple(found[:-1]), found[-1]) for found in words if not found[0].startswith("--from=")]


def environment(stage: Sequence[Step]) -> dict[str, str]:
    """Return the variables a stage sets."""
    pairs = [pair.partition("=") for step in stage if step.word == "ENV" for pair in shlex.split(step.rest)]
    return {name: value for name, _, value in pairs}


def last(stage: Sequence[Step], word: str) -> str:
    """Return what the last instruction of that word says; empty if there is none."""
    return next((step.rest for step in reversed(stage) if step.word == word), "")


def is_sent(path: str, patterns: Sequence[str]) -> bool:
    """Tell whether the builder gets to see a path of the checkout: the last pattern that matches decides."""
    sent = True
    for pattern in patterns:
        if _matches(path, pattern.removeprefix("!")):
            sent = pattern.startswith("!")
    return sent


def ignore_patterns() -> list[str]:
    """Return the patterns of .dockerignore."""
    lines = (CHECKOUT / ".dockerignore").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def lay_out(into: Path, stage: Sequence[Step]) -> None:
    """Put what the last stage copies from the checkout where the image has it."""
    for copy in copies(stage):
        for source in copy.sources:
            target = into / copy.target.lstrip("/") / Path(source).name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((CHECKOUT / source).read_bytes())


def _matches(path: str, pattern: str) -> bool:
    # A pattern that matches a folder takes what is in it along.
    steps = PurePosixPath(path)
    if pattern.startswith("**/"):
        return any(fnmatchcase(part, pattern[3:]) for part in steps.parts)
    ways = [str(steps), *(str(parent) for parent in steps.parents)]
    return any(fnmatchcase(way, pattern) for way in ways if way != ".")
