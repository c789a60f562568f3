"""How often a radio heard its sender, by level: the readings of a test on the bench, counted.

Pure. Input is a recorded test and its sheet; output is a `LevelTable`. Refuses with `CampaignError` fewer readings at a
level, or with the sender off, than `LEAST`, and a radio that hears its sender while it is off.
"""

from __future__ import annotations

from typing import Final

from sweep.lab.campaign.folder import Campaign, CampaignError
from sweep.lab.scoring.intervals import clopper_pearson
from sweep.modality.weights import MOST_SILENT, LevelTable, Rate
from sweep.phrases import Phrase

LEAST: Final = {"level": 5, "silent": 15}
"""Readings at each level, and with the sender off (a convention: 5 of 5 leave .55 to 1, 0 of 15 leave 0 to .18)."""


def count_levels(test: Campaign) -> LevelTable:
    """The table of a radio's test. Raises CampaignError, SheetError."""
    setups, heard = test.level_setups(), dict[float | None, list[bool]]()
    for one in test.last_of_each:
        setup = setups.get(one.setup)
        if setup is not None and one.reading is not None:
            level = round(test.drawn.sender_dbm - setup.attenuation_db, 2) if setup.is_on else None
            heard.setdefault(level, []).append(one.reading.level_dbm is not None)
    silent = heard.pop(None, [])
    enough = {level: found for level, found in heard.items() if level is not None and len(found) >= LEAST["level"]}
    if not enough or len(silent) < LEAST["silent"]:
        counts = {"levels": len(enough), "silent": len(silent)}
        raise CampaignError(Phrase("too_few_readings", **counts, least=LEAST["level"], least_silent=LEAST["silent"]))
    on = max(one.recorded for one in test.tries)
    said = f"recorded {on:%Y-%m-%d}, {sum(map(len, enough.values()))} readings at {len(enough)} levels"
    levels, off = sorted(enough), _rate(silent, said)
    if off.low > MOST_SILENT:
        raise CampaignError(Phrase("heard_while_off", hits=off.hits, of=off.of))
    return LevelTable(
        levels_dbm=tuple(levels), rates=tuple(_rate(enough[level], said) for level in levels),
        silent=off, mhz=test.drawn.mhz, made_from=said,
    )  # fmt: skip


def _rate(found: list[bool], said: str) -> Rate:
    hits, of = sum(found), len(found)
    low, high = clopper_pearson(hits, of)
    return Rate(
        hits=hits, of=of, share=round(hits / of, 3), low=round(low, 3), high=round(high, 3), source="field",
        made_from=said,
    )  # fmt: skip
