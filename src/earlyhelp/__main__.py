"""`python -m earlyhelp`."""

import sys

from earlyhelp.cli import main

if __name__ == "__main__":
    sys.exit(main())
