"""Webhooks are believed by their raw bytes and their time, and by nothing else (A5–A9)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook

from chalicelib.core.signatures import Forged, check_standard, new_secret, sign_standard
from chalicelib.payments.providers.signatures import check_stripe, sign_stripe

# Stripe's own SDK signs its test payload with this secret; header and body as published in its format.
STRIPE_SECRET = "whsec_test_secret"
STRIPE_TIME = datetime.fromtimestamp(1795290000, UTC)
STRIPE_HEADER = "t=1795290000,v1=479b2c95a65e267d693d9503c37dfb91ef1289ade022a653a6011f409a952ba2"
STRIPE_BODY = (
    b'{"id":"evt_3NqTest","object":"event","api_version":"2026-09-30","created":1795290000,'
    b'"type":"payment_intent.succeeded","livemode":false,"pending_webhooks":1,'
    b'"request":{"id":"req_1","idempotency_key":"order-1"},"data":{"object":{"id":"pi_3NqTest",'
    b'"object":"payment_intent","amount":2599,"amount_received":2599,"currency":"eur","status":"succeeded",'
    b'"latest_charge":"ch_3NqTest","metadata":{"order_id":"O-1"}}}}'
)
# The vector that the Standard Webhooks libraries publish.
STANDARD_SECRET = "whsec_plJ3nmyCDGBKInavdOK15jsl"
STANDARD_TIME = datetime.fromtimestamp(1731705121, UTC)
STANDARD_BODY = b'{"event_type":"ping","data":{"success":true}}'
STANDARD_HEADERS = {
    "webhook-id": "msg_loFOjxBNrRLzqYUf",
    "webhook-timestamp": "1731705121",
    "webhook-signature": "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
}


def test_the_published_stripe_vector_verifies() -> None:
    check_stripe(STRIPE_HEADER, STRIPE_BODY, [STRIPE_SECRET], STRIPE_TIME)
    assert sign_stripe(STRIPE_BODY, STRIPE_SECRET, STRIPE_TIME) == STRIPE_HEADER


def test_the_published_standard_webhooks_vector_verifies() -> None:
    check_standard(STANDARD_HEADERS, STANDARD_BODY, [STANDARD_SECRET], STANDARD_TIME)
    assert sign_standard("msg_loFOjxBNrRLzqYUf", STANDARD_BODY, STANDARD_SECRET, STANDARD_TIME) == STANDARD_HEADERS


def test_what_the_sandbox_signs_the_standard_library_of_the_scheme_verifies() -> None:
    now = datetime.now(UTC)
    Webhook(STANDARD_SECRET).verify(STANDARD_BODY, sign_standard("msg_1", STANDARD_BODY, STANDARD_SECRET, now))


def test_a_message_signed_with_two_secrets_verifies_with_either_and_no_third() -> None:
    now, new = datetime.now(UTC), new_secret()
    headers = sign_standard("msg_1", STANDARD_BODY, new, now, also=[STANDARD_SECRET])
    for secret in (new, STANDARD_SECRET):
        Webhook(secret).verify(STANDARD_BODY, headers)
        check_standard(headers, STANDARD_BODY, [secret], now)
    with pytest.raises(Forged):
        check_standard(headers, STANDARD_BODY, [new_secret()], now)


@pytest.mark.parametrize("seconds", [-300, -1, 0, 300])
def test_a_message_is_good_for_300_seconds_either_way(seconds) -> None:
    check_stripe(STRIPE_HEADER, STRIPE_BODY, [STRIPE_SECRET], STRIPE_TIME + timedelta(seconds=seconds))
    check_standard(STANDARD_HEADERS, STANDARD_BODY, [STANDARD_SECRET], STANDARD_TIME + timedelta(seconds=seconds))


@pytest.mark.parametrize("seconds", [301, 86_400, -301, -31_536_000])
def test_an_old_or_a_future_message_is_refused_a5_a6(seconds) -> None:
    with pytest.raises(Forged):
        check_stripe(STRIPE_HEADER, STRIPE_BODY, [STRIPE_SECRET], STRIPE_TIME + timedelta(seconds=seconds))
    with pytest.raises(Forged):
        check_standard(STANDARD_HEADERS, STANDARD_BODY, [STANDARD_SECRET], STANDARD_TIME + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    "body",
    [
        '{"name":"商城","amount":1}'.encode(),
        b'{"name":"\\u5546\\u57ce","amount":1}',
        b'{ "name" : "shop" ,\n "amount" : 1 }\n',
        b'{"url":"https:\\/\\/shop.example"}',
        b'{"amount": 1.0}',
        b"\xef\xbb\xbf{}",
        b"",
    ],
)
def test_the_very_bytes_are_verified_whatever_their_spelling_a7(body) -> None:
    check_stripe(sign_stripe(body, "s", STRIPE_TIME), body, ["s"], STRIPE_TIME)
    check_standard(sign_standard("m", body, "s", STRIPE_TIME), body, ["s"], STRIPE_TIME)
    for other in (body + b" ", body + b"\n", b" " + body):
        with pytest.raises(Forged):
            check_stripe(sign_stripe(body, "s", STRIPE_TIME), other, ["s"], STRIPE_TIME)
        with pytest.raises(Forged):
            check_standard(sign_standard("m", body, "s", STRIPE_TIME), other, ["s"], STRIPE_TIME)


def test_during_a_rotation_the_previous_secret_counts_and_afterwards_not_a8() -> None:
    check_stripe(STRIPE_HEADER, STRIPE_BODY, ["new", STRIPE_SECRET], STRIPE_TIME)
    with pytest.raises(Forged):
        check_stripe(STRIPE_HEADER, STRIPE_BODY, ["new"], STRIPE_TIME)
    check_standard(STANDARD_HEADERS, STANDARD_BODY, ["new", STANDARD_SECRET], STANDARD_TIME)
    with pytest.raises(Forged):
        check_standard(STANDARD_HEADERS, STANDARD_BODY, ["new"], STANDARD_TIME)


def test_any_of_several_signatures_may_match() -> None:
    check_stripe(STRIPE_HEADER.replace("v1=", "v1=00ff,v0=11,v1="), STRIPE_BODY, [STRIPE_SECRET], STRIPE_TIME)
    several = {**STANDARD_HEADERS, "webhook-signature": "v2,abc v1,00 " + STANDARD_HEADERS["webhook-signature"]}
    check_standard(several, STANDARD_BODY, [STANDARD_SECRET], STANDARD_TIME)


@pytest.mark.parametrize(
    "header",
    [
        "", "t=1795290000", "v1=479b", "t=,v1=479b", "t=abc,v1=479b", "t=1795290000.5,v1=479b",
        "t=１７９５２９００００,v1=a",
        STRIPE_HEADER.replace("v1=", "v0="), STRIPE_HEADER + ",t=1795290001", "t=1795290000,v1=", "t=-1,v1=1",
        "t=1795290000,v1=\ud800",
    ],
)  # fmt: skip
def test_a_header_that_proves_nothing_is_refused(header) -> None:
    with pytest.raises(Forged):
        check_stripe(header, STRIPE_BODY, [STRIPE_SECRET], STRIPE_TIME)


@pytest.mark.parametrize("missing", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a_message_without_one_of_its_headers_is_refused(missing) -> None:
    headers = {name: value for name, value in STANDARD_HEADERS.items() if name != missing}
    with pytest.raises(Forged):
        check_standard(headers, STANDARD_BODY, [STANDARD_SECRET], STANDARD_TIME)


def test_without_a_secret_nothing_is_believed_a9() -> None:
    """Also not what was signed with an empty key."""
    forged = sign_stripe(STRIPE_BODY, "", STRIPE_TIME)
    for header in (forged, STRIPE_HEADER):
        with pytest.raises(Forged):
            check_stripe(header, STRIPE_BODY, [], STRIPE_TIME)
    empty = base64.b64encode(hmac.new(b"", b"m.1795290000." + STRIPE_BODY, hashlib.sha256).digest()).decode()
    headers = {"webhook-id": "m", "webhook-timestamp": "1795290000", "webhook-signature": f"v1,{empty}"}
    with pytest.raises(Forged):
        check_standard(headers, STRIPE_BODY, [], STRIPE_TIME)


@pytest.mark.parametrize("secret", ["whsec_", "whsec_====", "whsec_!"])
def test_a_secret_of_ours_that_holds_no_key_verifies_nothing_a9(secret: str) -> None:
    """An empty key is one that everybody has."""
    signed = b"msg_1.1731705121." + STANDARD_BODY
    forged = base64.b64encode(hmac.new(b"", signed, hashlib.sha256).digest()).decode()
    headers = {"webhook-id": "msg_1", "webhook-timestamp": "1731705121", "webhook-signature": f"v1,{forged}"}
    with pytest.raises(Forged):
        check_standard(headers, STANDARD_BODY, [secret], STANDARD_TIME)
