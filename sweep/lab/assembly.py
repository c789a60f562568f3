"""A recorded sweep put together from captures that exist: real radio captures, ordinary photographs, a quiet emulated
head.

Input is files, output a folder with a manifest; one capture goes to each position in turn. A photograph becomes a
clip whose frames do not differ between the lamp phases, because none was strobed: the pipeline has to say that it
cannot judge it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np

from sweep.lens.clip.clips import ClipMeta, Frame, LampGroup, write_clip
from sweep.lens.optics import load_optics
from sweep.modality.room import Room
from sweep.phrases import Phrase
from sweep.report import EMULATED_HEAD, MANIFEST_NAME, RecordedPosition, RecordedSweep, new_id, to_json, utc_now
from sweep.report.language import spoken
from sweep.sim import world
from sweep.sim.head.emulated import record_serial
from sweep.sim.head.scene import Emitter, RfScene
from sweep.sim.sources import BASELINE_RF_SECONDS, NEIGHBOUR_WIFI_DBM, RF_SECONDS

PHOTO_SIZE = (728, 544)
PHOTO_TRIPLES = 5
PHOTO_NOISE_DN = 2.0  # guessed: read and shot noise of a mid-grey wall, so that no two frames are the same file


class AssemblyError(ValueError):
    """The sweep cannot be put together from these files; one line that says why."""


def assemble_sweep(
    folder: Path,
    room: Room,
    *,
    wifi: Sequence[Path],
    ble: Sequence[Path],
    photos: Sequence[Path],
    with_head: bool,
    say: Callable[[str], None],
) -> RecordedSweep:
    """Write a recorded sweep to `folder` (created) from captures; raises AssemblyError, EmulatorError."""
    if not (wifi or ble or photos or with_head):
        raise AssemblyError(Phrase("nothing_to_assemble"))
    spots = world.make_world(room.plan, 0, None).positions
    for name, files in (("--wifi", wifi), ("--ble", ble), ("--photo", photos)):
        if len(files) > len(spots):
            raise AssemblyError(Phrase("more_files_than_positions", count=len(files), kind=name, positions=len(spots)))
    started = utc_now().replace(microsecond=0)
    names = {zone.zone_id: spoken(zone.name) for zone in room.plan.zones}
    schedule = world.lay_out_time(started, spots)
    folder.mkdir(parents=True)
    quiet = RfScene(emitters=(Emitter("wifi", NEIGHBOUR_WIFI_DBM, duty_cycle=0.08),), seed=7)
    if with_head:
        record_serial(folder / "baseline.serial", quiet, BASELINE_RF_SECONDS)
    positions = []
    for number, (spot, dwell) in enumerate(zip(spots, schedule.dwells, strict=True)):
        place = folder / spot.position_id
        place.mkdir()
        if number < len(photos):
            (place / "lens").mkdir()
            _write_photograph(place / "lens" / f"{spot.position_id}-photo", photos[number], number)
        if with_head:
            record_serial(place / "head.serial", quiet, RF_SECONDS)
        positions.append(
            RecordedPosition(
                id=spot.position_id,
                zone=spot.zone_id,
                x_m=spot.x_m,
                y_m=spot.y_m,
                facing_deg=spot.facing_deg,
                start=dwell[0],
                end=dwell[1],
                lens=f"{spot.position_id}/lens" if number < len(photos) else None,
                wifi=_copy(wifi, number, place, "wifi"),
                ble=_copy(ble, number, place, "ble"),
                rf=f"{spot.position_id}/head.serial" if with_head else None,
            )
        )
        say(f"{number + 1}/{len(spots)} {names[spot.zone_id]}")
    manifest = RecordedSweep(
        v=1,
        sweep_id=new_id(),
        room_id=room.room_id,
        facility_name=room.facility_name,
        room_name=room.room_name,
        room_kind=room.room_kind,
        plan=room.plan,
        source="replay",
        mode="full",
        inspectors=("점검자-01", "점검자-02"),
        probe_id="probe-demo-1",
        firmware=EMULATED_HEAD if with_head else None,
        calibration=None,
        clock_synchronised=False,
        clock_max_error_ms=None,
        started=started,
        ended=schedule.ended,
        baseline_rf="baseline.serial" if with_head else None,
        positions=tuple(positions),
    )
    (folder / MANIFEST_NAME).write_bytes(to_json(manifest) + b"\n")
    return manifest


def _copy(files: Sequence[Path], number: int, place: Path, name: str) -> str | None:
    if number >= len(files):
        return None
    target = place / f"{name}{files[number].suffix.lower()}"
    shutil.copyfile(files[number], target)
    return f"{place.name}/{target.name}"


def _write_photograph(folder: Path, photo: Path, seed: int) -> None:
    """A clip of the same photograph under every lamp phase, with noise of its own in each frame."""
    grey = cv2.imread(str(photo), cv2.IMREAD_GRAYSCALE)
    if grey is None:
        raise AssemblyError(Phrase("not_a_readable_picture", file=photo.name))
    meta = _nominal_meta(folder.name)
    scaled = cv2.resize(grey, PHOTO_SIZE, interpolation=cv2.INTER_AREA).astype(np.float32)
    rng = np.random.default_rng([seed, 0xF0])
    frames: list[Frame] = []
    for _ in meta.phases:
        noisy = meta.black_level + scaled * 3.0 + rng.normal(0.0, PHOTO_NOISE_DN, scaled.shape)
        frames.append(np.clip(np.rint(noisy), 0, meta.saturation_dn).astype(np.uint16))
    write_clip(folder, frames, meta, "npz")


def _nominal_meta(clip: str) -> ClipMeta:
    """What a probe would write beside frames of this size."""
    optics = load_optics()
    width, height = PHOTO_SIZE
    lamps = {"A": optics.on_axis_intensity_w_sr, "B": optics.off_axis_intensity_w_sr}
    return ClipMeta(
        clip=clip,
        width=width,
        height=height,
        bits=optics.bits,
        black_level=optics.black_level_dn,
        e_per_dn=optics.e_per_dn,
        read_noise_e=optics.read_noise_e,
        saturation_dn=optics.saturation_dn,
        fps=optics.fps,
        exposure_s=optics.exposure_s,
        phases=("A", "B", "C") * PHOTO_TRIPLES,
        focal_px=optics.focal_m / optics.pixel_pitch_m * width / optics.full_width_px,
        principal_point=(width / 2, height / 2),
        f_number=optics.f_number,
        focus_m=optics.focus_m,
        led={
            "A": LampGroup(offset_m=optics.on_axis_offset_m, layout="ring", intensity_w_sr=lamps["A"]),
            "B": LampGroup(offset_m=optics.off_axis_offset_m, layout="two clusters, +-x", intensity_w_sr=lamps["B"]),
        },
        wavelength_nm=optics.wavelength_nm,
    )
