"""`sweep doctor`: whether what a probe writes stays, and what became of its last update.

Input is the settings and this machine; output is a check for each thing.  Nothing is changed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sweep.cli.doctor.checks import Check, Here, Topic
from sweep.config import Config
from sweep.host import apply_update
from sweep.host.apply_update import sentence

FLEETING: Final = frozenset({"overlay", "tmpfs", "ramfs"})
"""File systems that forget when the power goes."""


def check_keeping(settings: Config, here: Here) -> Iterator[Check]:
    """The disk that the state is on, and the last update."""
    yield _state(settings, here)
    yield _update(here)


def _state(settings: Config, here: Here) -> Check:
    topic = Topic("machine", "state_disk", ("기록 보관", "state kept"))
    mounts = read_mounts(here.read("proc/self/mounts") or "")
    folder = Path(os.path.abspath(settings.state_folder))  # noqa: PTH100 - resolve() would follow links of this machine
    state, root = kind_of(mounts, folder), kind_of(mounts, Path("/"))
    if state is None:
        return topic.unknown()
    if state in FLEETING:
        return topic.wrong(
            (f"{folder}: 전원을 끄면 사라짐({state})", f"{folder} is forgotten at power-off ({state})"),
            ("읽기 전용 설정에서 상태 파티션을 마운트하세요", "mount the state partition of the read-only setup"),
        )
    if root in FLEETING:
        return topic.ok(("운영체제 읽기 전용, 상태는 따로 보관", "system read-only, state on its own partition"))
    return topic.ok(("카드에 보관", "on the card"))


def read_mounts(text: str) -> dict[Path, str]:
    """File system by mount point; of two at one place the later one, which covers the other."""
    rows = [line.split() for line in text.splitlines()]
    return {Path(row[1].replace("\\040", " ")): row[2] for row in rows if len(row) > 2}


def kind_of(mounts: dict[Path, str], path: Path) -> str | None:
    """File system under a path; None where nothing says it."""
    return next((mounts[one] for one in (path, *path.parents) if one in mounts), None)


def _update(here: Here) -> Check:
    # In the group of the machine: while an update asks how the program is, it is of course not finished.
    topic = Topic("machine", "update", ("업데이트", "update"))
    state = here.path(str(apply_update.STATE))
    if not os.access(state, os.R_OK | os.X_OK):
        return topic.unknown(("관리자만 볼 수 있음", "only root sees it")) if state.exists() else topic.ok(NONE)
    if (state / "update.json").exists():
        return topic.wrong(("끝나지 않음", "not finished"), "systemctl start ansim-sweep-update")
    try:
        record = json.loads((state / "last.json").read_bytes())
        said = sentence(record)
    except OSError:
        return topic.ok(NONE)
    except (ValueError, KeyError, TypeError):
        return topic.unknown()
    if record["what"] == "installed":
        return topic.ok(said)
    advice = (
        "배포처에 알려 주세요. 이전 버전은 계속 쓸 수 있습니다",
        "tell who released it; the one before goes on working",
    )
    return topic.note(said, advice)


NONE: Final = ("설치한 적 없음", "none so far")
