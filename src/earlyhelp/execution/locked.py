"""Run a command while no other run holds the same lock: python locked.py LOCKFILE COMMAND ...

The command takes the place of this process and inherits the lock, and so do its children. The
system lets go of it when the last of them has ended, however it ended; nothing has to be cleaned
up after a killed build. Standard library only: it also guards the making of the environment.

On Windows, where this was never run, this process stays and holds the lock itself.
"""

import os
import subprocess
import sys
import time

if sys.platform == "win32":
    import msvcrt

    # Locked bytes cannot be read, so it is one behind the end of the file.
    BEHIND = 1 << 30

    def take(held: int, wait: bool) -> bool:
        """Whether the lock was taken; waiting for it, it is."""
        os.lseek(held, BEHIND, os.SEEK_SET)
        while True:
            try:
                msvcrt.locking(held, msvcrt.LK_NBLCK, 1)
                return True
            except OSError:
                if not wait:
                    return False
            time.sleep(1)

    def become(command: list[str]) -> None:
        """Run the command and end with its status."""
        sys.exit(subprocess.run(command, check=False).returncode)

else:
    import fcntl

    def take(held: int, wait: bool) -> bool:
        """Whether the lock was taken; waiting for it, it is."""
        try:
            fcntl.flock(held, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        return True

    def become(command: list[str]) -> None:
        """Let the command take the place of this process."""
        os.execvp(command[0], command)


def main(lockfile: str, command: list[str]) -> None:
    """Wait for the lock, saying so, and become the command."""
    held = os.open(lockfile, os.O_RDWR | os.O_CREAT, 0o666)
    if not take(held, wait=False):
        print("Another build is at work in this folder; waiting for it to end", file=sys.stderr)
        take(held, wait=True)
    os.set_inheritable(held, True)
    become(command)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
