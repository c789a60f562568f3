"""What the routes share: settings, database, keys, live hub and login gate, made once by `create_app`."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.requests import Request

from server.auth import LoginGate
from server.db import Database
from server.live import LiveHub
from server.persons import Notary
from server.settings import Settings
from server.shares import Crews, PersonalShares


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a route may use."""

    settings: Settings
    db: Database
    notary: Notary
    hub: LiveHub
    gate: LoginGate
    crews: Crews = field(default_factory=Crews)
    shares: PersonalShares = field(default_factory=PersonalShares)


def services_of(request: Request) -> Services:
    """The services of the application that handles this request."""
    services: Services = request.app.state.services
    return services
