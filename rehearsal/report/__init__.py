"""The report of a rehearsal: pictures, a page, a file of numbers, and tables on the terminal."""

import os
import sys
from pathlib import Path

# matplotlib's font cache takes seconds to build. This keeps it in .venv instead of the user's home. It has to
# be set before any of our modules imports matplotlib.
os.environ.setdefault("MPLCONFIGDIR", str(Path(sys.prefix) / "matplotlib-cache"))
