"""A field test as two persons would leave it, of rendered clips: `python -m tests.simulators.stand_in_campaign CAMPAIGN
TRUTH`, 200 clips of the world `unseen`, 4 GB.

Input is a seed; output is a campaign's folder (set-ups on the setter's sheet, clips unmarked, two recorded again) and,
in another folder that only a setter may open, truth by file, what the renderer knows, and a page that shows where each
thing stands, for whoever marks by hand.  A camera or thing is the same in all its clips: what it is comes from its own
numbers, where it shows from the clip's.  Walls are those of the world, whatever the sheet calls them.  It goes on where
it was left.  What is fitted to such clips is never shipped.
"""

from __future__ import annotations

import argparse
import html
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from sweep.entry.dsse import Signer
from sweep.lab.bench.recording import sign_recording
from sweep.lab.campaign.folder import (
    CAMPAIGN,
    CLIPS,
    SHEET,
    TRIES,
    Campaign,
    Drawn,
    Try,
    on_axis_frames,
    picture,
    write_look,
    write_truth,
)
from sweep.lab.campaign.marking import Marked, truth_of
from sweep.lab.campaign.setups import Setup, draw, sheet_text
from sweep.lab.worlds.unseen import UnseenRoom
from sweep.lab.worlds.unseen_things import Furnisher, Plane, Scene
from sweep.lens.clip.clips import read_clip
from sweep.sim.scene.camera import Array
from sweep.sim.scene.rendered import RenderedClip

SEED: Final = 20261201
SIZE, TRIPLES = (728, 544), 8
DEVICES: Final = (
    (4, "clear"), (4, "clear"), (1, "clear"), (1, "clear"), (3, "reflective"), (2, "reflective"), (3, "absorptive"),
    (2, "clear"), (3, "clear"), (4, "clear"), (2, "clear"), (3, "clear"),
)  # fmt: skip
"""Tier that each camera's lens is drawn from, and its filter, by FIELD-TEST.md's list."""
DRAWN_AS: Final = {"reflector": "tape_frag", "glasses": "gloss_img", "chrome_cyl": "facet"}
"""What the world lacks is drawn as the nearest that it has."""
WIDE_M: Final = {"tape": 0.02, "eyes": 0.04, "drops": 0.03, "glitter": 0.05, "glasses": 0.03}
"""Half of what a setter sees of a thing; 1 cm else."""
BROUGHT: Final = frozenset({"eyes", "tape", "glitter"})
HAND_PX: Final = 0.7
"""Standard deviation of a setter's mark, in each axis."""
AGAIN: Final = {17: "camera moved", 120: "dropped frames"}
BEGAN: Final = datetime(2026, 11, 30, 0, 10, tzinfo=UTC)
PACE_S, LUNCH_S, LUNCH_BEFORE = 140.0, 3600.0, 90
DARK: Final = 0.01
"""Ambient light of the world with the room's light off."""


@dataclass
class Placed(Furnisher):
    """Puts a thing where it is told, on the wall, and draws the rest from the thing's own numbers."""

    place: tuple[float, float] = (0.0, 0.0)

    def _spot(self, clear_px: float = 12.0) -> tuple[Plane, Array, tuple[float, float]]:
        del clear_px
        wall, (x, y) = self.scene.planes[0], self.place
        ray = np.array([(x - self.centre[0]) / self.focal, (y - self.centre[1]) / self.focal, 1.0])
        return wall, float(wall.middle @ wall.normal / (ray @ wall.normal)) * ray, self.place


def numbers_of(setup: Setup, seed: int) -> np.random.Generator:
    """Of the thing: the same in all its clips."""
    if not setup.is_lens:
        return np.random.default_rng([seed, *setup.thing.encode()])
    number = int(setup.thing.rpartition("-")[2])
    tier, kind = DEVICES[number - 1]
    for attempt in range(10_000):
        rng = np.random.default_rng([seed, number, attempt])
        if lens_of(rng, tier)["kind"] == kind:
            return np.random.default_rng([seed, number, attempt])
    raise AssertionError(setup.thing)


