"""The source of a live camera: it travels to the process that films and is opened there, with a permit.

Input is which camera, how it is set and the calibrated numbers of its frames; output is an open camera that gives
half-size frames.  It refuses to open without a permit, as the cameras do; frames stay in the process that opened it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Final, Literal, Protocol, runtime_checkable

from sweep.lens.camera.ranging import RangeSource
from sweep.lens.clip.binning import binned, binned_meta
from sweep.lens.clip.clips import ClipMeta, LampGroup
from sweep.lens.clip.frames import Camera, CameraSettings, RawFrame
from sweep.lens.optics import Eye, RollingShutter, load_extra_lamps, load_optics, load_rolling_shutter
from sweep.modality.lease import RoomPermit

ExtraLamp = Literal["M", "N", "R"]
"""Lamps that a probe may have besides: middle ring, outer ring, red."""
RINGS: Final[tuple[ExtraLamp, ...]] = ("M", "N")
FREE_FPS: Final = 9.8
FREE_SHUTTER: Final = RollingShutter(shutter_s=0.097, readout_s=0.0, frame_s=0.1)
"""Of a global shutter that no trigger reaches: the lamps light it whole for nearly all of a frame (guessed)."""


@runtime_checkable
class CameraSource(Protocol):
    """A camera that may be opened here and now."""

    @property
    def meta(self) -> ClipMeta:
        """Calibrated numbers of the frames that come."""

    @property
    def lamps(self) -> tuple[ExtraLamp, ...]:
        """Which lamps the probe has besides on_axis and off_axis."""

    @property
    def ranging(self) -> RangeSource | None:
        """The range sensor beside it; None where none is fitted."""

    def exposed(self, exposure_s: float) -> CameraSource:
        """The same camera with another exposure."""

    def paced(self, fps: float) -> CameraSource:
        """The same camera at another rate."""

    def open_camera(self, permit: RoomPermit) -> Camera:
        """The camera, running. Raises RoomNotEmptyError, CameraError."""


@dataclass(frozen=True, slots=True)
class LiveCamera:
    """The probe's own camera."""

    full_size: ClipMeta
    """Calibrated numbers of its full-size frames."""
    settings: CameraSettings
    device: str | None = None
    """Of Video4Linux; None: the Raspberry Pi's own camera."""
    lamps: tuple[ExtraLamp, ...] = ()
    """Which lamps the probe has besides on_axis and off_axis."""
    ranging: RangeSource | None = None
    """The range sensor beside it; None where none is fitted."""

    @property
    def meta(self) -> ClipMeta:
        """Calibrated numbers of the frames that come."""
        return binned_meta(self.full_size)

    def exposed(self, exposure_s: float) -> LiveCamera:
        """The same camera with another exposure."""
        full_size = self.full_size.model_copy(update={"exposure_s": exposure_s})
        return replace(self, full_size=full_size, settings=replace(self.settings, exposure_s=exposure_s))

    def paced(self, fps: float) -> LiveCamera:
        """The same camera at another rate."""
        full_size = self.full_size.model_copy(update={"fps": fps})
        return replace(self, full_size=full_size, settings=replace(self.settings, fps=fps))

    def open_camera(self, permit: RoomPermit) -> Camera:
        """The camera, running. Raises RoomNotEmptyError, CameraError."""
        return HalfSize(open_full_size(permit, self.settings, self.device), self.full_size.saturation_dn)


def open_full_size(permit: RoomPermit, settings: CameraSettings, device: str | None) -> Camera:
    """The Raspberry Pi's camera, or that of a Video4Linux device. Raises RoomNotEmptyError, CameraError."""
    if device is not None:
        from sweep.lens.camera.v4l2 import V4l2Camera

        return V4l2Camera(permit, settings, device=device)
    from sweep.lens.camera.pi import PiCamera

    return PiCamera(permit, settings)


class HalfSize:
    """A camera whose frames are summed 2 x 2: a quarter of the work, and what the detector was trained on."""

    def __init__(self, camera: Camera, saturation_dn: float) -> None:
        self._camera = camera
        self._saturation_dn = saturation_dn
        self.serial = camera.serial

    def read(self) -> RawFrame | None:
        """The next frame; None when none came for a while. Raises RoomNotEmptyError (and closes), CameraError."""
        frame = self._camera.read()
        if frame is None:
            return None
        return replace(frame, pixels=binned(frame.pixels, self._saturation_dn))

    def close(self) -> None:
        """Switch the sensor off; may be called twice."""
        self._camera.close()


def camera_settings(eye: Eye, exposure_s: float | None = None, *, is_triggered: bool = True) -> CameraSettings:
    """How the camera of an eye is set: as a probe's, or where no trigger reaches it, running freely and slower."""
    shutter, optics = load_rolling_shutter(eye), load_optics(eye)
    settings = CameraSettings()
    if shutter is not None:
        settings = CameraSettings(
            width=optics.full_width_px, height=optics.full_height_px, fps=optics.fps, exposure_s=optics.exposure_s,
            model=eye.removeprefix("kit_"), shutter=shutter,
        )  # fmt: skip
    elif not is_triggered:
        settings = replace(settings, fps=FREE_FPS, shutter=FREE_SHUTTER)
    return settings if exposure_s is None else replace(settings, exposure_s=exposure_s)


def nominal_meta(settings: CameraSettings, lamps: tuple[ExtraLamp, ...] = (), eye: Eye = "probe") -> ClipMeta:
    """The design's numbers for full-size frames, with those of the lamps that the probe has besides."""
    extra = load_extra_lamps()
    optics = load_optics(eye)
    scale = settings.width / optics.full_width_px
    return ClipMeta(
        clip="bench", width=settings.width, height=settings.height, bits=optics.bits,
        black_level=float(optics.black_level_dn), e_per_dn=optics.e_per_dn, read_noise_e=optics.read_noise_e,
        saturation_dn=float(optics.saturation_dn), fps=settings.fps, exposure_s=settings.exposure_s, phases=("A",),
        focal_px=optics.focal_m / optics.pixel_pitch_m * scale,
        principal_point=((settings.width - 1) / 2, (settings.height - 1) / 2), f_number=optics.f_number,
        focus_m=optics.focus_m,
        led={
            "A": LampGroup(offset_m=optics.on_axis_offset_m, layout=f"ring{optics.on_axis_count}",
                           intensity_w_sr=optics.on_axis_intensity_w_sr),
            "B": LampGroup(offset_m=optics.off_axis_offset_m, layout="two clusters, +-x",
                           intensity_w_sr=optics.off_axis_intensity_w_sr),
            **{letter: LampGroup(**asdict(extra[letter])) for letter in lamps},
        },
        wavelength_nm=float(optics.wavelength_nm), eye=eye,
    )  # fmt: skip
