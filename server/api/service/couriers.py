"""The threads that call other servers: a Pi's its city's, a district's the one above it."""

from __future__ import annotations

from functools import partial

from server.api.service.services import Services
from server.interface.told_requests import ToldRoom
from server.relay.client import CityClient
from server.relay.down import expire, pull
from server.relay.sealing import Identity
from server.relay.sync_worker import SyncWorker
from server.relay.telling import Teller
from server.schedule.periods import today
from server.schedule.told_rooms import told_rooms
from sweep.phrases import Phrase


def couriers_of(services: Services) -> tuple[SyncWorker, SyncWorker]:
    """Both; one without an address does nothing."""
    settings, db, signer = services.settings, services.db, services.server_signer.signer

    def due(district_id: str) -> tuple[ToldRoom, ...]:
        return told_rooms(db, services.policy, today=today(), district_id=district_id)

    teller = Teller(db, settings.above_policy, due)
    return (
        SyncWorker(db, settings.city_url, signer, partial(_ask_city, services)),
        SyncWorker(db, settings.above_url, signer, teller, sends_entries=False),
    )


def _ask_city(services: Services, client: CityClient) -> Phrase | None:
    """Take what comes down from the city, and let go what a shift did not use; trouble in one line."""
    expire(services.db)
    identity = Identity.load_or_create(services.settings.data_dir / "relay.age")
    return pull(services.db, client, services.server_signer, identity)
