"""A report as one page: what answered when, and how long it took; no script, and nothing from any network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from ..platform.gateway.simulation import Ended
from ..routes import words
from .report import Report, failures_said, percentile

_COLUMNS = 60
_WIDTH, _HEIGHT = 900, 200
_COLOURS = ("#2f6fdb", "#1f9d74", "#b3701a", "#8250c8", "#0f8b9d", "#b0457f", "#6b7a1e", "#7a5c45")
_FAILED, _REFUSED = "#cf3434", "#8a8f98"
_STYLE = """\
:root { color-scheme: light dark; --back: #fff; --text: #1d2127; --soft: #646c78; --line: #d9dde3 }
:root { --good: #1f7a4d; --bad: #cf3434 }
@media (prefers-color-scheme: dark) {
  :root { --back: #15181c; --text: #e4e7eb; --soft: #9aa3af; --line: #343a43 }
  :root { --good: #5cc08c; --bad: #f07070 }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back) }
body { max-width: 940px; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.35rem } h2 { font-size: 1.05rem; margin-top: 2rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line) }
th { color: var(--soft); font-weight: 500 }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums }
svg { width: 100%; height: auto } svg text { font: 11px system-ui, sans-serif; fill: var(--soft) }
svg .axis { stroke: var(--line) } svg .event { fill: var(--soft); opacity: .14 }
.key { display: inline-block; width: .7em; height: .7em; border-radius: 2px; margin-right: .4em }
.soft { color: var(--soft) } .good { color: var(--good) } .bad { color: var(--bad) }
"""


@dataclass(frozen=True)
class _Series:
    name: str
    colour: str
    counts: list[int]


def page(report: Report) -> str:
    """Return the report as HTML; the same report gives the same bytes."""
    title = escape(f"Drill of {report.subject.name}")
    said = "".join(f"<p>{escape(line)}</p>\n" for line in list(report.lines())[:3])
    verdict = _judged(report.is_good, "all is as expected", "not all is as expected")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8"/>\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n"
        f'<meta name="viewport" content="width=device-width, initial-scale=1"/>\n<title>{title}</title>\n'
        f"<style>\n{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{title}: {verdict}</h1>\n{said}"
        f"<h2>Expectations</h2>\n{_expectations(report)}"
        f"<h2>Who answered, by when calls came</h2>\n{_legend(report)}{_answers(report)}"
        f"<h2>How long answers took</h2>\n{_times(report)}"
        f"<h2>Services</h2>\n{_services(report)}</body>\n</html>\n"
    )


def _judged(is_good: bool, good: str, bad: str) -> str:
    kind, text = ("good", good) if is_good else ("bad", bad)
    return f'<span class="{kind}">{text}</span>'


def _expectations(report: Report) -> str:
    rows = [
        (_judged(item.is_met, "met", "not met"), escape(item.expected.text), escape(item.said))
        for item in report.verdicts
    ]
    rows += [
        (_judged(bool(met), "event", "not tried"), escape(event.text), f"{met} {event.happens_to}")
        for event, met in zip(report.scenario.events, report.met, strict=True)
    ]
    return _table(("", "What", "Found"), rows) if rows else '<p class="soft">None: nothing was expected.</p>\n'


def _services(report: Report) -> str:
    rows = [
        (
            escape(row.name),
            "" if row.declared is None else words.percent(row.declared),
            words.percent(row.share),
            words.percent(row.as_fallback),
            str(row.attempts),
            escape(failures_said(row.failures)),
        )
        for row in report.rows
    ]
    return _table(("Service", "Declared", "Answered", "As fallback", "Attempts", "Failures"), rows, numbers=range(1, 5))


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """Return a table; cells are HTML already."""

    def line(cells: Sequence[str], tag: str) -> str:
        number = ' class="number"'
        return "".join(f"<{tag}{number if index in numbers else ''}>{cell}</{tag}>" for index, cell in enumerate(cells))

    body = "".join(f"<tr>{line(row, 'td')}</tr>\n" for row in rows)
    return f"<table>\n<tr>{line(titles, 'th')}</tr>\n{body}</table>\n"


def _columns(report: Report) -> list[list[Ended]]:
    wide = report.scenario.seconds / _COLUMNS
    columns: list[list[Ended]] = [[] for _ in range(_COLUMNS)]
    for call in report.calls:
        columns[min(int(call.arrived / wide), _COLUMNS - 1)].append(call)
    return columns


def _series(report: Report) -> list[_Series]:
    columns = _columns(report)
    counts = [Counter(call.place or (None if call.refusal else "") for call in column) for column in columns]
    found = [
        _Series(row.name, _COLOURS[index % len(_COLOURS)], [count[row.place] for count in counts])
        for index, row in enumerate(report.rows)
    ]
    failed = _Series("failed", _FAILED, [count[""] for count in counts])
    refused = _Series("refused", _REFUSED, [count[None] for count in counts])
    return [*found, *(series for series in (failed, refused) if any(series.counts))]


def _legend(report: Report) -> str:
    keys = [
        f'<span class="key" style="background: {series.colour}"></span>{escape(series.name)}'
        for series in _series(report)
    ]
    return f"<p>{' &#160; '.join(keys)}</p>\n"


def _answers(report: Report) -> str:
    """Return a column for each span of time, a piece for each service."""
    series = _series(report)
    most = max(sum(one.counts[index] for one in series) for index in range(_COLUMNS)) or 1
    wide = _WIDTH / _COLUMNS
    parts = [*_events(report)]
    for index in range(_COLUMNS):
        reached = 0
        for one in series:
            number = one.counts[index]
            if number:
                top, tall = _HEIGHT * (1 - (reached + number) / most), _HEIGHT * number / most
                parts.append(
                    f'<rect x="{index * wide:.1f}" y="{top:.1f}" width="{wide - 1:.1f}" height="{tall:.1f}" '
                    f'fill="{one.colour}"><title>{escape(one.name)}: {number}</title></rect>'
                )
            reached += number
    return _chart(report, parts, f"{most} calls")


def _times(report: Report) -> str:
    """Return a line for each of two percentiles of each span of time."""
    columns = [[call.lasted for call in column if call.place] for column in _columns(report)]
    lines = {name: [percentile(column, share) for column in columns] for name, share in (("p50", 0.5), ("p95", 0.95))}
    longest = max((value for line in lines.values() for value in line if value is not None), default=0.0) or 1.0
    parts = [*_events(report)]
    for (name, line), colour in zip(lines.items(), _COLOURS, strict=False):
        points = [
            f"{(index + 0.5) * _WIDTH / _COLUMNS:.1f},{_HEIGHT * (1 - value / longest):.1f}"
            for index, value in enumerate(line)
            if value is not None
        ]
        path = " ".join(points)
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"><title>{name}</title></polyline>'
        )
    keys = [
        f'<span class="key" style="background: {colour}"></span>{name}'
        for name, colour in zip(lines, _COLOURS, strict=False)
    ]
    return f"<p>{' &#160; '.join(keys)}</p>\n" + _chart(report, parts, words.lasting(longest))


def _events(report: Report) -> Iterator[str]:
    for event in report.scenario.events:
        left = _WIDTH * event.begins / report.scenario.seconds
        right = _WIDTH * min(event.ends / report.scenario.seconds, 1.0)
        if right - left < _WIDTH:  # all the time is no part of it to point out
            yield (
                f'<rect class="event" x="{left:.1f}" y="0" width="{right - left:.1f}" height="{_HEIGHT}">'
                f"<title>{escape(event.text)}</title></rect>"
            )


def _chart(report: Report, parts: Sequence[str], top: str) -> str:
    end = words.lasting(report.scenario.seconds)
    inside = "\n".join(parts)
    return (
        f'<svg viewBox="0 -16 {_WIDTH} {_HEIGHT + 34}" role="img">\n'
        f'<text x="0" y="-5">{escape(top)}</text>\n{inside}\n'
        f'<line class="axis" x1="0" y1="{_HEIGHT}" x2="{_WIDTH}" y2="{_HEIGHT}"/>\n'
        f'<text x="0" y="{_HEIGHT + 14}">0</text>'
        f'<text x="{_WIDTH}" y="{_HEIGHT + 14}" text-anchor="end">{escape(end)}</text>\n</svg>\n'
    )
