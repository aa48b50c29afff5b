"""The map of a site: well-formed, complete, safe, and the same for the same pages."""

from __future__ import annotations

from xml.etree import ElementTree

from probes.web import task_map, top_tasks
from probes.web.pages import Site
from tests.probes.web.house import HOME, TODAY, missing, page, site

SVG = "{http://www.w3.org/2000/svg}"


def drawn(one: Site) -> ElementTree.Element:
    """The map of a district's site, as a reader of XML sees it."""
    return ElementTree.fromstring(task_map.draw(HOME, top_tasks.find(one, top_tasks.of_tier("district")), TODAY))


def words(picture: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in picture.iter(f"{SVG}text")]


def council(name: str = "Missed bin") -> Site:
    return site(
        f"<a href=/waste>Rubbish and recycling</a><a href=/jobs>Jobs</a><a href=/odd>Odd</a><a href=/m>{name}</a>",
        page("/waste", "<h1>Rubbish and recycling</h1>"),
        page("/odd", "<h1>Odd</h1><a href=/bulky>Form 17b</a>"),
        page("/bulky", "<h1>Bulky waste</h1>"),
        page("/m", "<h1>Missed bin</h1>"),
        page("/jobs", "<h1>Jobs</h1>"),
    )


def test_the_map_names_every_task_and_groups_them_by_how_they_fare() -> None:
    shown = words(drawn(council()))

    assert all(task.name in shown for task in top_tasks.of_tier("district"))
    assert "Found straight away: 2" in shown
    assert "Found, but the words lead people astray: 1" in shown
    assert any(text.startswith("Not found: ") for text in shown)


def test_it_says_in_words_what_its_lines_show() -> None:
    (told,) = [node.text or "" for node in drawn(council()).iter(f"{SVG}desc")]

    assert "Report a missed bin: 1 click, by Missed bin." in told
    assert "Have large items collected: 2 clicks, by Odd then Form 17b; somebody following the words gets lost." in told
    assert "Register to vote: not found." in told


def test_it_says_where_somebody_got_lost() -> None:
    one = site("<a href=/m>Report a missed bin</a>", missing("/m"))

    assert "lost at /m" in words(drawn(one))


def test_names_from_the_site_cannot_break_out_of_the_picture() -> None:
    hostile = 'Missed bin &lt;script&gt;alert(1)&lt;/script&gt; &amp; \x0b "quoted" ]]&gt;'
    picture = drawn(council(hostile))

    assert not list(picture.iter(f"{SVG}script"))
    assert any("<script>" in text for text in words(picture))


def test_a_long_way_is_cut_and_says_so() -> None:
    chain = [page(f"/{n}", f"<h1>Bins {n}</h1><a href=/{n + 1}>Bins {n + 1}</a>") for n in range(20)]

    assert "and 7 more" in words(drawn(site("<a href=/0>Bins</a>", *chain)))


def test_the_same_pages_give_the_same_map() -> None:
    pictures = {task_map.draw(HOME, top_tasks.find(council(), top_tasks.of_tier("district")), TODAY) for _ in range(2)}

    assert len(pictures) == 1
