"""What is an alert and whose fault it is: three strikes, and a second route before anybody else is blamed."""

import datetime as dt
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from results.alerts import Contact
from results.nights import Handled, State, Trouble
from results.schema import Channel, Contacts, Organisation
from scenarios import strikes

MONDAY = dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC)
REGISTER = {
    id: Organisation(id=id, name=f"{id.title()} Council", contacts=Contacts()) for id in ("amber", "brook", "cliff")
}
AMBER, BROOK = "theirs email amber to@amber", "theirs email brook to@brook"


def contact(  # one letter says how it ended: s silent, f faulty, . well
    told: str, hour: float, organisation: str = "amber", route: str = "main", channel: Channel = "email"
) -> Contact:
    at = MONDAY + dt.timedelta(hours=hour)
    failure = {"s": "silent", "n": "no_reply"}.get(told)
    return Contact(organisation, channel, f"to@{organisation}", route, at, at, failure, told == "f")


def row(told: str, **more: str) -> list[Contact]:
    """Contacts an hour apart, in order."""
    return [contact(each, hour, **more) for hour, each in enumerate(told)]  # type: ignore[arg-type]


def failing(*contacts: Sequence[Contact]) -> dict[str, str]:
    """What fails, and whose fault it is."""
    in_order = sorted((one for some in contacts for one in some), key=lambda one: one.closed_at)
    return {what: one.whose for what, one in strikes.of_contacts(in_order, REGISTER).failing.items()}


def test_three_strikes_and_another_organisation_that_was_reached_make_it_theirs() -> None:
    assert failing(row("sss"), [contact(".", 1.5, "brook")]) == {AMBER: "theirs"}


def test_one_failure_or_two_or_three_that_are_not_in_a_row_are_no_alert() -> None:
    well = [contact(".", 1.5, "brook")]

    for told in ("s", "ss", "ss.", "s.s", "s.ss", "sss."):
        assert failing(row(told), well) == {}, told


def test_without_a_second_route_nobody_is_blamed() -> None:
    assert failing(row("sss")) == {}
    assert failing(row("sss"), [contact(".", -1, "brook")]) == {}  # that was before it began


def test_two_mailboxes_of_ours_are_a_second_route() -> None:
    assert failing(row("ss"), [contact("s", 2, route="second")]) == {AMBER: "theirs"}


def test_what_fails_with_everybody_is_ours() -> None:
    assert failing(row("sss"), [contact("s", 3, "brook")]) == {"route email main": "ours"}
    assert failing(row("sss"), row("sss", organisation="brook")) == {"route email main": "ours"}


def test_three_in_a_row_by_chance_are_not_ours_while_others_were_reached_that_day() -> None:
    in_a_row = [contact("s", 30), contact("s", 31, "brook"), contact("s", 32)]

    assert failing(in_a_row, [contact(".", 29, "cliff")]) == {}
    assert failing(in_a_row, [contact(".", 7, "cliff")]) == {"route email main": "ours"}


def test_an_organisation_that_failed_last_is_no_witness_and_most_others_must_have_been_reached() -> None:
    fails_last = [contact(".", 0.5, "brook"), contact("s", 2.5, "brook")]

    assert failing(row("sss"), fails_last) == {"route email main": "ours"}
    assert failing(row("sss"), fails_last, [contact(".", 1.5, "cliff")]) == {AMBER: "theirs"}


def test_what_we_could_not_measure_is_ours_and_never_a_strike_against_them() -> None:
    assert failing(row("fff")) == {"route email main": "ours"}
    assert failing(row("fff"), [contact(".", 1.5, "brook")]) == {}
    assert failing(row("ssf"), [contact(".", 1.5, "brook")]) == {}
    assert failing(row("ssfs"), [contact(".", 1.5, "brook")]) == {AMBER: "theirs"}


def test_what_is_theirs_is_no_strike_against_our_mailbox() -> None:
    assert failing(row("ssss"), [contact(".", 1.5, "brook"), contact("s", 3.5, "cliff")]) == {AMBER: "theirs"}


def test_another_mailbox_proves_nothing_of_the_one_that_wrote() -> None:
    assert failing(row("sss"), [contact(".", 1.5, "brook", route="second")]) == {}


def test_nobody_answers_at_night_and_that_is_no_failing_line() -> None:
    nights = [contact("n", 24 * day + 12, channel="phone") for day in range(3)]
    days = [contact("n", day, channel="phone") for day in (0, 1, 2)]
    well = [contact(".", 26, "brook", channel="phone"), contact(".", 27, "brook", channel="phone")]

    assert failing(nights, well) == {}
    assert failing(days, well) == {"theirs phone amber to@amber": "theirs"}


