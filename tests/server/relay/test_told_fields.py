"""What the server above is told by default, and that nothing told has room for words."""

from __future__ import annotations

from typing import Any

import pytest

from server.config.settings import Settings, SettingsError, load_settings
from server.interface.told_requests import TellRequest


def test_nothing_is_told_unless_the_settings_say_what() -> None:
    assert Settings().above_gets == ""
    assert load_settings({"ANSIM_ABOVE_GETS": "results,cases"}).above_gets == "results,cases"
    with pytest.raises(SettingsError):
        load_settings({"ANSIM_ABOVE_GETS": "names"})


def test_the_settings_name_what_is_told_of_which_district() -> None:
    assert Settings(tenant="a").above_policy == {"a": frozenset()}
    said = load_settings({"ANSIM_TENANT": "a", "ANSIM_ABOVE_GETS": "cases b:cases,results c:"})
    assert said.above_policy == {"a": {"cases"}, "b": {"cases", "results"}, "c": frozenset()}
    said = load_settings({"ANSIM_TENANT": "a", "ANSIM_ABOVE_GETS": "cases schedule b: b:results"})
    assert said.above_policy == {"a": {"cases", "schedule"}, "b": {"results"}}, "a blank loses nothing"
    for wrong in ("b:names", ":cases", "cases  b:cases", "b"):
        with pytest.raises(SettingsError):
            load_settings({"ANSIM_ABOVE_GETS": wrong})


def test_what_is_told_has_no_field_for_words() -> None:
    def check(schema: dict[str, Any]) -> None:
        for one in schema.get("properties", {}).values():
            for kind in one.get("anyOf", [one]):
                if kind.get("type") == "string":
                    assert kind.keys() & {"enum", "const"} or kind.get("format") in {"uuid", "date"}, one

    schema = TellRequest.model_json_schema()
    for one in (schema, *schema["$defs"].values()):
        assert one.get("additionalProperties") is False
        check(one)
