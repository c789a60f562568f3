"""What the routes share: settings, database, keys, live hub and what guards logins, made once by `create_app`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from starlette.requests import Request

from server.api.service.database_check import DatabaseCheck
from server.api.service.maintenance_log import MaintenanceLog
from server.api.service.request_metrics import RequestMetrics
from server.bounds.gathering import Gathering
from server.bounds.load import Load
from server.bounds.thread_pools import PersonalShares, Pools
from server.config.inspection_policy import Rule
from server.config.public_page import PublicPage
from server.config.retention import Periods
from server.config.settings import Settings
from server.exports.jobs.export_queue import ExportQueue
from server.ingest.group_commit import GroupCommit
from server.ingest.persons import ServerSigner
from server.live.exchange import Exchange
from server.live.hub import LiveHub
from server.log.heads import Heads
from server.notifications.delivering import Ways
from server.people.challenges import Challenges
from server.people.devices import KnownDevices
from server.people.login_delays import Delays
from server.people.sessions import living_sessions
from server.people.single_sign_on import SingleSignOn
from server.projections.projector import Projector
from server.public_page.reports import ReportLimits
from server.signing import keys
from server.store.db import Database

KEYS_LINGER_S = 0.004  # guessed: nobody feels it, and twenty probes share a look-up
MOST_KEYS = 200  # guessed: fewer than a statement takes


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a route may use."""

    settings: Settings
    db: Database
    server_signer: ServerSigner
    heads: Heads
    periods: Periods
    public_page: PublicPage
    policy: tuple[Rule, ...]
    """How often rooms are inspected."""
    hub: LiveHub
    exchange: Exchange
    delays: Delays
    devices: KnownDevices
    challenges: Challenges
    single_sign_on: SingleSignOn | None
    """The city's; None where there is none."""
    pulse: DatabaseCheck
    ingest: GroupCommit
    projector: Projector
    exports: ExportQueue
    shares: PersonalShares
    ways: Ways
    """How people are told that there is something to look at."""
    request_keys: Gathering[str, keys.Key | None]
    """The admitted key of an id, as probes and servers sign their requests with it."""
    pools: Pools
    report_limits: ReportLimits = field(default_factory=ReportLimits)
    measures: RequestMetrics = field(default_factory=RequestMetrics)
    upkeep: MaintenanceLog = field(default_factory=MaintenanceLog)

    load: Load = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "load", Load(lambda: self.pools.work))

    async def end_dead_streams(self) -> None:
        """End the event streams whose session is no more; call it on the event loop."""
        listening = self.hub.listening_sessions()
        if listening:
            living = await self.pools.sessions.run(partial(living_sessions, self.db, listening))
            self.hub.end_sessions(listening - living)


def find_request_keys(db: Database, pools: Pools) -> Gathering[str, keys.Key | None]:
    """Look keys up together; each look-up begins after the request that asks, so that a revocation holds at once."""

    def find(key_ids: Sequence[str]) -> list[keys.Key | None]:
        found = db.look(partial(keys.find_keys, key_ids=set(key_ids)))
        return [found.get(key_id) for key_id in key_ids]

    return Gathering(pools.sessions, find, linger_s=KEYS_LINGER_S, most=MOST_KEYS, max_waiting=1_000)


def services_of(request: Request) -> Services:
    """The services of the application that handles this request."""
    services: Services = request.app.state.services
    return services
