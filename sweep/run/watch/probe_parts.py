"""What a sweep of the room itself has besides its modalities: the head, the camera's supply, the log of its radios."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sweep.host.gpio import LinePlace
from sweep.host.machine import Machine
from sweep.modality.own_transmissions import OwnTransmissions
from sweep.power.sensor import Method
from sweep.run.hotspot_pause import HotspotPause
from sweep.run.plan.budget import Durations
from sweep.run.reference.reference import ReferenceFile
from sweep.run.watch.power_bank_watch import PowerBankWatch


@dataclass(frozen=True, slots=True)
class ProbeParts:
    """What a probe measures with where the source is the room itself."""

    head_port: str | None = None
    """Serial port of the sensor head: RF, its button, and where the settings allow it, its white light."""
    camera_power: LinePlace | None = None
    """Line that switches the camera's supply."""
    camera_sensor: Method = "at_boot"
    """When the sensor's driver looks for its sensor."""
    hotspot_pause: HotspotPause | None = None
    """Silences the probe's own access point while RF is measured; None: nobody does."""
    own_transmissions: OwnTransmissions | None = None
    """When the probe's own radios sent; None: nobody keeps a log."""
    durations: Durations | None = None
    """How long each part takes at a position; None: nobody minds the time."""
    bank: PowerBankWatch | None = None
    """Keeps account of the power bank; None: nobody does."""
    reference: ReferenceFile | None = None
    """What the probe knows of its reference checks; None: nobody makes any."""
    why_stopped: Callable[[], str | None] = lambda: None
    """Code that says why a sweep was aborted that no person aborted; None where a person may have."""
    machine: Machine | None = None
    """What speaks of the probe's processor, supply and disk; None: nobody reads it."""
