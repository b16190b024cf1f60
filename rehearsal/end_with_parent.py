"""Run a command that gets SIGTERM when its parent dies, however the parent dies.

This is a script that replaces itself by the command. The alternative, Python code between fork and exec,
can deadlock if the parent has threads.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Become the command that follows the parent's process id in the arguments."""
    parent, *command = sys.argv[1:]
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(parent):
        sys.exit("the rehearsal ended before its process started")
    try:
        os.execvp(command[0], command)  # noqa: S606  # the rehearsal wrote this command
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")


if __name__ == "__main__":
    main()
