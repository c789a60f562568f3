"""The modalities a sweep has: one row each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sweep.ble.plug import BlePlug
from sweep.judge.words import COMMON
from sweep.lens.plug import LensPlug
from sweep.plug.evidence import Weigher
from sweep.plug.plug import Plug
from sweep.plug.words import Vocabulary, gather
from sweep.report import Modality
from sweep.rf.plug import RfPlug
from sweep.wifi.plug import WifiPlug

PLUGS: tuple[Plug, ...] = (LensPlug(), WifiPlug(), BlePlug(), RfPlug())
"""Of a probe that nobody calibrated and that plays no light."""

WEIGHERS: Mapping[Modality, Weigher] = {plug.name: plug.weigher for plug in PLUGS}


def vocabulary_of(plugs: Iterable[Plug]) -> Vocabulary:
    """What a report of these modalities may say."""
    return gather(COMMON, {plug.name: plug.words for plug in plugs})


WORDS = vocabulary_of(PLUGS)
