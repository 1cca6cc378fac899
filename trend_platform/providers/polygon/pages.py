"""Polygon's reference data in pages: `{"results": [...], "status", "next_url"}`, followed to the end."""

from collections.abc import Sequence

from trend_platform.errors import Malformed
from trend_platform.providers.http import HttpClient, Params
from trend_platform.providers.polygon.classing import NAME
from trend_platform.providers.polygon.links import next_path
from trend_platform.providers.traffic import counting

PER_PAGE = 1000
_MOST_PAGES = 500


async def all_pages(client: HttpClient, base_url: str, path: str, params: Params) -> tuple[list[object], int]:
    """Return the documents of all pages, and the calls they took.

    Raises:
        ProviderError: A page failed for good.
        Malformed: The pages go round in a circle.
    """
    answer = await client.get(path, params)
    documents, calls = [answer.document], answer.calls
    seen: set[str] = set()
    while (link := next_path(answer.document, base_url)) is not None:
        with counting(calls):
            if link in seen or len(seen) >= _MOST_PAGES:
                raise Malformed(NAME, f"the pages of {path} go round in a circle after {len(seen) + 1} pages")
            seen.add(link)
            answer = await client.get(link)
        documents.append(answer.document)
        calls += answer.calls
    return documents, calls


def results_of(document: object, what: str, field: str) -> Sequence[object]:
    """Return the rows of one page; an answer without any may leave the list out.

    Args:
        document: The answer's JSON.
        what: What the rows are, for the error.
        field: What rows of that kind carry: a page of other things is no empty one.

    Raises:
        Malformed: The document is no page of them.
    """
    rows = document.get("results", []) if isinstance(document, dict) and document.get("status") is not None else None
    if not isinstance(rows, list):
        raise Malformed(NAME, f"the answer holds no {what}: expected an object with a `status` and a list of `results`")
    if rows and not any(isinstance(row, dict) and field in row for row in rows):
        raise Malformed(NAME, f"the answer holds no {what}: none of its {len(rows)} rows carries `{field}`")
    return rows
