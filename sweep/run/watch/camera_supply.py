"""The camera's supply and the driver of its sensor, looked after before each position of a live sweep.

Input is the power that follows the persons' declaration, how the driver finds its sensor, and which declaration holds;
output is a code where the camera cannot be filmed with.  The driver is attached once for each declaration, since the
sensor loses its power with the one before.
"""

from __future__ import annotations

import contextlib
from typing import Final

from sweep.modality.control import Control
from sweep.modality.lease import Declaration
from sweep.power.keeper import CameraPower
from sweep.power.sensor import SensorDriver, SensorError

POWER_S: Final = 5.0
"""How long the supply may take to come on (guessed)."""
LOOK_EVERY_S: Final = 0.1


class CameraSupply:
    """One for a sweep."""

    def __init__(self, power: CameraPower | None, sensor: SensorDriver) -> None:
        """`power`: None where the camera has a supply of its own."""
        self._power = power
        self._sensor = sensor
        self._attached: Declaration | None = None

    def bring_up(self, control: Control, process_id: int | None) -> str | None:
        """Why the camera cannot be used here, a code; None when it has power and its driver. `process_id`: of the
        process that films, whose death cuts the power.
        """
        if self._power is None:
            return None
        self._power.depend_on(process_id)
        for _ in range(round(POWER_S / LOOK_EVERY_S)):
            if self._power.wait_on(LOOK_EVERY_S) or control.standing not in {"go", "moved_on"}:
                break
        now = control.declaration
        if not self._power.is_on or now is None:
            return "camera_no_power"
        if now == self._attached:
            return None
        try:
            if self._attached is not None:
                with contextlib.suppress(SensorError):  # it went with the power
                    self._sensor.detach()
            self._attached = None
            self._sensor.attach()
        except SensorError:
            return "camera_no_driver"
        self._attached = now
        return None

    def put_away(self) -> None:
        """The sweep is over."""
        if self._attached is not None:
            with contextlib.suppress(SensorError):
                self._sensor.detach()
            self._attached = None
