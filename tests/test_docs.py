"""What the pages name exists, and what they show to paste works."""

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

PAGES = [
    path
    for path in sorted(ROOT.rglob("*.md"))
    if not {"node_modules", ".venv", "out", "cdk.out", "adr"} & set(path.parts)
]


@pytest.mark.parametrize("page", [pytest.param(page, id=str(page.relative_to(ROOT))) for page in PAGES])
def test_every_file_of_ours_that_a_page_names_exists(page: Path) -> None:
    folders = "tests|bench|envoy|constructs|rehearsal|monitoring|config|docs|stacks"
    named = re.findall(rf"`((?:{folders})/[\w./-]+\.\w+)`", page.read_text())
    made = {"rehearsal/out/monitoring.png"}  # by a rehearsal
    assert not [name for name in named if name not in made and not (ROOT / name).exists()]
