from __future__ import annotations

from string import ascii_lowercase

from probes.web import atoz, top_tasks
from probes.web.pages import Page, Site
from results.schema import Why
from tests.probes.web.house import enquiry, missing, page, site

TASKS = top_tasks.of_tier("housing association")
BINS = enquiry("Refuse collection", "/bins", "rubbish", "dustbin")
STRIP = "<ul>" + "".join(f"<li><a href=/a-z/{one}>{one.upper()}</a>" for one in ascii_lowercase) + "</ul>"
MENU = "<nav><a href=/>Home</a><a href=/a-z>A to Z of services</a></nav>"


def letter(one: str, body: str | None = None) -> Page:
    """The page of one letter. Without a body it lists one service."""
    listed = f"<li><a href=/{one}-service>{one}pple trees</a>" if body is None else body
    return page(f"/a-z/{one}", f"{MENU}<main>{STRIP}<h1>{one}</h1><ul>{listed}</ul></main>", 2)


def council(**letters: str) -> Site:
    """A site with an A to Z of a page a letter, where the named letters hold what is given."""
    pages = [letter(one, letters.get(one)) for one in ascii_lowercase]
    others = [page("/bins", "<h1>Bins</h1>", 3), page("/a-z", f"{MENU}<main>{STRIP}</main>")]
    return site(MENU, *others, *pages)


def read(one: Site) -> dict[str, object]:
    return dict(atoz.read(one, atoz.find(one), (BINS,), TASKS).facts)


def test_a_full_a_to_z_is_found_and_all_its_letters_work() -> None:
    facts = read(council(r="<li><a href=/bins>Refuse collection</a><li><a href=/bins>Rubbish</a>"))

    assert facts == {
        "web.az.state": "present",
        "web.az.present": True,
        "web.az.letters": 100.0,
        "web.az.quality": 100.0,
        "web.az.common_words": 33.3,
        "web.az.duplicates": None,
        "web.az.tasks": 0.0,
    }


def test_letters_that_lead_to_missing_pages_are_dead() -> None:
    whole = council()
    pages = {url: one for url, one in whole.pages.items() if not url.endswith(("/a-z/x", "/a-z/z"))}
    pages |= {one.url: one for one in (missing("/a-z/x"), missing("/a-z/z"))}
    broken = Site(whole.home, whole.hosts, pages, {}, {})

    reading = atoz.read(broken, atoz.find(broken), (BINS,), TASKS)

    assert reading.facts["web.az.letters"] == 92.3
    assert "letters of the A to Z that lead nowhere: X, Z" in reading.notes


def test_letters_that_are_no_link_are_told_and_count_nowhere() -> None:
    strip = "".join(f"<a href=/a-z/{one}>{one.upper()}</a>" for one in ascii_lowercase if one not in "qxz")
    one = site(strip, *(page(f"/a-z/{one}", f"<a href=/{one}>{one}pples</a>") for one in ascii_lowercase))

    reading = atoz.read(one, atoz.find(one), (BINS,), TASKS)

    assert reading.facts["web.az.letters"] == 100.0
    assert "letters that are no link in the A to Z: Q, X, Z" in reading.notes


def test_a_letter_whose_page_says_there_are_none_is_not_judged() -> None:
    assert read(council(x="<p>There are no services beginning with X</p>"))["web.az.letters"] == 100.0


def test_a_letter_whose_page_is_simply_empty_is_dead() -> None:
    assert read(council(x="<p>X</p>"))["web.az.letters"] == 96.2


def test_an_entry_that_leads_to_the_wrong_page_does_not_count() -> None:
    assert read(council(r="<li><a href=/a-z>Refuse collection</a>"))["web.az.quality"] == 0.0


def test_an_a_to_z_on_one_page_works_by_its_anchors() -> None:
    strip = "".join(f"<a href=#{one}>{one.upper()}</a>" for one in ascii_lowercase)
    body = "".join(f"<h2 id={one}>{one}</h2>" for one in ascii_lowercase if one != "q")
    listed = "<a href=/bins>Refuse collection</a><a href=/bins>Rubbish and dustbins</a>"
    one_page = page("/services/a-z", f"<main>{strip}{body}{listed}</main>")

    facts = read(site("<a href=/services/a-z>A-Z</a>", one_page, page("/bins", "<h1>Bins</h1>")))

    assert facts["web.az.letters"] == 96.2
    assert facts["web.az.common_words"] == 66.7


def test_letters_that_only_link_to_the_top_are_dead() -> None:
    strip = "".join(f"<a href=#>{one.upper()}</a>" for one in ascii_lowercase)

    assert read(site("<a href=/a-z>A to Z</a>", page("/a-z", strip)))["web.az.letters"] == 0.0


