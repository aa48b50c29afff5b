"""What waits for a person, and settling it: reviews of single answers, and appeals against contacts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from results.findings import said
from results.forms.question import NoAnswer, read, settled
from results.schema import Answer, Appeal, Criterion, Fact, Review, Scheme, Shop, State, Verdict
from results.store import FrozenWave
from scenarios import settling
from scenarios.bench import Bench


class CannotSettle(Exception):
    """What was asked cannot be done. The message says why and what can."""


@dataclass(frozen=True)
class Waiting:
    """One answer that waits for a person. `proposal`: in words, empty where there is none. `seen`: its fingerprint."""

    shop: Shop
    criterion: Criterion
    proposal: str
    why: str
    evidence: tuple[str, ...]
    seen: str


@dataclass(frozen=True)
class Word:
    """A person's word on one answer. `value`: only where it is corrected; None says that it is not applicable."""

    criterion: str
    verdict: Verdict
    value: Fact = None
    why: str = ""


def queue(
    shops: Iterable[Shop], scheme: Scheme, organisation: str | None = None, channel: str | None = None
) -> tuple[Waiting, ...]:
    """The answers of closed contacts that need a person, contact by contact in the scheme's order."""
    criteria = {criterion.id: criterion for criterion in scheme.criteria}
    return tuple(
        Waiting(
            shop,
            criteria[answer.criterion],
            said(criteria[answer.criterion], answer.value) if answer.value is not None else "",
            answer.why,
            _evidence(shop),
            fingerprint(answer),
        )
        for shop in shops
        if shop.scheme and organisation in (None, shop.organisation) and channel in (None, shop.channel)
        for answer in shop.answers
        if answer.state is State.NEEDS_REVIEW
    )


def fingerprint(answer: Answer) -> str:
    """A short name for what an answer is now, by which a sheet that was written earlier is known to be of it."""
    return hashlib.sha256(f"{answer.criterion}\n{answer.value!r}\n{answer.state}".encode()).hexdigest()[:12]


def _evidence(shop: Shop) -> tuple[str, ...]:
    kept = shop.observation.evidence if shop.observation else ()
    own = (f"the form of shopper {shop.by.upper()}",) if shop.by else ()
    return own + tuple(f"{one.kind} {one.name}: evidence/{one.sha256[:2]}/{one.sha256}" for one in kept)


def right_value(criterion: Criterion, text: str) -> Fact:
    """The right answer as somebody writes it; None for N/A. Raises `CannotSettle` with what would be right."""
    try:
        given = read(settled(criterion), text)
    except NoAnswer as error:
        raise CannotSettle(f"{criterion.id}: {error}") from None
    if given is None or given.said not in ("value", "not applicable"):
        raise CannotSettle(f"{criterion.id}: {settled(criterion).right}")
    return given.value


async def settle(bench: Bench, frozen: FrozenWave, shop: Shop, said_of_it: Sequence[Word], by: str) -> None:
    """Keep what a person says of one closed shop's answers, and score it anew, in one step. Raises `CannotSettle`."""
    if not shop.scheme:
        raise CannotSettle(f"{shop.id} is not closed ({shop.state}); it can be reviewed when it is")
    raw = {answer.criterion: answer for answer in await settling.unreviewed(bench, frozen, shop)}
    now = bench.clock.now()
    reviews = []
    for word in said_of_it:
        if (answer := raw.get(word.criterion)) is None:
            known = ", ".join(raw) or "none"
            raise CannotSettle(f"{shop.id} has no answer to {word.criterion!r}; it has answers to: {known}")
        if word.verdict == "confirmed" and answer.value is None:
            raise CannotSettle(f"{word.criterion}: there is no proposal to confirm; give the right answer instead")
        reviews.append(
            Review(
                shop=shop.id,
                criterion=word.criterion,
                verdict=word.verdict,
                value=word.value,
                proposal=answer.value,
                proposed_state=answer.state,
                by=by,
                at=now,
                why=word.why,
            )
        )
    await bench.reviews.record(shop.id, reviews, await settling.settled(bench, frozen, shop, reviews), now)


# ------------------------------------------------------------------------------------------------ appeals


async def decide(
    bench: Bench, frozen: FrozenWave, number: int, made: Appeal, shop: Shop, decided: Appeal, value: Fact = None
) -> None:
    """Keep what was decided of an appeal, with what follows for the answer, in one step. Raises `CannotSettle`.

    Upheld against a whole contact, it is set aside; against an answer, that answer is. Amended, the answer is
    corrected. Either way the appeal, and what was said before, stay and are shown.
    """
    if made.outcome != "open":
        raise CannotSettle(f"appeal {number} is {made.outcome} already; what is new is a new appeal")
    verdicts: Mapping[str, Verdict] = {"upheld": "cannot tell", "amended": "corrected"}
    verdict = verdicts.get(decided.outcome)
    if decided.outcome == "amended" and made.criterion is None:
        raise CannotSettle(f"appeal {number} is against the whole contact; it can be upheld or rejected, not amended")
    if verdict is None or made.criterion is None:
        await bench.reviews.decide(number, decided, None, None, bench.clock.now())
        return
    answers = {answer.criterion: answer for answer in await settling.unreviewed(bench, frozen, shop)}
    if (answer := answers.get(made.criterion)) is None:
        raise CannotSettle(
            f"{shop.id} has no answer to {made.criterion} any more; reject the appeal, or make a new one"
        )
    review = Review(
        shop=shop.id,
        criterion=made.criterion,
        verdict=verdict,
        value=value,
        proposal=answer.value,
        proposed_state=answer.state,
        by=decided.decided_by,
        at=bench.clock.now(),
        why=f"appeal {number} {decided.outcome}: {decided.reason}"[:2000],
    )
    own = await settling.settled(bench, frozen, shop, [review])
    await bench.reviews.decide(number, decided, review, own, bench.clock.now())
