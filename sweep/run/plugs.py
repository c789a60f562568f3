"""The modalities a sweep has: one row each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sweep.ble.plug import measure_ble
from sweep.ble.weigh import weigh_ble
from sweep.lens.plug import measure_lens
from sweep.lens.weigh import place_glint, weigh_lens
from sweep.plug.evidence import Weigher
from sweep.plug.measurement import Measurement
from sweep.plug.talk import Line
from sweep.plug.task import Task
from sweep.report import Modality
from sweep.rf.plug import measure_rf
from sweep.rf.weigh import weigh_rf
from sweep.wifi.plug import measure_wifi
from sweep.wifi.weigh import weigh_wifi


@dataclass(frozen=True, slots=True)
class Plug:
    """One modality, whole."""

    name: Modality
    measure: Callable[[Task, Line], Measurement]
    weigher: Weigher


PLUGS: Final = (
    Plug("lens", measure_lens, Weigher(weigh_lens, place_glint)),
    Plug("wifi", measure_wifi, Weigher(weigh_wifi)),
    Plug("ble", measure_ble, Weigher(weigh_ble)),
    Plug("rf", measure_rf, Weigher(weigh_rf)),
)
MEASURES: Final[Mapping[Modality, Callable[[Task, Line], Measurement]]] = {plug.name: plug.measure for plug in PLUGS}
WEIGHERS: Final[Mapping[Modality, Weigher]] = {plug.name: plug.weigher for plug in PLUGS}
