"""Every word of both tracking services has a meaning in this shop (LOG-15, LOG-17). The lists are the services' own."""

import pytest

from chalicelib.shipping.domain.scans import Mark, Status
from chalicelib.tracking import texts
from chalicelib.tracking.domain import NOTHING, Meaning, meaning
from chalicelib.tracking.providers import aftership, seventeen_track

MOVING: Meaning = (Status.IN_TRANSIT, None)
SEVENTEEN_TRACK: dict[str, Meaning] = {
    "NotFound_Other": NOTHING,
    "NotFound_InvalidCode": (None, Mark.PROBLEM),
    "InfoReceived": (Status.INFO_RECEIVED, None),
    "InTransit_PickedUp": MOVING,
    "InTransit_Other": MOVING,
    "InTransit_Departure": MOVING,
    "InTransit_Arrival": MOVING,
    "InTransit_CustomsProcessing": (Status.IN_TRANSIT, Mark.CUSTOMS_STARTED),
    "InTransit_CustomsReleased": (Status.IN_TRANSIT, Mark.CUSTOMS_CLEARED),
    "InTransit_CustomsRequiringInformation": (Status.IN_TRANSIT, Mark.CUSTOMS_HELD),
    "Expired_Other": (None, Mark.NO_NEWS),
    "AvailableForPickup_Other": (Status.READY_FOR_PICKUP, None),
    "OutForDelivery_Other": (Status.OUT_FOR_DELIVERY, None),
    "DeliveryFailure_Other": (None, Mark.FAILED_ATTEMPT),
    "DeliveryFailure_NoBody": (None, Mark.FAILED_ATTEMPT),
    "DeliveryFailure_Security": (None, Mark.FAILED_ATTEMPT),
    "DeliveryFailure_Rejected": (None, Mark.REFUSED),
    "DeliveryFailure_InvalidAddress": (None, Mark.WRONG_ADDRESS),
    "Delivered_Other": (Status.DELIVERED, None),
    "Exception_Other": (None, Mark.PROBLEM),
    "Exception_Returning": (None, Mark.RETURNING),
    "Exception_Returned": (None, Mark.RETURNED),
    "Exception_NoBody": (None, Mark.WRONG_ADDRESS),
    "Exception_Security": (None, Mark.PROBLEM),
    "Exception_Damage": (None, Mark.DAMAGED),
    "Exception_Rejected": (None, Mark.REFUSED),
    "Exception_Delayed": (None, Mark.DELAYED),
    "Exception_Lost": (None, Mark.LOST),
    "Exception_Destroyed": (None, Mark.DAMAGED),
    "Exception_Cancel": (None, Mark.CANCELLED),
}
STAGES: dict[str, Meaning] = {
    "InfoReceived": (Status.INFO_RECEIVED, None),
    "PickedUp": MOVING,
    "Departure": MOVING,
    "Arrival": MOVING,
    "AvailableForPickup": (Status.READY_FOR_PICKUP, None),
    "OutForDelivery": (Status.OUT_FOR_DELIVERY, None),
    "Delivered": (Status.DELIVERED, None),
    "Returning": (None, Mark.RETURNING),
    "Returned": (None, Mark.RETURNED),
}
AFTERSHIP: dict[str, Meaning] = {
    **{f"Pending_{n:03d}": NOTHING for n in range(1, 7)},
    "InfoReceived_001": (Status.INFO_RECEIVED, None),
    **{f"InTransit_{n:03d}": MOVING for n in (1, 2, 3, 4, 7, 8, 9)},
    "InTransit_005": (Status.IN_TRANSIT, Mark.CUSTOMS_CLEARED),
    "InTransit_006": (Status.IN_TRANSIT, Mark.CUSTOMS_STARTED),
    **{f"OutForDelivery_{n:03d}": (Status.OUT_FOR_DELIVERY, None) for n in (1, 3, 4)},
    **{f"AttemptFail_{n:03d}": (None, Mark.FAILED_ATTEMPT) for n in (1, 2, 3)},
    "AvailableForPickup_001": (Status.READY_FOR_PICKUP, None),
    **{f"Delivered_{n:03d}": (Status.DELIVERED, None) for n in range(1, 6)},
    "Expired_001": (None, Mark.NO_NEWS),
    "Exception_001": (None, Mark.PROBLEM),
    "Exception_002": (None, Mark.WRONG_ADDRESS),
    "Exception_003": (None, Mark.REFUSED),
    "Exception_004": (None, Mark.CUSTOMS_HELD),
    "Exception_005": (None, Mark.DELAYED),
    "Exception_006": (None, Mark.HELD_FOR_PAYMENT),
    "Exception_007": (None, Mark.WRONG_ADDRESS),
    "Exception_008": (None, Mark.NOT_COLLECTED),
    "Exception_009": (None, Mark.PROBLEM),
    "Exception_010": (None, Mark.RETURNING),
    "Exception_011": (None, Mark.RETURNED),
    "Exception_012": (None, Mark.DAMAGED),
    "Exception_013": (None, Mark.LOST),
    "Exception_016": (None, Mark.DELAYED),
    "Exception_017": (None, Mark.DELAYED),
    "Exception_018": (None, Mark.CUSTOMS_HELD),
    "Exception_019": (None, Mark.DELAYED),
    "Exception_020": (None, Mark.CANCELLED),
    "Exception_021": (None, Mark.DAMAGED),
}


@pytest.mark.parametrize(("word", "means"), [*SEVENTEEN_TRACK.items(), *STAGES.items()])
def test_a_word_of_17track_is_understood(word: str, means: Meaning) -> None:
    assert meaning(seventeen_track.WORDS, word) == means


@pytest.mark.parametrize(("word", "means"), AFTERSHIP.items())
def test_a_word_of_aftership_is_understood(word: str, means: Meaning) -> None:
    assert meaning(aftership.WORDS, word) == means


@pytest.mark.parametrize("words", [seventeen_track.WORDS, aftership.WORDS])
def test_a_new_sub_status_means_what_its_status_means(words: dict[str, Meaning]) -> None:
    assert meaning(words, "InTransit_SomethingNew") == MOVING
    assert meaning(words, "Delivered_999") == (Status.DELIVERED, None)
    assert meaning(words, "SomethingNew", "Delivered") == (Status.DELIVERED, None)


def test_a_word_that_nobody_knows_says_nothing() -> None:
    assert meaning(seventeen_track.WORDS, "Teleported_Other", "") == NOTHING


@pytest.mark.parametrize("name", [*Status, *Mark])
def test_every_node_can_be_read_in_english_and_chinese(name: str) -> None:
    text = texts.of(name)
    assert text["en"].isascii()
    assert any("\u4e00" <= character <= "\u9fff" for character in text["zh-Hans"])
