"""Web Push: encrypted as RFC 8291's own example, one length whatever is said, and nobody called but whom one may."""

from __future__ import annotations

import time

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from server.interface.notification_requests import SubscriptionRequest
from server.notifications.web_push import PushSender, Subscription, encrypted, is_usable, unbase64url
from tests.server.notifications.receivers import push_service

SERVICES = "fcm.googleapis.com,*.push.services.mozilla.com"


def _sender(services: str = SERVICES) -> PushSender:
    return PushSender("mailto:ansim@example.kr", services, b"s" * 64, frozenset({"127.0.0.1"}), time.time)


def test_the_example_of_the_standard() -> None:
    private = unbase64url("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")
    body = encrypted(
        b"When I grow up, I want to be a watermelon",
        unbase64url("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
        unbase64url("BTBZMqHH6r4Tts7J_aSIgg"),
        own=ec.derive_private_key(int.from_bytes(private), ec.SECP256R1()),
        salt=unbase64url("DGv6ra1nlYgDCS1FRnbzlw"),
        padded=0,
    )
    assert body == unbase64url(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tlz"
        "AC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )  # RFC 8291, section 5 and appendix A


@pytest.mark.parametrize(
    ("endpoint", "is_allowed"),
    [
        ("https://fcm.googleapis.com/fcm/send/a", True),
        ("https://updates.push.services.mozilla.com/wpush/v2/a", True),
        ("https://FCM.googleapis.com:443/a", True),
        ("http://fcm.googleapis.com/a", False),
        ("https://fcm.googleapis.com:8443/a", False),
        ("https://fcm.googleapis.com.example.kr/a", False),
        ("https://push.services.mozilla.com.evil/a", False),
        ("https://somebody@fcm.googleapis.com/a", False),
        ("https://127.0.0.1/a", False),
        ("http://127.0.0.1:8080/a", False),
        ("https://169.254.169.254/latest", False),
        ("https://[::1]/a", False),
        ("https://fcm.googleapis.com:999999/a", False),
    ],
)
def test_nobody_else_is_called(endpoint: str, *, is_allowed: bool) -> None:
    assert _sender().allows(endpoint) is is_allowed


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (201, "sent"),
        (200, "gone"),
        (404, "gone"),
        (410, "gone"),
        (429, "later"),
        (503, "later"),
        (400, "dead"),
        (302, "dead"),
    ],
)
def test_what_the_service_says(status: int, verdict: str) -> None:
    with push_service() as service:
        sender, browser = _sender(service.name), service.browser("one")
        subscription = Subscription.model_validate(browser.subscription())
        if status == 200:
            sender = _sender()  # the operator took the service from the list meanwhile
        elif status != 201:
            service.answers.append((status, {"Retry-After": "120", "Location": f"http://{service.name}/two"}))
        outcome = sender.send(subscription)
        assert outcome.verdict == verdict
        assert outcome.after_s == (120 if verdict == "later" else 0)
        assert len(service.taken) == (status == 201)


def test_a_service_that_is_away_is_asked_later_and_a_key_that_is_none_never() -> None:
    with push_service() as service:
        browser = service.browser("one")
        sender = _sender(service.name)
    assert sender.send(Subscription.model_validate(browser.subscription())).verdict == "later"
    bad = browser.subscription() | {"p256dh": "BA" + "A" * 85}
    assert not is_usable(SubscriptionRequest.model_validate(bad))
    assert sender.send(Subscription.model_validate(bad)).verdict == "gone"


def test_the_key_is_the_same_in_each_process_and_another_for_another_server() -> None:
    other = PushSender("mailto:a@b.kr", SERVICES, b"t" * 64, frozenset(), time.time)
    assert _sender().public_key == _sender().public_key != other.public_key
