"""Settings of the server, one table: name, default, bounds, what it decides.

Input is the environment (`ANSIM_<NAME>`) and command-line options, which win; output is one frozen record.  An unknown
`ANSIM_` variable, a number out of bounds or an unusable path is refused with one line; `sweep-server settings` lists
them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from server.config.inspection_policy import STANDARD as INSPECTION_POLICY
from server.config.public_page import STANDARD as PUBLIC_PAGE
from server.config.retention import STANDARD
from server.store.objects import Place, place_of
from sweep.entry.envelope import DEFAULT_TENANT
from sweep.entry.notes import COSIGNATURE, VerifierKey, parse_verifier_key
from sweep.phrases import Phrase
from sweep.report import first_problem

ENVIRONMENT_PREFIX = "ANSIM_"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
WEB_DIR = Path(__file__).parent.parent / "web" / "dist"
EVERY_ADDRESS = frozenset({"0.0.0.0", "::"})  # noqa: S104  what one may listen on and nobody can be called


_WORDS = "(cases|schedule|results)(,(cases|schedule|results)){0,2}"
_TOLD = rf"({_WORDS}|[A-Za-z0-9][A-Za-z0-9._-]{{0,63}}:({_WORDS})?)"
"""What the server above is told of a district, in `above_gets`."""


class SettingsError(ValueError):
    """A setting that cannot be used; the message is one line."""


class Settings(BaseModel):
    """Everything an operator may choose."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path = Field(Path("var"), description="folder of the database, the server's keys and exports")
    body_keys: str = Field("", description="file with the keys of bodies; empty: bodies.keys in data_dir")
    store_key: str = Field(
        "",
        description="file with the key that opens it, best on another disk; empty: bodies.key in data_dir",
    )
    database_url: str = Field("", description="SQLAlchemy URL; empty: SQLite in data_dir, or postgresql+psycopg://…")
    database_replica_url: str = Field(
        "",
        description="SQLAlchemy URL of a PostgreSQL that follows it by streaming replication, read for lists, sweeps,"
        " documents and statistics; empty: none",
    )
    storage_url: Annotated[str, StringConstraints(max_length=500)] = Field(
        "",
        description="where large bodies lie: file:///folder, or s3://bucket/folder, az://container/folder or gs://bucket"
        " with ?region=ap-northeast-2 (&endpoint=https://…); empty: in the database",
    )
    storage_abroad_basis: Literal["", "consent", "treaty", "contract", "certified", "adequate"] = Field(
        "",
        description="on what basis of article 28-8 (1) of the Personal Information Protection Act that may be abroad:"
        " consent (no. 1), treaty (2), contract (3), certified (4), adequate (5); empty: none, and it is refused",
    )
    host: str = Field("127.0.0.1", description="address to listen on")
    port: Annotated[int, Field(ge=0, le=65_535)] = Field(8080, description="port to listen on; 0 picks a free one")
    allowed_hosts: Annotated[str, StringConstraints(max_length=1_000)] = Field(
        "", description="names in the Host header to answer to, separated by commas, beside loopback and own address"
    )
    public_url: Annotated[str, StringConstraints(pattern=r"^(https?://[A-Za-z0-9.:\[\]-]{1,250}/?)?$")] = Field(
        "", description="address under which people reach the page, such as https://ansim.example.kr"
    )
    tls_port: Annotated[int, Field(ge=0, le=65_535)] | None = Field(
        None, description="a second port, with TLS, beside the plain one; empty: none, 0 picks a free one"
    )
    tls_certificate: Path | None = Field(None, description="file of its certificate and those behind it, in PEM")
    tls_key: Path | None = Field(None, description="file of the certificate's private key, in PEM")
    metrics_port: Annotated[int, Field(ge=0, le=65_535)] | None = Field(
        None, description="port on the loopback address for Prometheus; empty: none, 0 picks a free one"
    )
    log_format: Literal["text", "json"] = Field(
        "text", description="json: the server's log as JSON lines without personal data, one for each request too"
    )
    tenant: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")] = Field(
        DEFAULT_TENANT, description="district or organisation that entries name; set it before the first start"
    )
    first_password: Annotated[str, StringConstraints(max_length=200)] = Field(
        "", description="password of the first user `admin`; empty: random, printed once"
    )
    oidc_issuer: Annotated[str, StringConstraints(pattern=r"^(https?://[^\s]{1,290})?$")] = Field(
        "", description="the city's single sign-on (OpenID Connect): its issuer, just as it names itself"
    )
    oidc_client_id: Annotated[str, StringConstraints(max_length=200)] = Field(
        "", description="what this server is called there"
    )
    oidc_client_secret: Path | None = Field(None, description="file that holds the secret it was given there")
    oidc_name: Annotated[str, StringConstraints(max_length=40)] = Field(
        "통합인증", description="what the button of the single sign-on says"
    )
    oidc_is_strong: bool = Field(
        False,
        description="the single sign-on asks everybody for a second step, although its tokens (amr) may not say so",
    )
    secure_cookies: bool = Field(False, description="mark the session cookie Secure; set it behind HTTPS")
    session_hours: Annotated[int, Field(ge=1, le=168)] = Field(12, description="a login ends after this long")
    login_attempts_per_minute: Annotated[int, Field(ge=1, le=10_000)] = Field(
        10,
        description="wrong passwords of a user name before the next must wait, ever longer; of an address three times",
    )
    quarantine_max_mib: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        256, description="room for entries of keys that nobody admitted; more is refused with 507"
    )
    min_free_mib: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        64, description="free disk below which entries are refused with 507"
    )
    export_memory_mib: Annotated[int, Field(ge=100, le=100_000)] = Field(
        700, description="memory of the process that makes documents; a larger document is refused"
    )
    witness_url: Annotated[str, StringConstraints(pattern=r"^(https?://[^\s]{1,300})?$")] = Field(
        "", description="address of a witness outside the operator, asked once a minute to sign the head of the log"
    )
    witness_key: Annotated[str, StringConstraints(max_length=400)] = Field(
        "", description="the witness's verifier key, as `sweep-server witness` prints it"
    )
    retention: Path = Field(STANDARD, description="TOML file of retention periods; see server/config/retention.toml")
    inspection_policy: Path = Field(
        INSPECTION_POLICY,
        description="TOML file that says how often rooms are inspected; see server/config/inspection_policy.toml",
    )
    public_page: Path = Field(
        PUBLIC_PAGE, description="TOML file with the words of the public page; see server/config/public_page.toml"
    )
    timestamp_url: Annotated[str, StringConstraints(pattern=r"^(https?://[^\s]{1,300})?$")] = Field(
        "", description="time-stamping service (RFC 3161) that stamps the head of the log once a day"
    )
    timestamp_roots: Path | None = Field(None, description="PEM file of the roots that its tokens must lead to")
    smtp_url: Annotated[
        str, StringConstraints(pattern=r"^(smtps?://([^\s@/]{1,200}@)?[A-Za-z0-9.:\[\]-]{1,250})?$")
    ] = Field(
        "",
        description="mail server of notifications: smtps://user@mail.example.kr, or smtp:// with STARTTLS; empty: none",
    )
    smtp_password: Path | None = Field(None, description="file that holds the password of its user")
    smtp_roots: Path | None = Field(
        None, description="PEM file of the authority of its certificate; empty: the system's"
    )
    mail_from: Annotated[str, StringConstraints(pattern=r"^([A-Za-z0-9._+-]{1,64}@[A-Za-z0-9.-]{1,200})?$")] = Field(
        "", description="address that notifications come from"
    )
    push_contact: Annotated[str, StringConstraints(pattern=r"^((mailto:|https://)[!-~]{3,200})?$")] = Field(
        "",
        description="whom push services may write to, mailto: or https://; empty: no push messages",
    )
    push_services: Annotated[str, StringConstraints(max_length=1_000)] = Field(
        "fcm.googleapis.com,*.push.services.mozilla.com,*.notify.windows.com,web.push.apple.com",
        description="push services that may be called, by name, separated by commas",
    )
    backup_recipient: Annotated[str, StringConstraints(pattern=r"^(age1[0-9a-z]{10,200})?$")] = Field(
        "", description="age public key of the evidence officer, to whom backups of keys are sealed"
    )
    backup_keys_days: Annotated[int, Field(ge=1, le=3_650)] = Field(
        30, description="days after which backup deletes its older backups of keys: so long an erasure is not final"
    )
    city_url: Annotated[str, StringConstraints(pattern=r"^(https?://[^\s]{1,300})?$")] = Field(
        "", description="address of the city's server, to which this one on a Pi relays its entries"
    )
    above_url: Annotated[str, StringConstraints(pattern=r"^(https?://[^\s]{1,300})?$")] = Field(
        "", description="address of the server above a district's, which is told how things stand, and gets no entry"
    )
    above_gets: Annotated[str, StringConstraints(pattern=rf"^({_TOLD}( {_TOLD})*)?$", max_length=20_000)] = Field(
        "",
        description="what it is told, without names and words: cases, schedule, results, separated by commas, of the"
        " own district, and after a blank DISTRICT:cases,results of each other one; empty: nothing, and what it was"
        " told is taken back",
    )
    told_silent_hours: Annotated[int, Field(ge=2, le=8_784)] = Field(
        72, description="how long a district whose server tells this one may be silent before people are told so"
    )
    shift_hours: Annotated[int, Field(ge=1, le=168)] = Field(
        12, description="what this server gives a Pi's for a shift is removed there after so long"
    )
    web_dir: Path = Field(WEB_DIR, description="built web page")

    @model_validator(mode="after")
    def _check_services(self) -> Settings:
        urls = (self.database_url, self.database_replica_url)
        if self.database_replica_url and not all(url.startswith("postgresql") for url in urls):
            raise ValueError(Phrase("replica_needs_postgresql"))
        place = self.storage
        if place is not None and not place.is_in_country and not self.storage_abroad_basis:
            raise ValueError(Phrase("storage_abroad_without_basis", region=place.region))
        if bool(self.timestamp_url) != bool(self.timestamp_roots):
            raise ValueError(Phrase("timestamp_settings_go_together"))
        if len({self.tls_port is None, self.tls_certificate is None, self.tls_key is None}) > 1:
            raise ValueError(Phrase("tls_settings_go_together"))
        oidc = (self.oidc_issuer, self.oidc_client_id, self.oidc_client_secret)
        if any(oidc) and not (all(oidc) and self.public_url):
            raise ValueError(Phrase("oidc_settings_go_together"))
        if self.oidc_issuer.startswith("http://") and urlsplit(self.oidc_issuer).hostname not in LOOPBACK:
            raise ValueError(Phrase("oidc_issuer_needs_https"))
        if bool(self.smtp_url) != bool(self.mail_from) or urlsplit(self.smtp_url).port == 0:
            raise ValueError(Phrase("mail_settings_go_together"))
        if bool(self.witness_url) != bool(self.witness_key):
            raise ValueError(Phrase("witness_settings_go_together"))
        if self.witness_key and parse_verifier_key(self.witness_key).kind != COSIGNATURE:
            raise ValueError(Phrase("witness_key_invalid"))
        return self

    @property
    def above_policy(self) -> dict[str, frozenset[str]]:
        """What the server above may be told of which district; of one that is not named nothing, of one that
        is named twice both.
        """
        found: dict[str, frozenset[str]] = {}
        for one in self.above_gets.split(" "):
            district_id, _, gets = one.rpartition(":")
            named = district_id or self.tenant
            found[named] = found.get(named, frozenset()) | frozenset(gets.split(",")) - {""}
        return found

    @property
    def witness(self) -> VerifierKey | None:
        """The witness's key; None where there is no witness."""
        return parse_verifier_key(self.witness_key) if self.witness_key else None

    @property
    def host_names(self) -> tuple[str, ...]:
        """Names to answer to: those allowed, that of the public URL and the one to listen on, without ports."""
        names = [name.strip() for name in self.allowed_hosts.split(",")]
        public = urlsplit(self.public_url).hostname
        return tuple(name for name in (*names, public, self.host) if name and name not in EVERY_ADDRESS)

    @property
    def storage(self) -> Place | None:
        """Where large bodies and documents lie; None for the database."""
        return place_of(self.storage_url) if self.storage_url else None

    @property
    def body_keys_path(self) -> Path:
        """The store of the keys of bodies."""
        return Path(self.body_keys) if self.body_keys else self.data_dir / "bodies.keys"

    @property
    def store_key_path(self) -> Path:
        """The key under which that store is sealed."""
        return Path(self.store_key) if self.store_key else self.data_dir / "bodies.key"

    @property
    def url(self) -> str:
        """The database's SQLAlchemy URL."""
        return self.database_url or f"sqlite:///{self.data_dir / 'server.sqlite3'}"


def load_settings(environment: Mapping[str, str], **options: object) -> Settings:
    """Settings from `ANSIM_*` variables, overridden by the options that are not None; raises SettingsError."""
    names = {ENVIRONMENT_PREFIX + name.upper(): name for name in Settings.model_fields}
    unknown = sorted(set(filter(lambda name: name.startswith(ENVIRONMENT_PREFIX), environment)) - set(names))
    if unknown:
        raise SettingsError(Phrase("setting_unknown", name=unknown[0], known=", ".join(sorted(names))))
    values: dict[str, object] = {names[name]: environment[name] for name in names if name in environment}
    values |= {name: value for name, value in options.items() if value is not None}
    try:
        settings = Settings.model_validate(values)
        make_url(settings.url)
        make_url(settings.database_replica_url or settings.url)
    except ValidationError as error:
        raise SettingsError(Phrase("setting_invalid", why=first_problem(error))) from None
    except ArgumentError:
        raise SettingsError(Phrase("setting_database_url_invalid")) from None
    return settings
