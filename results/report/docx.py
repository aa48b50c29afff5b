"""The wave report as a committee's covering report, in the order that British councils use.

What only the council can say (implications, author, meeting) is left as a marked place to fill in.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_COLOR_INDEX
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from results import words
from results.benchmark import band
from results.channels import ABOUT, contacts
from results.findings import Finding
from results.report.charts import Chart
from results.report.drawings import drawn
from results.report.method import brief, method, notes, staff_words
from results.report.model import ChannelPart, OrganisationPart, WaveReport

MOST_PLANS = 15
"""Action plans of more organisations than this are left to the workbook."""

_IMPLICATIONS = (
    ("Financial implications", "cost of the wave and of the actions recommended, and the budget that bears it"),
    ("Legal implications", "any duty that bears on the findings, such as accessibility of the website"),
    ("Equality implications", "whom the findings affect most, and the impact assessment"),
    ("Community implications", "what residents will notice, and how they are told"),
)


def write_docx(report: WaveReport, path: Path, charts: Sequence[Chart] | None = None) -> None:
    """Write the document, over an older one. `charts`: the report's, where they have been drawn already."""
    _Paper(report, [one for one, _, _ in drawn(report)] if charts is None else charts).write(path)


class _Paper:
    """The document as it grows, with the number of the section and paragraph it has come to."""

    def __init__(self, report: WaveReport, charts: Sequence[Chart]) -> None:
        self.report = report
        self.charts = charts
        self.names = {one.id: one.name for one in report.organisations}
        self.own = next((one for one in report.organisations if one.id == report.own), None)
        self.document = Document()
        self.section = 0
        self.paragraph = 0

    def write(self, path: Path) -> None:
        self._set_up()
        self._front()
        self._purpose()
        self._background()
        self._findings()
        for part in self.report.channels:
            self._position(part)
        self._standards()
        self._limits()
        self._implications()
        self._appendix()
        self.document.save(str(path))

    # -------------------------------------------------------------------------------------------- sections

    def _set_up(self) -> None:
        properties = self.document.core_properties
        properties.title, properties.author = self.report.title, self.report.partnership
        properties.comments, properties.language = "", "en-GB"
        made = dt.datetime.combine(self.report.fieldwork_until, dt.time())  # the same whenever it is written
        properties.created = properties.modified = made
        page = self.document.sections[0]
        page.page_width, page.page_height = Cm(21), Cm(29.7)
        page.left_margin = page.right_margin = page.top_margin = page.bottom_margin = Cm(2.2)
        normal = self.document.styles["Normal"]
        normal.font.name, normal.font.size = "Arial", Pt(11)
        for level in (1, 2):
            heading = self.document.styles[f"Heading {level}"]
            heading.font.name, heading.font.color.rgb = "Arial", RGBColor(0x0B, 0x55, 0x63)
            heading.element.rPr.rFonts.set(qn("w:asciiTheme"), "Arial")
            heading.font.size = Pt(14 if level == 1 else 12)
        _page_numbers(page.footer.paragraphs[0])

    def _front(self) -> None:
        report = self.report
        self.document.add_heading(f"Customer contact: results of {report.title}", 0)
        table = self.document.add_table(rows=0, cols=2)
        for name, value, fill in (
            ("Report to", "committee", True),
            ("Date of meeting", "date", True),
            ("Report of", "officer", True),
            ("Fieldwork", report.fieldwork, False),
            ("Partnership", report.partnership, False),
            *((("Organisation", self.own.name, False),) if self.own else ()),
        ):
            cells = table.add_row().cells
            cells[0].paragraphs[0].add_run(name).bold = True
            _fill(cells[1].paragraphs[0], value) if fill else cells[1].paragraphs[0].add_run(value)

    def _purpose(self) -> None:
        self._heading("Purpose of the report")
        whose = f"of {self.own.name}, beside the others without their names," if self.own else "of the partnership"
        self._say(f"To report the results {whose} from {self.report.title}, and to propose what follows from them.")
        self._heading("Recommendations")
        self._say("That the committee notes what was found, the good first.")
        self._say("That the action plan in Appendix A is agreed, with a name and a date against each row.")
        for part in self.report.channels if self.own is None else ():
            actions = words.listed([one.details[:1].lower() + one.details[1:] for one in part.findings.actions[:3]])
            if actions:
                self._say(f"{part.name}: that the organisations {actions}.")
        self._say("That the next wave measures each action, and its result is reported here.")

    def _background(self) -> None:
        self._heading("Background and method")
        for title, sentences in method(self.report):
            if title in ("How it was done", "How it is scored"):
                for sentence in sentences:
                    self._say(sentence)

    def _findings(self) -> None:
        self._heading("Key findings")
        for sentence in brief(self.report):
            self._say(sentence)
        parts = [self.own] if self.own else self.report.channels
        good = [one for part in parts for one in part.findings.praise]
        however = [one for part in parts for one in part.findings.however]
        self.document.add_heading("What is good", 2)
        self._list(good)
        self.document.add_heading("However", 2)
        self._list(however)

    def _list(self, found: Sequence[Finding]) -> None:
        for one in found:
            caution = f"; {one.caution}" if one.caution else ""
            item = self.document.add_paragraph(style="List Bullet")
            item.add_run(f"{one.text}.").bold = True
            item.add_run(f" {ABOUT[one.channel].name}: {one.figure}{caution}.")
        if not found:
            self.document.add_paragraph("Nothing stood out.")

    def _position(self, part: ChannelPart) -> None:
        self._heading(f"Position: {part.name}")
        average = part.benchmark.average
        if average is not None:
            self._say(f"The average of the organisations is {words.percent(average)} ({band(average)}).")
        self._table(
            ("Organisation", "Score", "95% interval", "Place", "Likely", "Access", "Quality", "Base"),
            list(_league(part, self.names)),
            (4.6, 1.6, 2.2, 2.2, 2.4, 1.6, 1.6, 1.9),
        )
        for chart in self._charts(part):
            self.document.add_picture(io.BytesIO(chart.png()), width=Cm(16))
            described = self.document.inline_shapes[-1]._inline.docPr
            described.set("descr", f"{chart.title}. {chart.description}")
            if chart.legend:
                self.document.add_paragraph(chart.legend).runs[0].font.size = Pt(8)
        rows: list[tuple[str, ...]] = [
            (wide.pooled.label, wide.average_words or "—", wide.pooled.words, wide.pooled.base_words)
            for wide in part.figures
        ]
        head: tuple[str, ...] = ("Figure", "Average of the organisations", "All contacts together", "Base")
        if self.own:
            mine = {one.measure: one.words for own in self.own.channels for one in own.figures}
            rows = [
                (row[0], mine.get(wide.pooled.measure, "—"), *row[1:])
                for row, wide in zip(rows, part.figures, strict=True)
            ]
            head = ("Figure", self.own.name, *head[1:])
        self._table(head, rows)
        for line in (*part.not_assessed, *((f"{part.benchmark.not_ranked}.",) if part.benchmark.not_ranked else ())):
            self._say(line[:1].upper() + line[1:])

    def _charts(self, part: ChannelPart) -> list[Chart]:
        kinds = {f"ranked-{part.channel}", f"grid-{part.channel}"}
        kinds |= {"phone": {"answer-times"}, "email": {"reply-curve"}}.get(part.channel, set())
        return [chart for chart in self.charts if chart.key in kinds]

    def _standards(self) -> None:
        rows: list[tuple[str, ...]] = [
            (part.name, met.short, met.standard, f"{met.words} ({met.met} of {met.base})")
            for part in self.report.channels
            for met in part.standards
        ]
        if not rows:
            return
        self._heading("Standards met")
        self._say(f"The standards are those of {self.report.profile}. The shares are of all contacts together.")
        head: tuple[str, ...] = ("Channel", "What was measured", "Standard", "Met")
        if self.own:
            mine = {
                met.criterion: f"{met.words} ({met.met} of {met.base})"
                for own in self.own.channels
                for met in own.standards
            }
            criteria = [met.criterion for part in self.report.channels for met in part.standards]
            rows = [(*row[:3], mine.get(key, "—"), row[3]) for row, key in zip(rows, criteria, strict=True)]
            head = (*head[:3], self.own.name, "All contacts together")
        self._table(head, rows)

    def _limits(self) -> None:
        self._heading("What these figures do not say")
        for line in notes(self.report):
            self._say(line)
        for title, sentences in method(self.report):
            if title in ("How places are given", "How change is told"):
                for sentence in sentences:
                    self._say(sentence)

    def _implications(self) -> None:
        self._heading("Implications")
        if self.report.staff and self.report.staff.minutes:
            self._say(staff_words(self.report.staff))
        for title, what in _IMPLICATIONS:
            self.document.add_heading(title, 2)
            _fill(self.document.add_paragraph(), what)
        self._heading("Conclusions")
        _fill(self.document.add_paragraph(), "what the committee is asked to conclude")

    def _appendix(self) -> None:
        page = self.document.add_section()
        page.orientation, page.page_width, page.page_height = WD_ORIENT.LANDSCAPE, Cm(29.7), Cm(21)
        self.document.add_heading("Appendix A: action plan", 1)
        plans = [self.own] if self.own else [one for one in self.report.organisations if one.channels]
        if len(plans) > MOST_PLANS:
            self.document.add_paragraph(
                f"The action plans of {len(plans)} organisations are in the workbook beside this report, in the sheet "
                "Action plan."
            )
            return
        for one in plans:
            self._plan(one)

    def _plan(self, one: OrganisationPart) -> None:
        self.document.add_heading(one.name, 2)
        for title, horizon in (("Quick wins", "quick win"), ("Longer term", "longer term")):
            rows = [row for row in one.findings.actions if row.horizon == horizon]
            if rows:
                self.document.add_paragraph().add_run(title).bold = True
                self._table(
                    (
                        *("Issue identified", "Details of action", "Who", "Date of action"),
                        *("Result of the action", "Future action required"),
                    ),
                    [
                        (
                            f"{row.issue} ({ABOUT[row.channel].name}: {row.figure})",
                            *(row.details, row.who, row.date, row.result, row.future),
                        )
                        for row in rows
                    ],
                    (6.2, 7.2, 2.6, 2.4, 3.6, 3.2),
                )
        if not one.findings.actions:
            self.document.add_paragraph("Nothing fell short of nine marks in ten.")

    # -------------------------------------------------------------------------------------------- pieces

    def _heading(self, title: str) -> None:
        self.section += 1
        self.paragraph = 0
        self.document.add_heading(f"{self.section}. {title}", 1)

    def _say(self, sentence: str) -> None:
        self.paragraph += 1
        self.document.add_paragraph(f"{self.section}.{self.paragraph}  {_plain(sentence)}")

    def _table(self, head: Sequence[str], rows: Iterable[Sequence[str]], widths: Sequence[float] = ()) -> None:
        table = self.document.add_table(rows=1, cols=len(head), style="Table Grid")
        table.autofit = not widths
        wide: list[float | None] = [*widths] if widths else [None] * len(head)
        for cell, title, width in zip(table.rows[0].cells, head, wide, strict=True):
            _write(cell, title, width, bold=True)
        _repeat(table.rows[0])
        for row in rows:
            added = table.add_row()
            _whole(added)
            for cell, text, width in zip(added.cells, row, wide, strict=True):
                _write(cell, text, width)
        self.document.add_paragraph()