def lens_of(rng: np.random.Generator, tier: int) -> dict[str, Any]:
    """What a lens of these numbers is, planted where nobody looks."""
    front = np.array([0.0, 0.0, 1.0])
    wall = Plane(front, np.array([1.0, 0, 0]), np.array([0, 1.0, 0]), 0.1, np.full((3, 3), 0.5, np.float32))
    nowhere = Placed(rng, tier, *SIZE, 1.0, 870.0, np.array(SIZE) / 2.0, 1.0, 60.0, scene=Scene([wall]))
    nowhere.place = (SIZE[0] / 2.0, SIZE[1] / 2.0)
    nowhere.lens()
    return nowhere.lenses[0][1].about


def measured(setup: Setup, seed: int) -> Setup:
    """The line of the sheet as the setter has filled it in, calipers and filter tester in hand."""
    if not setup.is_lens:
        return setup
    about = lens_of(numbers_of(setup, seed), tier_of(setup))
    return setup.model_copy(update={"kind": about["kind"], "aperture_mm": round(about["aperture_mm"], 1)})


def tier_of(setup: Setup) -> int:
    """Where a thing's numbers are drawn."""
    return DEVICES[int(setup.thing.rpartition("-")[2]) - 1][0] if setup.is_lens else setup.tier


def render(setup: Setup, name: str, seed: int) -> tuple[RenderedClip, tuple[float, float]]:
    """A clip, and the pixel of the thing in its last on_axis frame."""
    own = np.random.default_rng([seed, *name.encode()])
    room = room_for(setup, own)
    if not setup.is_light_on:
        room.ambient *= DARK
    place = (float(own.uniform(0.25, 0.75)) * SIZE[0], float(own.uniform(0.25, 0.75)) * SIZE[1])
    hand = Placed(
        numbers_of(setup, seed), tier_of(setup), *SIZE, room.scale, room.focal, room.centre, room.range_m, room.fps,
        gain=room.gain, scene=room.scene, lenses=room.lenses, place=place,
    )  # fmt: skip
    if setup.is_lens:
        hand.lens()
        turn(room, math.radians(setup.angle_deg + abs(float(own.normal(0.0, 2.0)))), float(own.uniform(0.0, 6.28)))
    else:
        hand.thing(DRAWN_AS.get(setup.kind_of_thing, setup.kind_of_thing))
    return room.run(name), place


def room_for(setup: Setup, own: np.random.Generator) -> UnseenRoom:
    """A room of the set-up's tier in which nothing stands that only the setter brings."""
    while True:
        room = UnseenRoom(int(own.integers(2**31)), setup.tier, SIZE, TRIPLES, False, None, range_m=setup.range_m)
        if not BROUGHT & set(room.scene.notes.kinds):
            return room


def turn(room: UnseenRoom, angle: float, way: float) -> None:
    """The planted lens looks past the probe by that angle; its front surface goes with it."""
    scene, (row, lens) = room.scene, room.lenses[-1]
    at = scene.returners.at[row]
    toward = -at / np.linalg.norm(at)
    side = np.cross(toward, [math.cos(way), math.sin(way), 0.3])
    axis = math.cos(angle) * toward + math.sin(angle) * side / np.linalg.norm(side)
    scene.returners.axis[row] = axis
    lens.about["off_angle_deg"] = round(math.degrees(angle), 1)
    if scene.balls.owner and scene.balls.owner[-1] < 0:
        scene.balls.centre[-1] = at - 0.5 * scene.balls.radius_m[-1] * axis


def tries_of(setups: tuple[Setup, ...]) -> Iterator[Try]:
    """The clips in the order of their recording; two of them again."""
    at = BEGAN
    for one in setups:
        for name, because in [(one.clip, "")] + ([(f"{one.clip}-2", AGAIN[one.number])] if one.number in AGAIN else []):
            at += timedelta(seconds=PACE_S + (LUNCH_S if one.number == LUNCH_BEFORE and not because else 0.0))
            yield Try(clip=name, setup=one.number, background=one.background, is_light_on=one.is_light_on,
                      recorded=at, because=because)  # fmt: skip


def plan(folder: Path, seed: int) -> Campaign:
    """The campaign's folder but for its clips."""
    setups = tuple(measured(one, seed) for one in draw(seed))
    (folder / CLIPS).mkdir(parents=True, exist_ok=True)
    (folder / SHEET).write_text(sheet_text(setups), encoding="utf-8")
    tries = tuple(tries_of(setups))
    (folder / TRIES).write_text("".join(f"{one.model_dump_json()}\n" for one in tries), encoding="utf-8")
    drawn = Drawn(v=1, seed=seed, setups=len(setups))
    (folder / CAMPAIGN).write_text(drawn.model_dump_json() + "\n", encoding="utf-8")
    return Campaign(folder, drawn, tries)


