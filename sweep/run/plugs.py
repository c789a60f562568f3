"""The modalities a sweep has: one row each."""

from __future__ import annotations

from collections.abc import Callable

from sweep.ble.plug import measure_ble
from sweep.lens.plug import measure_lens
from sweep.plug.measurement import Measurement
from sweep.plug.talk import Line
from sweep.plug.task import Task
from sweep.report import Modality
from sweep.rf.plug import measure_rf
from sweep.wifi.plug import measure_wifi

MEASURES: dict[Modality, Callable[[Task, Line], Measurement]] = {
    "lens": measure_lens,
    "wifi": measure_wifi,
    "ble": measure_ble,
    "rf": measure_rf,
}
