"""Writes results as a Markdown page."""

from pathlib import Path

import jinja2


def write_markdown(template: Path, page: Path, **values: object) -> None:
    """Render `template` with `values`, and write the result to `page`."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(template.parent),
        autoescape=False,  # noqa: S701  # Markdown of our own figures
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    page.write_text(environment.get_template(template.name).render(**values), encoding="utf-8")