def leave(campaign: Campaign, one: Try, setup: Setup, secret: Path) -> None:
    """Write a clip as `sweep bench record` would, and what its setter knows."""
    rendered, place = render(setup, one.clip, campaign.drawn.seed)
    part = campaign.folder / "part"
    rendered.write(part)
    clip = part / one.clip
    write_look(clip)
    signer = Signer.load_or_create(secret / "stand-in.key")
    sign_recording(
        clip, signer, bench="stand-in (rendered)", declared_by=("A-1", "A-2"), camera_serial="rendered",
        calibration=None, recorded=one.recorded,
    )  # fmt: skip
    clip.rename(campaign.clips / one.clip)
    if one in campaign.last_of_each:
        rendered.write_truth(secret / "rendered")
        tell(campaign, one, setup, secret, place)


def tell(campaign: Campaign, one: Try, setup: Setup, secret: Path, place: tuple[float, float]) -> None:
    """Truth as the page of `sweep bench mark` would have written it, and the picture for whoever marks by hand."""
    clip = read_clip(campaign.clips / one.clip)
    last = on_axis_frames(clip)[-1]
    radius = 0.0 if setup.is_lens else round(max(8.0, 870.0 * WIDE_M.get(setup.kind_of_thing, 0.01) / setup.range_m))
    hand = np.random.default_rng([campaign.drawn.seed, 1, *one.clip.encode()]).normal(0.0, HAND_PX, 2)
    mark = Marked({last: (round(place[0] + hand[0], 1), round(place[1] + hand[1], 1))}, True, radius)
    write_truth(Campaign(secret, campaign.drawn, ()), one.clip, truth_of(setup, clip, [mark]))
    shown = cv2.imdecode(np.frombuffer(picture(clip, last), np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    cv2.circle(shown, (round(place[0]), round(place[1])), max(14, int(radius)), (77, 213, 255), 1, cv2.LINE_AA)
    (secret / "pictures").mkdir(exist_ok=True)
    cv2.imwrite(str(secret / "pictures" / f"{one.clip}.png"), shown)


def write_page(campaign: Campaign, setups: dict[int, Setup], secret: Path) -> None:
    """Where each thing stands, for whoever placed it."""
    rows = "\n".join(
        f'<h2 id="{one.clip}">{one.clip} – {html.escape(setup.thing)}, {setup.range_m} m, {setup.angle_deg}°</h2>'
        f'<img loading="lazy" width="728" height="544" alt="" src="pictures/{one.clip}.png">'
        for one in campaign.last_of_each
        for setup in (setups[one.setup],)
    )
    head = '<!doctype html><meta charset="utf-8"><title>Where things stand</title><style>img{max-width:100%}</style>'
    text = f"{head}<p>For the setter alone: the last frame of the whole pulse, the thing in the ring.</p>\n{rows}\n"
    (secret / "index.html").write_text(text, encoding="utf-8")


def main(argv: list[str] | None = None) -> None:
    """Write what is not there yet."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n\n")[0])
    parser.add_argument("campaign", type=Path)
    parser.add_argument("truth", type=Path, help="folder that only a setter may open")
    parser.add_argument("--seed", type=int, default=SEED, help="another one: other cameras and things, another order")
    parser.add_argument("--share", default="0/1", help="which of how many processes this is, as 0/2")
    parser.add_argument("--first", type=int, default=9999, help="so many clips only")
    asked = parser.parse_args(argv)
    number, count = (int(one) for one in asked.share.split("/"))
    campaign = plan(asked.campaign, asked.seed)
    asked.truth.mkdir(mode=0o700, exist_ok=True)
    setups = campaign.setups()
    for at, one in enumerate(campaign.tries[: asked.first]):
        if at % count == number and not (campaign.clips / one.clip).exists():
            leave(campaign, one, setups[one.setup], asked.truth)
            print(f"{at + 1}/{len(campaign.tries)} {one.clip}", flush=True)
    write_page(campaign, setups, asked.truth)


if __name__ == "__main__":
    main()
