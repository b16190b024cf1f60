"""A bootstrap that is packed, because the plain text does not fit a task definition.

It is gzip and base64, and the entry point of Envoy's container unpacks it with what the stock image has:
bash, base64 and gunzip. Our diffs and reports show it plain.

Envoy reads the plain text from a pipe: Linux passes at most 128 KB to a program in one argument
(`MAX_ARG_STRLEN`), and the container's file system is read-only. It is unpacked once before, so that the
container ends with a message where that fails.
"""

import base64
import gzip

ENVOY = "/usr/local/bin/envoy"
"""Where the stock image has Envoy."""

_SCRIPT = (
    "set -o pipefail\n"
    'bootstrap=$(printf %s "$2" | base64 --decode | gunzip) || {\n'
    '  echo "Envoy\'s bootstrap cannot be unpacked: the image needs bash, base64 and gunzip" >&2\n'
    "  exit 1\n"
    "}\n"
    "shift 2\n"
    f'exec {ENVOY} --config-path /dev/fd/3 "$@" 3< <(printf %s "$bootstrap")'
)

ENTRY_POINT = ("/bin/bash", "-c", _SCRIPT, "envoy")
"""The entry point of a container whose arguments begin with `--config-yaml` and a packed bootstrap."""


def pack(bootstrap: str) -> str:
    """Return `bootstrap` packed; the same text gives the same result."""
    return base64.b64encode(gzip.compress(bootstrap.encode(), mtime=0)).decode()


def is_packed(bootstrap: str) -> bool:
    """Return whether `bootstrap`, an argument of Envoy's container, is packed: JSON begins with a brace."""
    return bool(bootstrap) and not bootstrap.startswith("{")


def unpack(bootstrap: str) -> str:
    """Return `bootstrap`, an argument of Envoy's container, as plain text.

    Raises:
        ValueError: It is neither JSON nor packed.

    """
    if not is_packed(bootstrap):
        return bootstrap
    try:
        return gzip.decompress(base64.b64decode(bootstrap, validate=True)).decode()
    except (ValueError, EOFError, OSError) as error:
        raise ValueError(f"this is no packed bootstrap: {error}") from None
