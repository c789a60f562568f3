"""Why a row became what it became, in words for people."""

from __future__ import annotations

from server.imports.cuts import Cut
from server.interface.views.imports import ImportOutcome
from sweep.phrases import Phrase
from sweep.report import LocalText, local_text

OUTCOMES: dict[ImportOutcome, Phrase] = {
    "new": Phrase("import_outcome_new"),
    "same": Phrase("import_outcome_same"),
    "changed": Phrase("import_outcome_changed"),
    "question": Phrase("import_outcome_question"),
    "refused": Phrase("import_outcome_refused"),
}
REASONS: dict[str, Phrase] = {
    # put right or left out without asking
    "address_by_lot": Phrase("import_address_by_lot"),
    "basis_missing": Phrase("import_basis_missing"),
    "coordinates_missing": Phrase("import_coordinates_missing"),
    "coordinates_outside_korea": Phrase("import_coordinates_outside_korea"),
    "coordinates_swapped": Phrase("import_coordinates_swapped"),
    "coordinates_unreadable": Phrase("import_coordinates_unreadable"),
    "date_unbelievable": Phrase("import_date_unbelievable"),
    "date_unreadable": Phrase("import_date_unreadable"),
    "district_from_address": Phrase("import_district_from_address"),
    "district_from_outline": Phrase("import_district_from_outline"),
    "identifier_missing": Phrase("import_identifier_missing"),
    "plans_from_template": Phrase("import_plans_from_template"),
    "rooms_from_template": Phrase("import_rooms_from_template"),
    "text_made_safe": Phrase("import_text_made_safe"),
    # what is the same, and yet something is to be said
    "district_of_importer": Phrase("import_district_of_importer"),
    "left_out_before": Phrase("import_left_out_before"),
    "waits_for_answer": Phrase("import_waits_for_answer"),
    "kept_in_use": Phrase("import_kept_in_use"),
    # what changed
    "address_changed": Phrase("import_address_changed"),
    "district_changed": Phrase("import_district_changed"),
    "hours_changed": Phrase("import_hours_changed"),
    "identifier_changed": Phrase("import_identifier_changed"),
    "installed_changed": Phrase("import_installed_changed"),
    "kind_changed": Phrase("import_kind_changed"),
    "known_from_elsewhere": Phrase("import_known_from_elsewhere"),
    "listed_again": Phrase("import_listed_again"),
    "moved": Phrase("import_moved"),
    "name_changed": Phrase("import_name_changed"),
    "operator_changed": Phrase("import_operator_changed"),
    "phone_changed": Phrase("import_phone_changed"),
    "rooms_differ": Phrase("import_rooms_differ"),
    # what a person has to decide
    "came_meanwhile": Phrase("import_came_meanwhile"),
    "address_missing": Phrase("import_address_missing"),
    "basis_unknown": Phrase("import_basis_unknown"),
    "consent_incomplete": Phrase("import_consent_incomplete"),
    "count_unbelievable": Phrase("import_count_unbelievable"),
    "district_contradicts_address": Phrase("import_district_contradicts_address"),
    "district_contradicts_coordinates": Phrase("import_district_contradicts_coordinates"),
    "district_missing": Phrase("import_district_missing"),
    "identifier_reused": Phrase("import_identifier_reused"),
    "identifier_twice": Phrase("import_identifier_twice"),
    "name_missing": Phrase("import_name_missing"),
    "near_known": Phrase("import_near_known"),
    "not_listed": Phrase("import_not_listed"),
    "place_twice": Phrase("import_place_twice"),
    "rooms_unbelievable": Phrase("import_rooms_unbelievable"),
    "several_alike": Phrase("import_several_alike"),
    "text_too_long": Phrase("import_text_too_long"),
    "text_unreadable": Phrase("import_text_unreadable"),
    "too_few_cells": Phrase("import_too_few_cells"),
    "too_many_cells": Phrase("import_too_many_cells"),
    # the same of offices' own lists
    "address_unclear": Phrase("import_address_unclear"),
    "cell_cut": Phrase("import_cell_cut"),
    "cell_is_ditto": Phrase("import_cell_is_ditto"),
    "cell_unsure": Phrase("import_cell_unsure"),
    "count_missing": Phrase("import_count_missing"),
    "count_unclear": Phrase("import_count_unclear"),
    "floor_contradicts_name": Phrase("import_floor_contradicts_name"),
    "floor_unclear": Phrase("import_floor_unclear"),
    "day_in_two_ways": Phrase("import_day_in_two_ways"),
    "hours_unclear": Phrase("import_hours_unclear"),
    "may_be_closed": Phrase("import_may_be_closed"),
    "near_in_file": Phrase("import_near_in_file"),
    "phone_unclear": Phrase("import_phone_unclear"),
    "room_differs": Phrase("import_room_differs"),
    "room_may_be_known": Phrase("import_room_may_be_known"),
    "room_twice": Phrase("import_room_twice"),
    "sex_contradicts_name": Phrase("import_sex_contradicts_name"),
    "sex_missing": Phrase("import_sex_missing"),
    "sex_unclear": Phrase("import_sex_unclear"),
    "written_differently": Phrase("import_written_differently"),
    # what is no row of the list, or not the importer's
    "other_district": Phrase("import_other_district"),
    "row_is_empty": Phrase("import_row_is_empty"),
    "row_is_heading": Phrase("import_row_is_heading"),
    "row_is_note": Phrase("import_row_is_note"),
    "row_is_sum": Phrase("import_row_is_sum"),
}
MEND_IN_FILE = frozenset(
    {
        "cell_cut",
        "cell_is_ditto",
        "cell_unsure",
        "day_in_two_ways",
        "hours_unclear",
        "phone_unclear",
        "count_missing",
        "count_unclear",
        "floor_contradicts_name",
        "floor_unclear",
        "name_missing",
    }
    | {"sex_contradicts_name", "sex_missing", "sex_unclear", "text_unreadable", "text_too_long", "too_many_cells"}
)
"""Questions about a row of an office's own list that only its file can answer."""
WHICH_ONE = frozenset({"near_known", "several_alike", "written_differently"})
"""Questions whether something is one that is known."""
CUT_WORDS: dict[Cut, Phrase] = {
    "resident_number": Phrase("import_cut_resident_number"),
    "bank_account": Phrase("import_cut_bank_account"),
    "named_person": Phrase("import_cut_named_person"),
    "password": Phrase("import_cut_password"),
    "remarks": Phrase("import_cut_remarks"),
}


def words_of(reason: str) -> LocalText:
    """What a reason says to people."""
    return local_text(REASONS[reason])
