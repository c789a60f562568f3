"""A document of each air modality names every field of its JSON."""

import json
from pathlib import Path
from typing import Any

import pytest

from sweep.wifi.stimulus.significance import StimulusResult, StimulusScan
from tests.cases import CAPTURES


def keys_of(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {key for item in value.values() for key in keys_of(item)}
    return {key for item in value for key in keys_of(item)} if isinstance(value, list) else set()


@pytest.mark.parametrize(("modality", "name"), [("wifi", "JSON.md"), ("ble", "README.md")])
def test_every_field_is_described(repo_root: Path, modality: str, name: str) -> None:
    text = (repo_root / "sweep" / modality / name).read_text(encoding="utf-8")
    documents = [json.loads(path.read_text()) for path in (CAPTURES / modality).glob("*/expected.json")]
    for document in documents:
        document["rejected"] = {}
    keys = {key for document in documents for key in keys_of(document)} - {"code", "weight_log10"}
    assert [key for key in sorted(keys) if f"`{key}`" not in text] == []


def test_every_field_of_the_stimulus_is_described(repo_root: Path) -> None:
    text = (repo_root / "sweep" / "wifi" / "JSON.md").read_text(encoding="utf-8")
    result = StimulusResult((1,), 0.5, 0.5, "does_not", 50.0, 0.2)
    keys = keys_of(StimulusScan((result,), 1).to_json())
    assert [key for key in sorted(keys) if f"`{key}`" not in text] == []
