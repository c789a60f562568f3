"""A wall that is filmed fills on the phone while it is filmed: a real agent, the head's firmware, a rendered camera."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import expect

from sweep.host.scratch import scratch_folder
from sweep.sim.head.emulated import EmulatedHead, RfScene
from tests.lens.film_rig import QUARTER_SIZE
from tests.sim.head_kit import built_elf
from tests.simulators.film import FilmSet
from tests.simulators.rendered_sensor import EmulatedSensor
from tests.waiting import wait_until
from tests.web.agent import PROBE_ID, serving_probe
from tests.web.conftest import OpenPhone
from tests.web.live_screen import NOTE_WALLS, painted
from tests.web.test_whole_sweep import PATIENCE_MS, ROOM, declare, stand

pytestmark = [pytest.mark.browser, pytest.mark.soak]

FILMED: Final = FilmSet(7, QUARTER_SIZE)
DWELL_S: Final = 20.0
SETTINGS: Final = """probe_id = "{probe_id}"
server = "{url}"
state = "{folder}/state"
port = "{port}"
wifi_dwell_s = {dwell_s}
stimulus = "never"
ble_scan = "never"
camera = "pi"
"""


@contextmanager
def filming_agent(folder: Path, url: str, root: Path) -> Iterator[None]:
    """`sweep agent` with a head and a camera, and no radio."""
    exposures = folder / "exposures"
    with (
        EmulatedHead(RfScene(), paced=True, exposures=exposures) as head,
        EmulatedSensor(FILMED, exposures, folder),
        (folder / "agent.log").open("wb") as said,
    ):
        settings = SETTINGS.format(probe_id=PROBE_ID, url=url, folder=folder, port=head.port, dwell_s=DWELL_S)
        (folder / "sweep.toml").write_text(settings, encoding="utf-8")
        command = [sys.executable, "-m", "tests.web.filming_agent", str(folder / "frames.sock"), FILMED.to_json()]
        command += ["agent", "--config", str(folder / "sweep.toml")]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, cwd=root) as process:
            try:
                yield
            finally:
                process.terminate()


@pytest.fixture
def whole(built_page: None, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Where the server answers that knows the probe."""
    built_elf()
    with (
        scratch_folder("filmed") as folder,  # a socket's path must stay short
        serving_probe(tmp_path / "server", folder / "state", "probe") as url,
        filming_agent(folder, url, request.config.rootpath),
    ):
        yield url


def test_a_wall_fills_while_it_is_filmed(open_phone: OpenPhone, whole: str) -> None:
    phone = open_phone(whole)
    page = phone.page
    page.add_init_script(NOTE_WALLS)
    phone.log_in(path=f"#/rooms/{ROOM}/start")
    expect(page.get_by_role("radio", name=PROBE_ID)).to_be_checked(timeout=PATIENCE_MS)
    page.get_by_label("점검자 2", exact=True).fill("점검자-02")
    page.get_by_role("button", name="점검 준비").click()
    declare(page)
    page.get_by_role("button", name="건너뛰기").click(timeout=PATIENCE_MS)
    stand(page, "1번 칸")
    seen: list[float] = []

    def has_filled() -> bool:
        """At one of the positions by now."""
        filling = [shares for shares in painted(page) if len({*shares} - {0.0}) >= 2]
        seen[:] = filling[0] if filling else []
        return bool(filling)

    wait_until(has_filled, "a wall that fills", 120.0, 0.2)
    phone.shoot("walls-filmed", full=False)
    print("painted within one position:", *(f"{share:.3f}" for share in seen))
    assert seen[0] == 0.0 < seen[1] < max(seen)
