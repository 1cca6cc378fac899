"""The project's papers as data: pages, their links, their code, and the commands and names in them."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
PAGES = (
    *(CHECKOUT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((CHECKOUT / "docs").rglob("*.md")),
)

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
_END_OF_COMMAND = {"|", ">", "&&", ";", "#"}


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of code: its language, empty where none is said, and its text."""

    language: str
    text: str


def name(page: Path) -> str:
    return page.relative_to(CHECKOUT).as_posix()


def blocks(text: str) -> list[Block]:
    return [Block(language, body) for language, body in _FENCE.findall(text)]


def prose(text: str) -> str:
    return _FENCE.sub("", text)


def inline_code(text: str) -> list[str]:
    return [code.replace(r"\|", "|") for code in _INLINE.findall(prose(text))]


def links(text: str) -> list[str]:
    """Return the targets of links that stay inside the project."""
    found = _LINK.findall(_INLINE.sub("", prose(text)))
    return [target for target in found if not re.match(r"[a-z]+:", target)]


def anchors(text: str) -> set[str]:
    """Return the anchors that the headings of a page make."""
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in _HEADING.findall(prose(text))}


def commands(text: str, program: str) -> Iterator[list[str]]:
    """Yield the words of each call of `program`: alone on a line of a block, or in inline code."""
    lines = [line for block in blocks(text) if not block.language for line in block.text.splitlines()]
    for code in (*lines, *inline_code(text)):
        call = re.sub(r"^\$ +", "", code.strip())
        call = re.sub(r"^([A-Z_]+=\S+ +)+", "", call)
        if call == program or call.startswith(f"{program} "):
            yield _words(call)


def variables(text: str) -> set[str]:
    """Return the names of our environment variables on a page."""
    return set(re.findall(r"\bTREND_[A-Z0-9_]*[A-Z0-9]\b", text))


def _words(call: str) -> list[str]:
    try:
        words = shlex.split(call, comments=True)
    except ValueError:
        words = call.split()
    ends = [at for at, word in enumerate(words) if word in _END_OF_COMMAND]
    return words[: ends[0]] if ends else words
