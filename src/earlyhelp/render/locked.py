"""Run a command while no other run holds the same lock: python locked.py LOCKFILE COMMAND ...

The command takes the place of this process and inherits the lock, and so do its children. The
system lets go of it when the last of them has ended, however it ended; nothing has to be cleaned
up after a killed build. Standard library only: it also guards the making of the environment.
"""

import fcntl
import os
import sys


def main(lockfile: str, command: list[str]) -> None:
    """Wait for the lock, saying so, and become the command."""
    held = os.open(lockfile, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("Another build is at work in this folder; waiting for it to end", file=sys.stderr)
        fcntl.flock(held, fcntl.LOCK_EX)
    os.set_inheritable(held, True)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
