"""A page that never answers costs one test, and not the whole run."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Error

from tests.web.hung import ended_after

pytestmark = pytest.mark.browser


def test_a_script_that_never_answers_fails_its_test_and_no_other(browser: Browser) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        with ended_after(0.2), pytest.raises(Error, match=r"crashed|closed"):
            page.evaluate("new Promise(() => undefined)")
    with browser.new_context() as context:
        assert context.new_page().evaluate("6 * 7") == 42
