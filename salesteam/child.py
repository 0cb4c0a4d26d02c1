"""Become another program that dies when the process that started it dies, however that ends.

Run as a file, before anything of ours is imported: `python -P child.py PARENT_NUMBER PROGRAM …`.
Linux only; elsewhere it just becomes the program, and a supervisor killed with -9 leaves it running.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, command: list[str]) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            sys.exit("the supervisor is gone")
    os.execvp(command[0], command)  # noqa: S606 (a command line of the supervisor's)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
