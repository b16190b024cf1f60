"""A bootstrap that is packed, because the plain text does not fit a task definition.

It is gzip and base64, and the command of Envoy's container unpacks it with what the stock image has: bash,
base64 and gunzip. Diffs and reports show it plain.
"""

import base64
import gzip

_SCRIPT = (
    "set -o pipefail\n"
    'bootstrap=$(printf %s "$2" | base64 --decode | gunzip) || {\n'
    '  echo "Envoy\'s bootstrap cannot be unpacked: the image needs bash, base64 and gunzip" >&2\n'
    "  exit 1\n"
    "}\n"
    "shift 2\n"
    'exec /usr/local/bin/envoy --config-yaml "$bootstrap" "$@"'
)

ENTRY_POINT = ("/bin/bash", "-c", _SCRIPT, "envoy")
"""The entry point of a container whose arguments begin with `--config-yaml` and a packed bootstrap."""

MAX_BYTES = 128 * 1024 - 1
"""The longest argument that Linux passes to a program (`MAX_ARG_STRLEN`), so the longest plain bootstrap."""


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
