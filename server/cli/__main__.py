"""`python -m server.cli`: the same as `sweep-server`."""

from server.cli import main

if __name__ == "__main__":
    main()
