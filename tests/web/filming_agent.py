"""`sweep agent` that films through the rendered sensor: `python -m tests.web.filming_agent FRAMES FILMED agent …`.

Everything else is the command itself.  The camera is the one part without a source that a setting could open here: that
of the Pi wants its driver's folder in /sys, that of Video4Linux a device; so the source beside them is another one.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sweep.cli import live, main
from tests.simulators.film import Film, FilmSet
from tests.simulators.rendered_sensor import SensedCamera

if __name__ == "__main__":
    frames, filmed = Path(sys.argv[1]), FilmSet.from_json(sys.argv[2])
    camera = SensedCamera(frames, Film(filmed).meta)
    setattr(live, "_camera_source", lambda *_: camera)  # noqa: B010  # mypy knows the type of what is replaced
    del sys.argv[1:3]
    main()
