"""The modalities a sweep has: one row each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sweep.ble.modality import BleModality
from sweep.judge.verdicts import ClearanceBasis
from sweep.judge.words import COMMON
from sweep.lens.modality import LensModality
from sweep.modality.evidence import Weigher
from sweep.modality.protocol import SensingModality
from sweep.modality.words import Vocabulary, gather
from sweep.report import Modality
from sweep.report.findings import WeightSource
from sweep.rf.modality import RfModality
from sweep.wifi.modality import WifiModality

SENSING_MODALITIES: tuple[SensingModality, ...] = (LensModality(), WifiModality(), BleModality(), RfModality())
"""Of a probe that nobody calibrated and that plays no light."""

WEIGHERS: Mapping[Modality, Weigher] = {modality.name: modality.weigher for modality in SENSING_MODALITIES}


def vocabulary_of(modalities: Iterable[SensingModality]) -> Vocabulary:
    """What a report of these modalities may say."""
    return gather(COMMON, {modality.name: modality.words for modality in modalities})


def why_not_clear(sources: Mapping[Modality, WeightSource], *, are_stale: bool) -> dict[Modality, str | None]:
    """By modality why its weights let nothing be called clear (a reason's code); None: they do."""
    basis = ClearanceBasis(weights=sources, are_weights_stale=are_stale)
    return {name: basis.why_not_by_weights(name) for name in sources}
