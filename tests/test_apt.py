"""Which packages `.ci/apt` asks Debian for, of those that are there and those that can be had."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

DPKG_QUERY = '#!/bin/bash\nfor i in $THERE; do [ "$i" = "${@: -1}" ] && echo -n installed; done; true\n'
APT_GET = """#!/bin/bash
[ "$1" = update ] && exit
for one in $CAN_BE_HAD; do
  [ "$one" = "${@: -1}" ] && { [ "$2" = -s ] || echo "$one" >>asked; exit 0; }
done
exit 100
"""


@pytest.mark.parametrize(
    ("there", "can_be_had", "wanted", "asked"),
    [
        ("", "strace", "strace", "strace"),
        ("strace", "strace", "strace", ""),
        ("gcc-14", "gcc gcc-14", "gcc|gcc-14", ""),
        ("", "gcc-14", "gcc|gcc-14", "gcc-14"),
        ("postgresql", "postgresql postgresql-17", "postgresql-17!postgresql", "postgresql-17"),  # an older release's
        ("postgresql-17", "postgresql", "postgresql-17!postgresql", ""),
        ("", "postgresql postgresql-17", "postgresql-17!postgresql", "postgresql-17"),
        ("", "postgresql", "postgresql-17!postgresql", "postgresql"),  # a newer Debian
    ],
)
def test_what_is_asked_for(
    there: str, can_be_had: str, wanted: str, asked: str, tmp_path: Path, repo_root: Path
) -> None:
    for name, script in {"dpkg-query": DPKG_QUERY, "apt-get": APT_GET, "sudo": '#!/bin/bash\nshift; "$@"\n'}.items():
        (tmp_path / name).write_text(script, encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "THERE": there, "CAN_BE_HAD": can_be_had}
    subprocess.run([repo_root / ".ci" / "apt", wanted], cwd=tmp_path, env=environment, check=True, capture_output=True)
    file = tmp_path / "asked"
    assert (file.read_text(encoding="utf-8").strip() if file.exists() else "") == asked
