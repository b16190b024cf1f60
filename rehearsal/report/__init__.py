"""What a rehearsal leaves: pictures, a page, a file of numbers, and a table on the terminal."""

import os
import sys
from pathlib import Path

# matplotlib's cache of fonts takes seconds to build: kept with the library, and not in the user's home. Here,
# since it has to be said before any module of ours imports matplotlib.
os.environ.setdefault("MPLCONFIGDIR", str(Path(sys.prefix) / "matplotlib-cache"))
