"""Reads the text of a configuration file: which kinds of files, and how much of them."""

import stat
from pathlib import Path

from yaml.reader import Reader

from ecs_envoy.configuration.problems import ConfigurationError, Problem

MAX_KIB = 256
"""A hundred services take about 50 KiB, so a larger file is a mistake."""

_STREAMS = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")
"""The paths of a shell's pipes: `... | ecs-envoy validate /dev/stdin`, `ecs-envoy validate <(...)`."""

_KINDS = {
    stat.S_IFDIR: "is a folder; give the path of a YAML file in it",
    stat.S_IFIFO: "is a named pipe; give the path of a YAML file",
    stat.S_IFSOCK: "is a socket; give the path of a YAML file",
    stat.S_IFCHR: "is a device; give the path of a YAML file",
    stat.S_IFBLK: "is a device; give the path of a YAML file",
}


def read_text(path: Path) -> str:
    """Return the text of the file at `path`, without a byte order mark.

    Raises:
        ConfigurationError: The file is missing, unreadable, not a regular file, larger than `MAX_KIB`,
            not UTF-8, or holds a character that YAML does not allow.

    """
    content = _content(path)
    if len(content) > MAX_KIB * 1024:
        raise refused(path, f"is larger than {MAX_KIB} KiB; give the YAML file of one environment")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise refused(path, "is not text in UTF-8; save it as UTF-8", line=line) from None
    if found := Reader.NON_PRINTABLE.search(text):
        code = ord(found[0])
        description = f"the control character U+{code:04X}" if code else "a NUL byte"
        raise refused(path, f"holds {description}; remove it", line=text.count("\n", 0, found.start()) + 1)
    return text


def refused(path: Path, message: str, *, line: int = 0) -> ConfigurationError:
    """Return the error with `message` about the file at `path`, or about one of its lines."""
    return ConfigurationError(path, [Problem(line, "", message)])


def _content(path: Path) -> bytes:
    """Return the first bytes of the file at `path`, enough to notice that it is too large."""
    try:
        kind = stat.S_IFMT(path.stat().st_mode)
        # Opening a named pipe may block forever. A shell's pipe is open already.
        if kind in _KINDS and not (kind == stat.S_IFIFO and str(path).startswith(_STREAMS)):
            raise refused(path, _KINDS[kind])
        with path.open("rb") as file:
            return file.read(MAX_KIB * 1024 + 1)
    except FileNotFoundError:
        cure = "give the path of a YAML file, such as config/example.yaml"
        raise refused(path, f"no such file; {cure}") from None
    except ConfigurationError:
        raise
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise refused(path, f"cannot be read: {reason}; give a YAML file that this user may read") from None
