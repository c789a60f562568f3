"""The modalities a sweep has: one row each."""

from __future__ import annotations

from collections.abc import Mapping

from sweep.ble.plug import BlePlug
from sweep.lens.plug import LensPlug
from sweep.plug.evidence import Weigher
from sweep.plug.plug import Plug
from sweep.report import Modality
from sweep.rf.plug import RfPlug
from sweep.wifi.plug import WifiPlug

PLUGS: tuple[Plug, ...] = (LensPlug(), WifiPlug(), BlePlug(), RfPlug())
"""Of a probe that nobody calibrated and that plays no light."""

WEIGHERS: Mapping[Modality, Weigher] = {plug.name: plug.weigher for plug in PLUGS}
