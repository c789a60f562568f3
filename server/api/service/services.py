"""What the routes share: settings, database, keys, live hub and what guards logins, made once by `create_app`."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from starlette.requests import Request

from server.api.service.database_check import DatabaseCheck
from server.api.service.maintenance_log import MaintenanceLog
from server.api.service.request_metrics import RequestMetrics
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
from server.store.db import Database


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
    pools: Pools = field(default_factory=Pools)
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


def services_of(request: Request) -> Services:
    """The services of the application that handles this request."""
    services: Services = request.app.state.services
    return services
