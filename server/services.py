"""What the routes share: settings, database, keys, live hub and what guards logins, made once by `create_app`."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from starlette.requests import Request

from server.auth import living_sessions
from server.db import Database
from server.devices import KnownDevices
from server.export_queue import ExportQueue
from server.group_commit import GroupCommit
from server.live import LiveHub
from server.login_delays import LoginDelays
from server.persons import Notary
from server.projector import Projector
from server.pulse import Pulse
from server.settings import Settings
from server.shares import Crews, PersonalShares


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a route may use."""

    settings: Settings
    db: Database
    notary: Notary
    hub: LiveHub
    delays: LoginDelays
    devices: KnownDevices
    pulse: Pulse
    door: GroupCommit
    projector: Projector
    exports: ExportQueue
    crews: Crews = field(default_factory=Crews)
    shares: PersonalShares = field(default_factory=PersonalShares)

    async def end_dead_streams(self) -> None:
        """End the event streams whose session is no more; call it on the event loop."""
        listening = self.hub.listening_sessions()
        if listening:
            living = await self.crews.sessions.run(partial(living_sessions, self.db, listening))
            self.hub.end_sessions(listening - living)


def services_of(request: Request) -> Services:
    """The services of the application that handles this request."""
    services: Services = request.app.state.services
    return services
