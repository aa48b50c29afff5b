"""The rules of the action plan: the eighteen rows of Derbyshire's Appendix A (2006), by their words."""

from __future__ import annotations

import pytest

from results import scheme
from results.findings import Action, Mean, findings, suggestions
from results.schema import FUTURE_ACTION, Channel

SCHEME = scheme.load("south-derbyshire-2006")
CRITERIA = {each.id: each for each in SCHEME.criteria}
QUICK, LONGER = "quick win", "longer term"
MANAGER, EDITOR = "Customer Services Manager", "Web Editor"
STRUCTURE = "Customer service standard on the structure of e-mails"
DETAIL = "E-mails will be professional and will contain the recommended detail"
NEXT, AGAIN = "Measure in next wave of mystery shopper", "Test again with next wave of mystery shopper"

# fmt: off
# What stands in each column: channel, when, the criterion, issue, details, who, result, future.
APPENDIX_A = [
    ("phone", QUICK, "std.available_internal", "Standards",
     "Customer Service Standard and Code of Practice to be issued", MANAGER, "Clear standards in place",
     "Regular review and monitoring against standards"),
    ("phone", QUICK, "phone.greet.salutation", "Desirability of using a salutation", "Change standard greeting",
     "Customer Services Staff", "Salutation used on switchboard", NEXT),
    ("phone", QUICK, "phone.greet.org_name", "Importance of giving the Council Name", "Change standard greeting",
     "Customer Services Staff", "Council name given when call answered", NEXT),
    ("phone", LONGER, "phone.greet.org_name", "Importance of giving the Council Name",
     "Through new service standards, change standard greeting", "Departmental",
     "Council name given on all external calls received", NEXT),
    ("phone", LONGER, "phone.greet.salutation", "Desirability of using a salutation",
     "Through new service standards, change standard greeting", "Departmental",
     "Salutation used on all external calls received", NEXT),
    ("phone", LONGER, "phone.transfer.briefed", "Call transfer techniques",
     "Develop awareness of taking ownership of calls", "Departmental", "Calls transferred effectively",
     "Tailored training targeted through PDR"),
    ("phone", LONGER, "ooh.emergency_contact", "Out of hours calls",
     "Explore telephone software to provide ooh message", "IT",
     "Out of hours callers are given details of who to contact in an emergency and opening hours",
     "Streamline to use voice mail facility"),
    ("email", QUICK, "email.sender_job_title", "Name, telephone number and job title of sender", STRUCTURE, MANAGER,
     DETAIL, AGAIN),
    ("email", QUICK, "email.layout", "Professional layout", STRUCTURE, MANAGER, DETAIL, AGAIN),
    ("email", QUICK, "email.used_name", "Desirability of using the enquirer's name", STRUCTURE, MANAGER, DETAIL, AGAIN),
    ("email", LONGER, "email.replied", "Missing e-mails", "Customer service standard on answering e-mails", MANAGER,
     "E-mails answered", "Extend the automated response"),
    ("web", QUICK, "std.published_web", "Customer Service Standards not published", "Publish current service standards",
     f"{MANAGER}/{EDITOR}", "CS standards on the website", "Monitor and update"),
    ("web", QUICK, "web.phone.numbers_used", "Phone numbers obtained from the website not used",
     "Identify and investigate", EDITOR, "Correct numbers on website", "Monitor and update"),
    ("web", QUICK, "phone.access.website_mentioned", "Offering Website as an alternative", "Staff Training", "ALL",
     "Website offered as an alternative", "Next wave of mystery shopper"),
    ("web", LONGER, "web.name.memorable", "Website Name and Format", "Register and implement new website address",
     f"{MANAGER}/{EDITOR}", "Easier access to website", "Promote new website address"),
    ("web", LONGER, "a11y.level_declared", "Website Accessibility",
     "‘Badge’ our site with WAI level. Investigate ‘large text’ option", EDITOR, "Better accessibility", FUTURE_ACTION),
    ("web", LONGER, "web.search.best_rank", "A-Z search",
     "Test new version for improvement. Discuss with suppliers if necessary", EDITOR, "Improved A-Z",
     "Work with suppliers to develop software"),
    ("web", LONGER, "web.search.common_words", "Searching on common words", "Review of meta data", EDITOR,
     "Common words incorporated", "Ongoing additions to meta data"),
]
# fmt: on


def plan(*weak: str) -> tuple[Action, ...]:
    """The plan of an organisation that earned nothing on these."""
    own = {id: Mean(criterion=id, mean=0.0, base=20, full=0, shops=("s1",)) for id in weak}
    return findings(SCHEME, own, {}).actions


def test_the_seed_had_eighteen_rows() -> None:
    assert len(APPENDIX_A) == 18


@pytest.mark.parametrize("row", APPENDIX_A, ids=lambda row: f"{row[0]}-{row[1]}-{row[2]}")
def test_a_row_of_the_seed_follows_from_its_criterion(row: tuple[str, ...]) -> None:
    channel, horizon, criterion, issue, details, who, result, future = row

    found = [one for one in plan(criterion) if (one.channel, one.horizon) == (channel, horizon)]

    assert any(
        issue in one.issue and details in one.details and (one.who, one.result, one.future) == (who, result, future)
        for one in found
    ), found


def test_an_organisation_that_fails_in_all_of_it_gets_each_row_once() -> None:
    rows = plan(*(each.id for each in SCHEME.criteria if each.weight))

    assert len({(one.channel, one.horizon, one.issue, one.details) for one in rows}) == len(rows)
    assert sum(one.details == "Develop awareness of taking ownership of calls" for one in rows) == 1


def test_a_row_that_several_criteria_suggest_stands_with_the_worst_of_them() -> None:
    own = {
        "email.sender_name": Mean(criterion="email.sender_name", mean=0.6, base=20, full=12, shops=("s1",)),
        "email.sender_phone": Mean(criterion="email.sender_phone", mean=0.1, base=20, full=2, shops=("s2",)),
    }

    shared = [one for one in findings(SCHEME, own, {}).actions if one.details == STRUCTURE]

    assert [(one.criterion, one.figure) for one in shared] == [("email.sender_phone", "2 of 20 e-mails (10%)")]


def test_every_criterion_suggests_what_to_do() -> None:
    for each in SCHEME.criteria:
        assert suggestions(each), each.id
        assert all(one.details for one in suggestions(each))


def test_a_criterion_without_rows_of_its_own_suggests_its_action() -> None:
    (row,) = plan("vm.returned")

    assert (row.issue, row.details) == (CRITERIA["vm.returned"].however, CRITERIA["vm.returned"].action)
    assert (row.horizon, row.who, row.result, row.future) == (LONGER, "", "", FUTURE_ACTION)


@pytest.mark.parametrize("channel", ["phone", "email", "web", "visit", "letter", "form", "chat"])
def test_every_channel_has_quick_wins_and_longer_term_actions(channel: Channel) -> None:
    rows = [one for one in plan(*(each.id for each in SCHEME.criteria if each.weight)) if one.channel == channel]

    assert {one.horizon for one in rows} == {QUICK, LONGER}
