"""Who declares a room empty: two persons, of whom the second proves it too, since two taps by one thumb are not two.

Input is the request of whoever is logged in, with the second person's own PIN, passkey or password; output are both
names and how each was identified.  That holds for the pair until the sweep is over or somebody comes in.
"""

from __future__ import annotations

from starlette.requests import Request

from server.api.access import INSPECTORS
from server.api.people.second_person import prove_second
from server.api.probes.commands import Declarers
from server.api.service.services import services_of
from server.districts.scope import refuse_foreign
from server.ingest.persons import identified
from server.interface.command_requests import DeclareEmptyRequest
from server.interface.errors import ApiError
from server.people.auth import Person
from server.signing.keys import Key
from sweep.phrases import Phrase


def prove_declarers(
    request: Request, first: Person, probe_id: str, wanted: DeclareEmptyRequest, key: Key | None
) -> Declarers | None:
    """The two who declare; None where names are enough, which is at a probe of a demonstration.

    `key`: the probe's.  ApiError 403 without a second person where one has to prove it, and what `prove_second` raises.
    """
    services = services_of(request)
    if wanted.second_person is not None:
        second = prove_second(request, first, wanted.second_person, about=str(wanted.sweep_id), roles=INSPECTORS)
        with services.db.read() as connection:
            refuse_foreign(connection, second.district_id, {"probe_id": probe_id})
        names, ids = (first.display_name, second.display_name), (first.user_id, second.user_id)
        return Declarers(names, identified(first, second), ids)
    if key is None or key.role == "demo":
        return None
    before = services.hub.proved(probe_id, wanted.sweep_id)
    if before is None or before.identified is None or before.accounts is None or first.user_id not in before.accounts:
        raise ApiError(403, Phrase("other_person_must_confirm"), code="second_person_needed")
    return Declarers(before.declared_by, before.identified, before.accounts)
