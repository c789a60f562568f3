"""`python -m server.demo`: the demonstration that `make run` starts."""

import sys

from server.cli.demonstration import main

if __name__ == "__main__":
    sys.exit(main())