def test_an_alert_says_who_where_why_and_how_it_is_known() -> None:
    found = strikes.of_contacts([*row("sss"), contact(".", 4, "brook")], REGISTER).failing[AMBER]

    assert found.words == (
        "Amber Council, e-mail to@amber: the last 3 contacts failed (no reply), the first of them made on 23/11/2026 "
        "at 10:00. Other organisations were reached the same way meanwhile, so it is not our side that fails."
    )


def test_whoever_left_the_register_is_not_judged() -> None:
    contacts = [*row("sss", organisation="delta"), contact(".", 4, "brook")]

    assert strikes.of_contacts(contacts, REGISTER).failing == {}
    assert strikes.gone("theirs email delta to@delta", REGISTER, ())
    assert not strikes.gone(AMBER, REGISTER, ())
    assert strikes.gone("night nightly", REGISTER, ())
    assert not strikes.gone("route email main", REGISTER, ())


@given(
    st.lists(
        st.tuples(st.sampled_from("sf."), st.sampled_from(["amber", "brook", "cliff"]), st.sampled_from(["a", "b"])),
        max_size=12,
    )
)
def test_nothing_fails_and_works_at_once_and_none_is_blamed_for_fewer_than_three(
    told: list[tuple[str, str, str]],
) -> None:
    contacts = [contact(how, hour, to, by) for hour, (how, to, by) in enumerate(told)]

    verdict = strikes.of_contacts(contacts, REGISTER)

    assert not verdict.failing.keys() & verdict.working
    for what, one in verdict.failing.items():
        _, _, last = what.split(" ", 2)
        same = [each for each in contacts if (last.startswith(each.organisation) or last == each.route)]
        assert sum(each.failure is not None or each.faulty for each in same) >= 3
        if one.whose == "theirs":
            routes = {each.route for each in same}
            others = [each for each in contacts if each.organisation != same[0].organisation and each.route in routes]
            assert len(routes) > 1 or any(each.failure is None and not each.faulty for each in others)


# ------------------------------------------------------------------------------------------------ ourselves


def trouble(what: str, count: int, message: str = "no", minutes: float = 5) -> Trouble:
    return Trouble(what, MONDAY, MONDAY + dt.timedelta(minutes=minutes), count, message)


def test_a_mailbox_that_cannot_be_read_three_times_is_our_own_fault() -> None:
    verdict = strikes.of_troubles([trouble("mailbox main", 3, "refused the login")], [])

    assert verdict.failing["ours mailbox main"].whose == "ours"
    assert verdict.failing["ours mailbox main"].words == (
        "Ours: mailbox main has failed 3 times in a row since 23/11/2026 at 10:00: refused the login"
    )


def test_two_times_or_three_in_one_breath_are_no_alert() -> None:
    assert strikes.of_troubles([trouble("mailbox main", 2)], []).failing == {}
    assert strikes.of_troubles([trouble("mailbox main", 3, minutes=0.2)], []).failing == {}


def test_one_cause_is_told_once() -> None:
    troubles = [
        trouble("mailbox main", 9, "no answer"),
        trouble("wave w", 9, "no answer"),
        trouble("collecting", 9, "no answer"),
        trouble("wave x", 9, "the carrier is down"),
        trouble("wave y", 9, "the carrier is down"),
    ]

    assert set(strikes.of_troubles(troubles, []).failing) == {"ours mailbox main", "ours waves"}


def test_a_part_works_again_when_it_has_no_trouble_left() -> None:
    verdict = strikes.of_troubles([trouble("wave w", 1)], ["ours waves", "ours disk", "route email main"])

    assert verdict.working == {"ours disk"}


def night(day: int, state: State) -> Handled:
    return Handled("nightly", dt.date(2026, 11, day), MONDAY, MONDAY, state, None, "nothing was running")


def test_a_missed_night_is_an_alert_until_one_begins_in_time() -> None:
    missed = [night(23, "caught up"), night(22, "missed"), night(21, "missed"), night(20, "planned")]

    found = strikes.of_nights("nightly", missed)

    assert found.failing["night nightly"].words == (
        "Ours: schedule nightly missed the night of 21/11/2026, 22/11/2026: nothing was running."
    )
    assert strikes.of_nights("nightly", [night(24, "planned"), *missed]).working == {"night nightly"}
