"""A server with two districts, and an officer who brings lists in."""

from __future__ import annotations

import pytest

from server.districts.register import add_district
from server.people import auth
from server.people.document_names import set_name
from sweep.report import LocalText
from tests.server.conftest import QUICK_HASH, Client, Site
from tests.server.district_kit import person
from tests.server.imports.bringing import DALBIT, HANBIT
from tests.server.imports.past_office import Office, open_office


@pytest.fixture
def hanbit(site: Site) -> Site:
    """A server with two districts and one inspector who bears a number."""
    with site.db.write() as connection:
        for district_id, name in ((HANBIT, "한빛구"), (DALBIT, "달빛구")):
            add_district(connection, district_id, LocalText(ko=name, en=name), actor="담당-01")
        auth.create_user(
            connection,
            username="first",
            display_name="점검자-01",
            role="inspector",
            password=QUICK_HASH,
            actor="담당-01",
            district_id=HANBIT,
        )
        set_name(connection, "first", "홍길동", actor="담당-01")
    return site


@pytest.fixture
def officer(hanbit: Site) -> Client:
    return person(hanbit, "district_officer", HANBIT)


@pytest.fixture
def office(site: Site) -> Office:
    return open_office(site)
