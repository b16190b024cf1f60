"""Where the programs are looked for that a comparison runs."""

import os
import sys
from pathlib import Path


def program_path() -> str:
    """Return the folder of this Python, then the PATH: pip puts programs beside the Python that it is for."""
    return os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
