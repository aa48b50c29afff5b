"""What a closed shop's answers are: as the probe saw or the person wrote, and as people have settled them since."""

from __future__ import annotations

from collections.abc import Sequence

from results import marking, scoring
from results.filled import Filled
from results.schema import Answer, Review, Shop
from results.shops import Scored, scored
from results.store import FrozenWave, ShopRow
from scenarios.bench import Bench


async def unreviewed(bench: Bench, frozen: FrozenWave, shop: Shop) -> tuple[Answer, ...]:
    """A closed shop's answers before anybody reviewed them, under that edition."""
    if shop.shopper == "person":
        form = await bench.people.newest(shop.id, shop.by)
        return of_form(frozen, shop, form) if form else ()
    if shop.observation is None:
        return ()
    calendar = frozen.organisations[shop.organisation].hours
    return scoring.answer_all(shop.observation, shop.channel, frozen.scheme, calendar)


async def settled(bench: Bench, frozen: FrozenWave, shop: Shop, more: Sequence[Review] = ()) -> Scored:
    """A closed shop's scores under that edition, with every review of it and with `more`."""
    reviews = (*await bench.reviews.of(shop.id), *more)
    answers = marking.reviewed(await unreviewed(bench, frozen, shop), reviews, frozen.scheme)
    return scored(answers, frozen.scheme, frozen.basis, shop.comments)


def of_form(frozen: FrozenWave, shop: Shop | ShopRow, form: Filled) -> tuple[Answer, ...]:
    """A form's answers, marked under that edition."""
    questions = marking.asked(frozen.scheme, frozen.scenarios[shop.scenario], frozen.enquiries[shop.enquiry])
    return marking.answers(form, questions, frozen.scheme, frozen.organisations[shop.organisation].hours)


def comments(frozen: FrozenWave, form: Filled) -> tuple[str, ...]:
    """What the person wrote beside the answers, each with its question's heading, and at the end."""
    headings = {criterion.id: criterion.short for criterion in frozen.scheme.criteria}
    beside = (f"{headings.get(id, id)}: {given.comment}" for id, given in form.answers.items() if given.comment)
    return (*beside, *((form.comment,) if form.comment else ()))
