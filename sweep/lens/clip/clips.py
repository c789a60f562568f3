"""Recorded lens clips on disk: read them strictly, write them plainly.

Job: open a clip folder (`meta.json` with `frames.npy`, `frames.npz` or `fNNN_P.png`), check every number before it
is trusted and hand out single frames; write the same format. Input: a folder that anybody may have written; output:
`Clip`. Refuses with `ClipError`, which names one reason, anything truncated, oversized, mislabelled or not a number.
"""

from __future__ import annotations

import json
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, BinaryIO, Literal, Self, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from sweep.lens.clip.origin import source_of
from sweep.lens.optics import Eye
from sweep.modality.strobe import Phase
from sweep.phrases import Phrase
from sweep.report.problems import problem

Frame: TypeAlias = npt.NDArray[np.uint16]
ClipPhase: TypeAlias = Phase | Literal["N"]
"""Lamp phases of a recording: those of the probe, and a second middle ring, which laboratories have."""

MAX_META_BYTES = 256 * 1024
"""Derived: 600 phase letters pretty-printed, one a line, need 12 kB."""
MAX_FOUND = 60
"""Letters of a wrong value that are repeated (guessed)."""
MAX_FRAMES = 600
"""Derived: 30 triples with M and R are 150 frames; four times that is no clip of ours."""
MAX_FRAME_PX = 4096
MAX_PIXELS_PER_CLIP = 512_000_000
"""Derived: 300 frames of 1456 x 1088; bounds the work one folder can cause."""
MAX_NPZ_BYTES = 640_000_000
"""A compressed clip is unpacked whole, so it is held to 200 full-size frames."""
VIDEOS = frozenset({".mp4", ".mov", ".avi", ".mkv", ".3gp", ".webm", ".m4v", ".h264"})
"""Endings of ordinary video: compressed, and without the lamp of each frame."""
ON_AXIS, OFF_AXIS, DARK, RED = "A", "B", "C", "R"
NOMINAL_SHARE = 0.5
"""Pulses shorter than this share of the clip's longest are short ones, taken to measure what saturates otherwise."""


class ClipReason(StrEnum):
    """Why a folder is not a clip."""

    NO_CLIPS = "no_clips"
    NO_META = "no_meta"
    META_NOT_JSON = "meta_not_json"
    META_INVALID = "meta_invalid"
    NO_FRAMES = "no_frames"
    FRAMES_UNREADABLE = "frames_unreadable"
    FRAMES_TRUNCATED = "frames_truncated"
    FRAMES_WRONG_SIZE = "frames_wrong_size"
    FRAMES_WRONG_TYPE = "frames_wrong_type"
    FRAME_COUNT_DIFFERS = "frame_count_differs"
    PHASE_LETTER_DIFFERS = "phase_letter_differs"
    VALUES_OUT_OF_RANGE = "values_out_of_range"
    TOO_LARGE = "too_large"


class ClipError(ValueError):
    """A folder that cannot be read as a clip; one line says what to do, `reason` names the cause."""

    def __init__(self, reason: ClipReason, phrase: Phrase) -> None:
        super().__init__(phrase)
        self.reason = reason


