"""Why a row became what it became, in words for people: one name, one sentence in each language."""

from __future__ import annotations

from server.interface.views.imports import ImportOutcome
from sweep.report import LocalText

OUTCOMES: dict[ImportOutcome, tuple[str, str]] = {
    "new": ("새 시설", "new"),
    "same": ("변경 없음", "same"),
    "changed": ("변경", "changed"),
    "question": ("담당자 확인 필요", "question for a person"),
}
REASONS: dict[str, tuple[str, str]] = {
    # put right or left out without asking
    "address_by_lot": ("도로명주소가 없어 지번주소를 썼습니다", "no street address; the lot address is used"),
    "basis_missing": ("점검 근거가 적혀 있지 않습니다", "the basis of inspections is not stated"),
    "coordinates_missing": ("좌표가 없습니다", "no coordinates"),
    "coordinates_outside_korea": ("좌표가 국내가 아니어서 뺐습니다", "coordinates outside Korea were left out"),
    "coordinates_swapped": ("위도와 경도가 바뀌어 바로잡았습니다", "latitude and longitude were swapped and put right"),
    "coordinates_unreadable": ("좌표를 읽을 수 없습니다", "coordinates cannot be read"),
    "count_unreadable": (
        "변기 수를 읽을 수 없어 0으로 두었습니다",
        "a count of fixtures cannot be read and is taken as 0",
    ),
    "date_unbelievable": ("믿을 수 없는 날짜(1945년 이전 등)를 뺐습니다", "a date that cannot be was left out"),
    "date_unreadable": ("날짜를 읽을 수 없습니다", "a date cannot be read"),
    "district_from_address": ("구를 주소에서 알아냈습니다", "the district was read off the address"),
    "district_from_outline": ("구를 좌표에서 알아냈습니다", "the district was found by the coordinates"),
    "identifier_missing": ("관리번호가 없습니다", "no identifier"),
    "plans_from_template": (
        "칸 수가 없어 기본 도면을 씁니다(미확인)",
        "no counts; plans are the template, unverified",
    ),
    "rooms_from_template": (
        "방 수가 없어 남녀 방 하나씩으로 둡니다(미확인)",
        "rooms are not stated; one for men and one for women, unverified",
    ),
    "text_made_safe": ("제어 문자나 너무 긴 글을 바꾸었습니다", "control characters or overlong text were replaced"),
    # what is the same, and yet something is to be said
    "left_out_before": ("전에 제외하기로 했습니다", "somebody decided to leave it out"),
    "waits_for_answer": ("앞선 가져오기의 질문이 아직 열려 있습니다", "the question of an earlier import still waits"),
    "kept_in_use": (
        "점검 기록이나 도면이 있어 되돌리지 않았습니다",
        "not undone: sweeps, plans or bases refer to it",
    ),
    # what changed
    "address_changed": ("주소 변경", "another address"),
    "district_changed": ("구 변경", "another district"),
    "hours_changed": ("개방시간 변경", "other opening hours"),
    "identifier_changed": ("관리번호가 바뀌었습니다", "the same place under another identifier"),
    "installed_changed": ("설치연월 변경", "another date of building"),
    "kind_changed": ("구분 변경", "another kind"),
    "known_from_elsewhere": ("다른 목록으로 이미 등록된 시설입니다", "known already from another list"),
    "listed_again": ("다시 목록에 올랐습니다", "listed again"),
    "moved": ("좌표 변경", "other coordinates"),
    "name_changed": ("이름 변경", "another name"),
    "operator_changed": ("관리기관 변경", "another operator"),
    "phone_changed": ("전화번호 변경", "another telephone number"),
    "rooms_differ": (
        "방이나 변기 수가 달라졌습니다. 도면은 그대로 둡니다",
        "other rooms or fixtures; plans stay as they are",
    ),
    # what a person has to decide
    "address_missing": ("주소가 없습니다", "no address"),
    "basis_unknown": (
        "근거는 법, 조례, 동의 가운데 하나여야 합니다",
        "the basis must be statute, ordinance or consent",
    ),
    "consent_incomplete": ("동의에는 날짜와 문서가 있어야 합니다", "a consent needs its date and document"),
    "count_unbelievable": ("변기 수가 너무 많습니다", "too many fixtures to be believed"),
    "district_contradicts_address": ("구와 주소가 서로 다릅니다", "district and address contradict each other"),
    "district_contradicts_coordinates": ("구와 좌표가 서로 다릅니다", "district and coordinates contradict each other"),
    "district_missing": ("어느 구인지 알 수 없습니다", "nobody can tell the district"),
    "identifier_reused": ("관리번호가 다른 시설에 다시 쓰였습니다", "the identifier is used again for another place"),
    "identifier_twice": ("같은 관리번호가 두 번 있습니다", "the identifier stands in the file twice"),
    "name_missing": ("이름이 없습니다", "no name"),
    "near_known": ("가까이에 비슷한 이름의 시설이 있습니다", "a place with a similar name is close by"),
    "not_listed": ("파일에 더는 없습니다", "the file no longer lists it"),
    "place_twice": ("이름과 주소가 같은 행이 또 있습니다", "another row has the same name and address"),
    "rooms_unbelievable": ("방 수가 너무 많습니다", "too many rooms to be believed"),
    "several_alike": ("이름과 주소가 같은 시설이 여럿 있습니다", "several known places have this name and address"),
    "text_too_long": ("글이 너무 깁니다", "a cell is too long"),
    "text_unreadable": ("글자를 읽을 수 없습니다", "some letters cannot be read"),
    "too_few_cells": ("칸이 모자랍니다", "cells are missing"),
    "too_many_cells": ("칸이 남습니다", "there are more cells than columns"),
}


def words_of(reason: str) -> LocalText:
    """What a reason says to people."""
    ko, en = REASONS[reason]
    return LocalText(ko=ko, en=en)
