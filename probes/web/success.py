"""How well a search does over all its enquiries, whether it works at all, and how long it takes. Pure.

Success at n and the reciprocal rank: Voorhees, "The TREC-8 Question Answering Track Report" (1999).
"""

from __future__ import annotations

from collections.abc import Sequence

from probes.web.reading import Reading, not_known, percent
from results.schema import Why

FACTS = {
    "web.search.works": "Yes/no: a search ends on a page of results, or one that says that there are none",
    "web.search.first_one": "Percent of the enquiries whose right page is the first result",
    "web.search.first_three": "Percent of the enquiries whose right page is among the first three results",
    "web.search.reciprocal_rank": "Mean over the enquiries of 1 / rank of the right page, 0 where it is not found",
    "web.search.time": "Seconds from Enter until the results are shown; the middle one of the searches",
}
_RANKED = ("web.search.first_one", "web.search.first_three", "web.search.reciprocal_rank")


def ranked(ranks: Sequence[int | None], reason: str) -> Reading:
    """Success at 1 and 3, and the mean reciprocal rank. `ranks`: of each enquiry that was searched for."""
    if not ranks:
        return not_known(_RANKED, Why.PROBE_FAULT, reason)
    found = [rank for rank in ranks if rank is not None]
    return Reading(
        {
            "web.search.first_one": percent(sum(rank <= 1 for rank in found), len(ranks)),
            "web.search.first_three": percent(sum(rank <= 3 for rank in found), len(ranks)),
            "web.search.reciprocal_rank": round(sum(1 / rank for rank in found) / len(ranks), 3),
        }
    )


def works(problems: Sequence[str], reason: str) -> Reading:
    """Whether the search works. `problems`: what went wrong with each search that could be made; "" where nothing."""
    if not problems:
        return not_known(["web.search.works"], Why.PROBE_FAULT, reason)
    return Reading({"web.search.works": not all(problems)})


def timed(took: Sequence[tuple[float, float]]) -> Reading:
    """How long searches took, as a range over all of them. `took`: seconds at least and at most, of each."""
    if not took:
        return not_known(["web.search.time"], Why.PROBE_FAULT, "no search came to an end that could be timed")
    middle = sorted(took, key=sum)[len(took) // 2]
    least, most = min(low for low, _ in took), max(high for _, high in took)
    many = f"{len(took)} searches" if len(took) > 1 else "one search"
    return Reading(
        {"web.search.time": round(sum(middle) / 2, 2)},
        notes=(f"results are shown between {least:.1f} and {most:.1f} seconds after Enter, over {many}",),
        where={"seconds from Enter to results, at least and at most": [(round(a, 2), round(b, 2)) for a, b in took]},
    )