class LampGroup(BaseModel):
    """One lamp group of the recording, nominal."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)

    offset_m: float = Field(ge=0.0, le=1.0)
    layout: str = Field(default="", max_length=80)
    intensity_w_sr: float = Field(gt=0.0, le=1000.0)


class ClipMeta(BaseModel):
    """`meta.json` of a clip: nominal calibration and the phase of each frame. Unknown keys are ignored."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)

    clip: str = Field(min_length=1, max_length=128)
    width: int = Field(ge=64, le=MAX_FRAME_PX)
    height: int = Field(ge=64, le=MAX_FRAME_PX)
    bits: int = Field(ge=8, le=16)
    black_level: float = Field(ge=0.0, le=65535.0)
    e_per_dn: float = Field(gt=0.0, le=10_000.0)
    read_noise_e: float = Field(ge=0.0, le=10_000.0)
    saturation_dn: float = Field(gt=0.0, le=65535.0)
    fps: float = Field(gt=0.0, le=10_000.0)
    exposure_s: float = Field(gt=0.0, le=10.0)
    phases: tuple[ClipPhase, ...] = Field(min_length=1, max_length=MAX_FRAMES)
    pulse_scale: tuple[Annotated[float, Field(gt=0.0, le=1000.0)], ...] = Field(default=(), max_length=MAX_FRAMES)
    """Lamp pulse of each frame over the nominal one; empty: all are nominal."""
    focal_px: float = Field(ge=10.0, le=100_000.0)
    principal_point: tuple[float, float]
    f_number: float = Field(ge=0.5, le=64.0)
    focus_m: float = Field(gt=0.0, le=1000.0)
    led: dict[Literal["A", "B", "M", "N", "R"], LampGroup]
    wavelength_nm: float = Field(ge=300.0, le=1200.0)
    eye: Eye = "probe"
    """Whose nominal optics hold for it."""
    format: str = Field(default="", max_length=16)
    is_simulated: bool = False
    """Rendered: no real place was filmed."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if not self.black_level < self.saturation_dn <= 2**self.bits - 1:
            raise ValueError(Phrase("black_level_out_of_order"))
        x, y = self.principal_point
        if not (abs(x) <= 2 * MAX_FRAME_PX and abs(y) <= 2 * MAX_FRAME_PX):
            raise ValueError(Phrase("principal_point_outside_frame"))
        if ON_AXIS not in self.led or OFF_AXIS not in self.led:
            raise ValueError(Phrase("leds_missing"))
        if self.pulse_scale and len(self.pulse_scale) != len(self.phases):
            raise ValueError(Phrase("pulse_scale_count"))
        if len(self.phases) * self.width * self.height > MAX_PIXELS_PER_CLIP:
            raise ValueError(Phrase("clip_too_many_pixels", most=MAX_PIXELS_PER_CLIP))
        return self

    @property
    def scale(self) -> float:
        """Pixels per pixel of the half-size frame (focal_px 870), by focal length."""
        return self.focal_px / 869.6

    @property
    def short_frames(self) -> frozenset[int]:
        """Frames with a pulse so short that they only serve to measure what saturates in the others."""
        longest = max(self.pulse_scale, default=1.0)
        return frozenset(i for i, pulse in enumerate(self.pulse_scale) if pulse < NOMINAL_SHARE * longest)


@dataclass(frozen=True)
class Clip:
    """A checked clip: `frame(i)` gives frame i as uint16, height x width, black level not subtracted."""

    name: str
    meta: ClipMeta
    read: Callable[[int], Frame] = field(repr=False)

    def frame(self, index: int) -> Frame:
        """Frame `index`. Raises `ClipError` when it cannot be read or holds values above the stated bits."""
        frame = self.read(index)
        if int(frame.max()) >= 2**self.meta.bits:
            message = Phrase("frame_values_above_bits", frame=index, bits=self.meta.bits)
            raise ClipError(ClipReason.VALUES_OUT_OF_RANGE, message)
        return frame


def find_clips(folder: Path) -> tuple[Path, ...]:
    """Clip folders directly under `folder`, sorted by name; `folder` itself when it holds a `meta.json`."""
    if (folder / "meta.json").is_file():
        return (folder,)
    if not folder.is_dir():
        is_video = folder.suffix.lower() in VIDEOS
        code = Phrase("clip_is_a_video", file=folder) if is_video else Phrase("clips_not_a_folder", folder=folder)
        raise ClipError(ClipReason.NO_META, code)
    found = tuple(sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith(".")))
    video = next((p for p in sorted(folder.iterdir()) if p.suffix.lower() in VIDEOS), None)
    if video is not None and not found:
        raise ClipError(ClipReason.NO_META, Phrase("clip_is_a_video", file=video))
    return found


def read_clip(folder: Path) -> Clip:
    """Open the clip in `folder`; frames are read one by one later. Raises `ClipError`."""
    meta = _read_meta(folder / "meta.json")
    if source_of(folder) == "simulated":  # older simulated sweeps say it in their manifest alone
        meta = meta.model_copy(update={"is_simulated": True})
    if (folder / "frames.npy").is_file():
        read = _npy_reader(folder / "frames.npy", meta)
    elif (folder / "frames.npz").is_file():
        read = _npz_reader(folder / "frames.npz", meta)
    else:
        read = _png_reader(folder, meta)
    return Clip(folder.name, meta, read)


def write_clip(folder: Path, frames: Sequence[Frame], meta: ClipMeta, fmt: Literal["png", "npz", "npy"]) -> None:
    """Write a clip: `frames[i]` (uint16, height x width) has phase `meta.phases[i]`. Raises `ClipError`.

    The folder is made; an existing clip in it is not replaced.
    """
    if len(frames) != len(meta.phases):
        message = Phrase("frame_and_phase_counts_differ", count=len(frames), phases=len(meta.phases))
        raise ClipError(ClipReason.FRAME_COUNT_DIFFERS, message)
    for frame in frames:
        if frame.dtype != np.uint16:
            raise ClipError(ClipReason.FRAMES_WRONG_TYPE, Phrase("frames_not_uint16"))
        if frame.shape != (meta.height, meta.width):
            raise ClipError(
                ClipReason.FRAMES_WRONG_SIZE, Phrase("frames_of_wrong_size", height=meta.height, width=meta.width)
            )
    folder.mkdir(parents=True, exist_ok=False)
    table = meta.model_copy(update={"format": fmt}).model_dump(mode="json")
    if not meta.pulse_scale:
        del table["pulse_scale"]
    (folder / "meta.json").write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")
    if fmt == "npy":
        np.save(folder / "frames.npy", np.stack(frames), allow_pickle=False)
    elif fmt == "npz":
        np.savez_compressed(folder / "frames.npz", frames=np.stack(frames))
    else:
        for i, (frame, phase) in enumerate(zip(frames, meta.phases, strict=True)):
            good, coded = cv2.imencode(".png", frame, [cv2.IMWRITE_PNG_COMPRESSION, 5])
            if not good:
                raise ClipError(ClipReason.FRAMES_UNREADABLE, Phrase("frame_not_encoded_as_png", frame=i))
            (folder / f"f{i:03d}_{phase}.png").write_bytes(coded.tobytes())


def _read_meta(path: Path) -> ClipMeta:
    if not path.is_file():
        raise ClipError(ClipReason.NO_META, Phrase("meta_json_missing"))
    if path.stat().st_size > MAX_META_BYTES:
        raise ClipError(ClipReason.TOO_LARGE, Phrase("meta_json_too_large", most=MAX_META_BYTES))
    try:
        table = json.loads(path.read_text(encoding="utf-8"), parse_constant=_reject_constant)
    except (ValueError, RecursionError) as error:
        raise ClipError(ClipReason.META_NOT_JSON, Phrase("meta_json_invalid_json", why=error)) from error
    if not isinstance(table, dict):
        raise ClipError(ClipReason.META_INVALID, Phrase("meta_json_not_object"))
    if isinstance(phases := table.get("phases"), str) and len(phases) <= MAX_FRAMES:
        table["phases"] = list(phases)
    try:
        return ClipMeta.model_validate_json(json.dumps(table))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "meta"
        why = problem(first)
        if first["type"] == "missing" or not first["loc"]:
            message = Phrase("meta_json_invalid", where=_one_line(where), why=why)
        else:
            found = _one_line(json.dumps(first["input"], ensure_ascii=False, default=str))[:MAX_FOUND]
            message = Phrase("meta_json_invalid_value", where=_one_line(where), found=found, why=why)
        raise ClipError(ClipReason.META_INVALID, message) from error


def _reject_constant(name: str) -> float:
    raise ValueError(Phrase("not_a_number", given=name))


def _one_line(value: object) -> str:
    text = "".join(c if c.isprintable() else " " for c in str(value))
    return text if len(text) <= 160 else text[:157] + "..."


def _check_array_header(stream: BinaryIO, meta: ClipMeta) -> None:
    """Read the header of an .npy stream and compare it with `meta`; the stream then stands at the first frame."""
    try:
        version = np.lib.format.read_magic(stream)
        if version not in ((1, 0), (2, 0)):
            raise ClipError(ClipReason.FRAMES_UNREADABLE, Phrase("frames_npy_version_unknown"))
        reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = reader(stream)
    except (
        ValueError,
        EOFError,
        OSError,
        zipfile.BadZipFile,
        zlib.error,
        SyntaxError,
        RecursionError,
        tokenize.TokenError,
    ) as error:
        if isinstance(error, ClipError):
            raise
        message = Phrase("frames_not_a_numpy_array", why=error)
        raise ClipError(ClipReason.FRAMES_UNREADABLE, message) from error
    if dtype != np.dtype("<u2") or fortran:
        raise ClipError(ClipReason.FRAMES_WRONG_TYPE, Phrase("frames_not_little_endian_uint16"))
    if len(shape) != 3 or shape[1:] != (meta.height, meta.width):
        message = Phrase("frame_shape_differs_from_meta", shape=_one_line(shape), height=meta.height, width=meta.width)
        raise ClipError(ClipReason.FRAMES_WRONG_SIZE, message)
    if shape[0] != len(meta.phases):
        message = Phrase("frame_count_differs_from_meta", count=shape[0], phases=len(meta.phases))
        raise ClipError(ClipReason.FRAME_COUNT_DIFFERS, message)


def _npy_reader(path: Path, meta: ClipMeta) -> Callable[[int], Frame]:
    frame_bytes = meta.width * meta.height * 2
    with path.open("rb") as stream:
        _check_array_header(stream, meta)
        start = stream.tell()
    if path.stat().st_size < start + frame_bytes * len(meta.phases):
        raise ClipError(ClipReason.FRAMES_TRUNCATED, Phrase("frames_npy_ends_early"))

    def read(index: int) -> Frame:
        with path.open("rb") as stream:
            stream.seek(start + index * frame_bytes)
            return _as_frame(stream.read(frame_bytes), meta)

    return read


def _npz_reader(path: Path, meta: ClipMeta) -> Callable[[int], Frame]:
    total_bytes = meta.width * meta.height * 2 * len(meta.phases)
    if total_bytes > MAX_NPZ_BYTES:
        raise ClipError(ClipReason.TOO_LARGE, Phrase("frames_npz_too_large", most=MAX_NPZ_BYTES))
    try:
        with zipfile.ZipFile(path) as archive, archive.open("frames.npy") as member:
            _check_array_header(member, meta)  # type: ignore[arg-type]  # ZipExtFile reads bytes, its stub says IO[bytes]
            data = member.read(total_bytes)
    except (OSError, KeyError, EOFError, RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error) as error:
        message = Phrase("frames_npz_not_unpacked", why=error)
        raise ClipError(ClipReason.FRAMES_UNREADABLE, message) from error
    if len(data) < total_bytes:
        raise ClipError(ClipReason.FRAMES_TRUNCATED, Phrase("frames_npz_ends_early"))
    frames = np.frombuffer(data, dtype="<u2").reshape(len(meta.phases), meta.height, meta.width)
    return lambda index: frames[index]


def _png_reader(folder: Path, meta: ClipMeta) -> Callable[[int], Frame]:
    names = sorted(p.name for p in folder.glob("f[0-9][0-9][0-9]_?.png"))
    if not names:
        raise ClipError(ClipReason.NO_FRAMES, Phrase("no_frame_files"))
    if len(names) != len(meta.phases):
        raise ClipError(
            ClipReason.FRAME_COUNT_DIFFERS,
            Phrase("png_count_differs_from_meta", count=len(names), phases=len(meta.phases)),
        )
    for i, name in enumerate(names):
        if int(name[1:4]) != i:
            raise ClipError(ClipReason.FRAME_COUNT_DIFFERS, Phrase("frame_file_missing", frame=i))
        if name[5] != meta.phases[i]:
            message = Phrase(
                "frame_phase_differs_from_meta", frame=i, phase=_one_line(name[5]), meta_phase=meta.phases[i]
            )
            raise ClipError(ClipReason.PHASE_LETTER_DIFFERS, message)

    def read(index: int) -> Frame:
        return _decode_png((folder / names[index]).read_bytes(), index, meta)

    return read


def _decode_png(data: bytes, index: int, meta: ClipMeta) -> Frame:
    """Decode one 16-bit grey PNG after its header was found to agree with `meta`."""
    if len(data) < 33 or data[:8] != b"\x89PNG\r\n\x1a\n" or data[12:16] != b"IHDR":
        raise ClipError(ClipReason.FRAMES_UNREADABLE, Phrase("frame_not_a_png", frame=index))
    width, height, depth, colour = struct.unpack(">IIBB", data[16:26])
    if (width, height) != (meta.width, meta.height):
        message = Phrase(
            "frame_size_differs_from_meta",
            frame=index,
            width=width,
            height=height,
            meta_width=meta.width,
            meta_height=meta.height,
        )
        raise ClipError(ClipReason.FRAMES_WRONG_SIZE, message)
    if depth not in (8, 16) or colour != 0:
        raise ClipError(ClipReason.FRAMES_WRONG_TYPE, Phrase("frame_not_16_bit_grey", frame=index))
    if not _png_is_complete(data):
        raise ClipError(ClipReason.FRAMES_TRUNCATED, Phrase("frame_damaged", frame=index))
    image = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_UNCHANGED)
    if image is None or image.shape != (meta.height, meta.width):
        raise ClipError(ClipReason.FRAMES_UNREADABLE, Phrase("frame_not_decodable", frame=index))
    return image.astype(np.uint16)


def _png_is_complete(data: bytes) -> bool:
    """Walk the chunks: each whole, each checksum right, the last one IEND. A decoder would fill gaps with grey."""
    at = 8
    while at + 12 <= len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        end = at + 12 + length
        if end > len(data):
            return False
        (checksum,) = struct.unpack(">I", data[end - 4 : end])
        if zlib.crc32(data[at + 4 : end - 4]) != checksum:
            return False
        if data[at + 4 : at + 8] == b"IEND":
            return True
        at = end
    return False


def _as_frame(data: bytes, meta: ClipMeta) -> Frame:
    if len(data) < meta.width * meta.height * 2:
        raise ClipError(ClipReason.FRAMES_TRUNCATED, Phrase("frames_end_early"))
    return np.frombuffer(data, dtype="<u2").reshape(meta.height, meta.width)
