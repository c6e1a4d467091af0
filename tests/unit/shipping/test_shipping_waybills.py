"""Waybill numbers are checked before they are kept (FUL-13)."""

import pytest

from chalicelib.core.errors import Invalid
from chalicelib.shipping.domain.waybills import CARRIERS, carries, checked, normal

PUBLIC_EXAMPLES = [
    ("china-post", "RR473124829GB"),  # UPU S10 worked example: 200 mod 11 is 2, so the check digit is 9
    ("royal-mail", "RB123456785GB"),
    ("ups", "1Z999AA10123456784"),  # UPS's own sample numbers
    ("ups", "1Z5R89390357567127"),
    ("ups", "1Z2617V10397725789"),
    ("ups", "1Z879E930346834440"),
    ("fedex", "986578788855"),
    ("fedex", "477179081230"),
    ("fedex", "799531274483"),
    ("fedex", "041441760228964"),
    ("fedex", "568283610012734"),
    ("usps", "71123456789123456787"),
    ("usps", "9361289878700317633795"),
    ("usps", "9205590164917312751089"),
    ("dhl", "3318810025"),
    ("dhl", "8487135506"),
    ("sf-express", "SF1234567890123"),
    ("yunexpress", "YT2012345678901234"),
    ("cainiao", "LP00123456789012"),
    ("4px", "4PX3000123456789CN"),
    ("yanwen", "UG123456789YP"),
    ("other", "AB-123 456"),
]


@pytest.mark.parametrize(("carrier", "number"), PUBLIC_EXAMPLES)
def test_a_printed_number_is_accepted_as_it_is_kept(carrier: str, number: str) -> None:
    assert checked(carrier, number) == normal(number)


def test_blanks_hyphens_and_small_letters_of_print_do_not_matter() -> None:
    assert checked("ups", "1z 999 aa1-01 2345 6784") == "1Z999AA10123456784"


@pytest.mark.parametrize(
    ("carrier", "number"), [row for row in PUBLIC_EXAMPLES if row[0] in {"ups", "fedex", "usps", "dhl", "china-post"}]
)
def test_every_mistyped_digit_of_a_number_with_a_check_digit_is_caught(carrier: str, number: str) -> None:
    missed = []
    for place, character in enumerate(number):
        if not character.isdigit() or (carrier == "ups" and place < 2):
            continue
        other = str((int(character) + 1) % 10)
        wrong = number[:place] + other + number[place + 1 :]
        try:
            checked(carrier, wrong)
        except Invalid:
            continue
        missed.append(wrong)
    assert missed == []


def test_the_refusal_says_what_is_wrong() -> None:
    with pytest.raises(Invalid) as refused:
        checked("royal-mail", "RB123456784GB", "/parcels/0")
    (error,) = refused.value.members["errors"]
    assert error["pointer"] == "/parcels/0/waybill"
    assert "check digit is 4" in error["detail"]
    assert "give 5" in error["detail"]


def test_the_s10_check_digits_ten_and_eleven_become_nought_and_five() -> None:
    assert _s10_digit("00000000") == "5"  # the sum leaves 0, 11 becomes 5
    assert _s10_digit("00000008") == "0"  # 8 * 7 leaves 1, 10 becomes 0


def _s10_digit(serial: str) -> str:
    for digit in "0123456789":
        try:
            checked("china-post", f"RR{serial}{digit}CN")
        except Invalid:
            continue
        return digit
    raise AssertionError(serial)


@pytest.mark.parametrize(
    ("carrier", "number", "says"),
    [
        ("ups", "1Z999AA1012345678", "1Z, 15 letters or digits"),
        ("dhl", "12345", "10 digits"),
        ("other", "ABCDEFGH", "at least one of them a digit"),
        ("other", "X1#SHIPMENT", "6 to 35"),
        ("other", "１２３４５６７", "6 to 35"),
    ],
)
def test_a_number_that_the_carrier_does_not_print_is_refused(carrier: str, number: str, says: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked(carrier, number)
    assert says in refused.value.detail


def test_an_unknown_carrier_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Invalid) as refused:
        checked("upps", "1Z999AA10123456784")
    assert "/carrier" in refused.value.detail
    assert "ups" in refused.value.detail


def test_every_carrier_but_the_nameless_one_can_be_tracked_by_both_services() -> None:
    assert [c.code for c in CARRIERS.values() if c.code != "other" and not (c.track17 and c.aftership)] == []


@pytest.mark.parametrize(
    ("code", "number", "reported", "about"),
    [
        ("ups", "1Z999AA10123456784", {"ups"}, True),
        ("ups", "1Z999AA10123456784", {"fedex"}, False),
        ("ups", "1Z999AA10123456784", set(), True),
        ("china-post", "RB123456785CN", {"usps"}, True),
        ("china-ems", "1234567890123", {"usps"}, False),
        ("china-post", "RB123456785CN", {"dhl"}, False),
        ("other", "AB123456", {"dhl"}, True),
    ],
)
def test_a_report_is_matched_by_number_and_carrier_b22(code: str, number: str, reported: set[str], about: bool) -> None:
    assert carries(code, number, frozenset(reported)) is about
