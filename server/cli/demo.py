"""`python -m server.cli.demo`: the demonstration that `make run` starts; with `city`, the one of `make demo-city`."""

import sys

from sweep.host.loading import loading

with loading():
    from server.cli import demo_city, demonstration

if __name__ == "__main__":
    given = sys.argv[1:]
    sys.exit(demo_city.main(given[1:]) if given[:1] == ["city"] else demonstration.main(given))