def _league(part: ChannelPart, names: dict[str, str]) -> Iterable[tuple[str, ...]]:
    scores = part.benchmark.scores
    for key in sorted(scores, key=lambda key: (-(scores[key].score or 0), names[key].casefold())):
        one, rank = scores[key], part.benchmark.ranks.get(key)
        stages = (one.stages.get("access"), one.stages.get("quality"))
        yield (
            names[key],
            words.percent(one.score) if one.reportable and one.score is not None else "counts only",
            f"{words.percent(one.interval.low)} to {words.percent(one.interval.high)}"
            if one.interval
            else "no sampling",
            rank.words if rank else "not ranked",
            rank.interval_words if rank else "—",
            *(
                "not assessed" if stage is None else words.percent(stage.mean) if one.reportable else "—"
                for stage in stages
            ),
            contacts(part.channel, one.contacts),
        )


def _plain(text: str) -> str:
    """No character that XML cannot hold."""
    return "".join(one for one in text if one.isprintable())


def _write(cell: Any, text: str, width: float | None, *, bold: bool = False) -> None:  # noqa: ANN401 - docx has no types
    if width is not None:
        cell.width = Cm(width)
    run = cell.paragraphs[0].add_run(_plain(text))
    run.font.size, run.bold = Pt(8.5), bold
    cell.paragraphs[0].paragraph_format.space_after = Pt(1)


def _fill(paragraph: Any, what: str) -> None:  # noqa: ANN401
    run = paragraph.add_run(f"[To fill in: {what}]")
    run.font.highlight_color = WD_COLOR_INDEX.YELLOW


def _repeat(row: Any) -> None:  # noqa: ANN401
    """The heading is repeated on every page of the table."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    _whole(row)


def _whole(row: Any) -> None:  # noqa: ANN401
    """A row is not torn between pages."""
    row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))


def _page_numbers(paragraph: Any) -> None:  # noqa: ANN401
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        run = paragraph.add_run()
        if kind:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
        else:
            mark = OxmlElement("w:instrText")
            mark.text = text
        run._r.append(mark)
