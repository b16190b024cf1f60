"""The text of the comment: its marker, its length, and what another's text may hold."""

import hashlib
import json
import re
from collections.abc import Sequence

_CLOSINGS = 200  # characters that are kept for the end of a text that is cut


def key(working_directory: str, configs: Sequence[str], context: Sequence[str]) -> str:
    """Return what tells the comment of one use in a pull request from those of others."""
    words = json.dumps([working_directory.strip("/") or ".", sorted(configs), sorted(context)])
    return hashlib.sha256(words.encode()).hexdigest()[:12]


def marker(name: str) -> str:
    """Return the first line of the comment with this key, which readers do not see."""
    return f"<!-- ecs-envoy diff {name} -->"


def is_of(text: str, name: str) -> bool:
    """Return whether `text` is a comment with this key."""
    return text.lstrip().partition("\n")[0].rstrip() == marker(name)


def same(one: str, other: str) -> bool:
    """Return whether two comments are the same; servers change the ends of lines."""
    return one.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()


def fitting(text: str, longest: int, whole: str) -> str:
    """Return `text`, cut at the end of a line if it is longer than `longest` characters.

    Args:
        text: Markdown.
        longest: The most characters.
        whole: Where the whole text is, as Markdown.

    """
    if len(text) <= longest:
        return text
    pointer = f"\n**The rest is too long for a comment.** {whole}\n"
    kept = text[: longest - len(pointer) - _CLOSINGS]
    kept = kept[: kept.rfind("\n") + 1] or kept
    return f"{kept}{_closings(kept)[:_CLOSINGS]}{pointer}"


def _closings(text: str) -> str:
    """Return what ends the code and the details that are open at the end of `text`."""
    fence = ""
    depth = 0
    for line in text.splitlines():
        found = re.match(r" {0,3}(`{3,})", line)
        if fence:
            fence = "" if line.strip() == fence else fence
        elif found:
            fence = found[1]
        else:
            depth += line.count("<details>") - line.count("</details>")
    return (f"{fence}\n" if fence else "") + "\n</details>\n" * depth


def harmless(text: str) -> str:
    """Return Markdown that somebody else wrote, so that it hides nothing and calls nobody.

    GitHub takes dangerous HTML out of every comment. What it leaves in is a comment of HTML, which could be
    the marker of another comment, and `@name`, which sends mail. A character without a width ends both.
    """
    printable = "".join(c for c in text if c in "\n\t" or c.isprintable() or c == "\u200b")
    return printable.replace("<!", "<\u200b!").replace("@", "@\u200b")