def test_letters_in_plain_text_are_no_a_to_z() -> None:
    one = site("<p>Browse the full A to Z</p>", page("/services", "<p>A B C D E F G H I J K L M N O P</p>"))

    reading = atoz.read(one, atoz.find(one), (BINS,), TASKS)

    assert (reading.facts["web.az.present"], reading.facts["web.az.state"]) == (False, "none")
    assert reading.unknown["web.az.letters"] == (Why.NOT_APPLICABLE, "there is no A to Z")


def test_a_dead_a_to_z_is_named_so() -> None:
    one = site("<a href=/a-z>A to Z of services</a>", missing("/a-z"))

    reading = atoz.read(one, atoz.find(one), (BINS,), TASKS)

    assert (reading.facts["web.az.present"], reading.facts["web.az.state"]) == (False, "dead")
    assert "the A to Z at http://council.test/a-z does not open" in reading.notes


def test_an_a_to_z_on_somebody_elses_host_is_for_a_person_to_judge() -> None:
    one = site("<a href=http://elsewhere.test/a-z>A to Z of services</a>")

    reading = atoz.read(one, atoz.find(one), (BINS,), TASKS)

    assert (reading.facts["web.az.present"], reading.facts["web.az.state"]) == (None, "off site")
    assert "an A to Z is linked at elsewhere.test, a host that nobody has agreed to" in reading.notes
    assert reading.unknown["web.az.present"][0] is Why.NEEDS_REVIEW


def test_a_strip_that_names_its_letters_at_length_is_a_strip() -> None:
    strip = "".join(f"<a href=/l/{one} aria-label='Services beginning with {one}'>{one}</a>" for one in ascii_lowercase)

    found = atoz.find(site(strip))

    assert found is not None
    assert len(found.strip) == 26


def test_a_menu_on_every_letter_is_no_entry() -> None:
    block = "<aside><a href=/popular>Popular: council tax</a></aside>"
    one = council(**dict.fromkeys("abcdefghijklmnopqrs", block))
    az = atoz.find(one)

    assert az is not None
    assert "Popular: council tax" not in {entry.text for entry in atoz.entries(one, az)}


def test_an_enquiry_tries_the_entries_that_share_its_words() -> None:
    listed = [atoz.Entry("Refuse", "/r"), atoz.Entry("Council tax", "/c"), atoz.Entry("Dustbins", "/d")]

    assert [entry.url for entry in atoz.wanted(listed, (BINS,))] == ["/r", "/d"]


def test_entries_of_the_same_words_have_to_lead_to_the_same_page() -> None:
    agreed = council(m="<li><a href=/bins>Missed bin</a>", r="<li><a href=/bins>Missed bins</a>")
    apart = council(m="<li><a href=/bins>Missed bin</a>", r="<li><a href=/tips>Missed bins</a>")

    assert read(agreed)["web.az.duplicates"] is True
    assert read(apart)["web.az.duplicates"] is False


def test_a_top_task_is_in_the_a_to_z_by_its_name_or_by_an_everyday_word() -> None:
    one = council(
        r="<li><a href=/r>Reporting a repair</a>", b="<li><a href=/r>Broken boiler</a>", p="<li><a href=/p>Pay rent</a>"
    )
    reading = atoz.read(one, atoz.find(one), (BINS,), TASKS)

    assert reading.facts["web.az.tasks"] == 40.0
    assert "top tasks that are not in the A to Z: Make a complaint, Apply for a home, Job vacancies" in reading.notes


HWRC = page("/waste/centres", "<h1>Household waste recycling centres</h1>")


def everyday(t: str, *, in_wales: bool = False, others: tuple[Page, ...] = (HWRC,)) -> tuple[object, object]:
    """The share of everyday words that an A to Z with these entries lists, and what is said of them."""
    tasks = [task for task in top_tasks.TASKS if task.id == "tip"]
    whole = council(t=t)
    one = Site(whole.home, whole.hosts, {**whole.pages, **{other.url: other for other in others}}, {}, {})
    reading = atoz.read(one, atoz.find(one), (enquiry("Refuse collection", "/bins"),), tasks, in_wales=in_wales)
    return reading.facts["web.az.common_words"], reading.where["everyday words in the A to Z"]


def test_an_everyday_word_for_a_top_task_must_lead_to_the_tasks_page() -> None:
    assert everyday("<li><a href=/waste/centres>Tip</a>") == (50.0, {"tip": True, "dump": False})
    assert everyday("<li><a href=/bins>Rubbish dump</a>") == (0.0, {"tip": False, "dump": False})


def test_an_everyday_word_whose_entry_leads_where_the_probe_did_not_read_counts_nowhere() -> None:
    assert everyday("<li><a href=http://waste.test/>Dump your waste</a>") == (0.0, {"tip": False})


def test_in_wales_a_welsh_word_stands_for_the_everyday_ones() -> None:
    welsh = "<li><a href=/waste/centres>Canolfannau ailgylchu</a>"

    assert everyday(welsh, in_wales=True) == (100.0, {"tip": True, "dump": True})
    assert everyday(welsh) == (0.0, {"tip": False, "dump": False})
