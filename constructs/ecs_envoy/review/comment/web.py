"""Writes a comment as a page of HTML that needs nothing else."""

import html
import re

from ecs_envoy.review.comment.page import Bullet, Code, Entry, Note, Page, Part, Section, Table

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;color:#1f2328}"
    "h2{font-size:1.15em;border-bottom:1px solid #d1d9e0;padding-bottom:.3em}"
    "h3,summary{font-size:1em;font-weight:600;margin:1em 0 .3em}"
    "code,pre{font:13px/1.45 ui-monospace,monospace;background:#f6f8fa;border-radius:4px}"
    "code{padding:.1em .3em}pre{padding:.8em;overflow-x:auto}"
    "ins{color:#116329;text-decoration:none}del{color:#82071e;text-decoration:none}"
    "table{border-collapse:collapse}td,th{border:1px solid #d1d9e0;padding:.25em .7em;text-align:left}"
    "td+td,th+th{text-align:right;font-variant-numeric:tabular-nums}li.below{margin-left:1.5em}"
    "footer{color:#59636e;font-size:.9em;margin-top:2em}"
)


def web(page: Page) -> str:
    """Return the comment as a whole page of HTML."""
    unchanged = ", ".join(f"<code>{html.escape(name)}</code>" for name in page.unchanged)
    body = "\n".join(map(_part, page.parts)) + (f"<p>{unchanged}: nothing changes</p>" if unchanged else "")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>What this change deploys</title><style>{_STYLE}</style></head>\n<body>\n"
        f"{body}\n<footer>{_text(page.compared)}</footer>\n</body></html>\n"
    )


def _part(part: Part) -> str:
    return f"<h2>{_text(part.summary)}</h2>\n" + "\n".join(map(_section, part.sections))


def _section(section: Section) -> str:
    body = "\n".join(map(_entry, section.entries))
    if section.folded:
        return f"<details><summary>{_text(section.title)}</summary>\n{body}\n</details>"
    return f"<h3>{_text(section.title)}</h3>\n{body}"


def _entry(entry: Entry) -> str:
    match entry:
        case Bullet():
            below = ' class="below"' if entry.depth else ""
            return f"<li{below}>{_text(entry.text)}</li>"
        case Note():
            return f"<p>{_text(entry.text)}</p>"
        case Code():
            lines = "\n".join(map(_diff_line, entry.text.splitlines()))
            return f"<pre>{lines}</pre>"
        case Table():
            rows = [_row("th", entry.header), *(_row("td", row) for row in entry.rows)]
            return f"<table>{''.join(rows)}</table>"


def _row(tag: str, cells: tuple[str, ...]) -> str:
    return f"<tr>{''.join(f'<{tag}>{_text(cell)}</{tag}>' for cell in cells)}</tr>\n"


def _diff_line(line: str) -> str:
    tag = {"+": "ins", "-": "del"}.get(line[:1])
    return f"<{tag}>{html.escape(line)}</{tag}>" if tag else html.escape(line)


def _text(text: str) -> str:
    escaped = html.escape(text, quote=False)
    coded = re.sub(r"`([^`]*)`", r"<code>\1</code>", escaped)
    return re.sub(r"\*\*([^*]*)\*\*", r"<strong>\1</strong>", coded)
