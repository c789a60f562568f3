"""Tables of the server, for SQLite and PostgreSQL alike; whoever needs one takes it from here.

Evidence lies in `entries`, `body_refs` and `body_data` and is written behind the ingest path alone; projections can be
rebuilt from it at any time; the rest are ordinary tables with an audit trail.  What is `sealed` opens with keys that
lie outside the database (BODIES.md).  Times are milliseconds since 1970 in UTC.  Nothing here knows SQL dialects but
the conditions of partial indexes, which a statement meets only with the same literal: `IS_ACCEPTED` and
`IS_QUARANTINED`, never a parameter.
"""

from server.store.schema.base import metadata
from server.store.schema.documents import document_pieces, documents
from server.store.schema.evidence import (
    IN_STORAGE,
    IS_ACCEPTED,
    IS_QUARANTINED,
    PURGED,
    alarms,
    body_blocks,
    body_data,
    body_refs,
    entries,
    erased_bodies,
    quarantine,
)
from server.store.schema.imports import (
    district_outlines,
    facility_facts,
    facility_sources,
    import_columns,
    import_rows,
    imports,
    room_bases,
)
from server.store.schema.instruments import instrument_checks, instruments
from server.store.schema.live import live_channels, live_operations, serving_processes
from server.store.schema.log import checkpoints, log_forks, log_tiles
from server.store.schema.notifications import (
    duties,
    notification_choices,
    notifications,
    notified_people,
    push_subscriptions,
    sendings,
)
from server.store.schema.offices import (
    document_names,
    handovers,
    issued_documents,
    office_settings,
    original_names,
    provisions,
)
from server.store.schema.people import (
    access_heads,
    access_log,
    account_names,
    audit,
    badges,
    login_counts,
    passkeys,
    pins,
    practice_runs,
    recovery_codes,
    second_factors,
    sessions,
    single_sign_on_links,
    spent_challenges,
    user_facilities,
    users,
)
from server.store.schema.photos import evidence_keys, photo_declarations
from server.store.schema.places import districts, facilities, place_joins, plans, rooms
from server.store.schema.projections import (
    PROJECTIONS,
    case_steps,
    cases,
    dispositions,
    due_sweeps,
    findings,
    kept_finds,
    log_rows,
    photos,
    proofs,
    reference_checks,
    sightings,
    sweeps,
    unproven,
)
from server.store.schema.public_page import public_reports, stickers
from server.store.schema.relay import city, city_entries, city_keys, city_places, down_changes, relayed, sealed_shifts
from server.store.schema.schedule import draw_secrets, inspector_pairs, visit_orders, visual_checks
from server.store.schema.signing import keys, own_keys, room_districts, statements
from server.store.schema.told import (
    above,
    telling_districts,
    telling_keys,
    told_above,
    told_cases,
    told_counts,
    told_results,
    told_rooms,
)
