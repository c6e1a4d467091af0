"""What the API shows of merchants, services and bookings, and takes about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints

from chalicelib.bookings import domain as d
from chalicelib.bookings.domain import texts as words
from chalicelib.bookings.items import BookingCard, MerchantCard, OfferingCard
from chalicelib.core.http import Id, Model, Moment, MoneyField, Query, Text
from chalicelib.core.marks import Mark
from chalicelib.markets.domain import pick_text

from .timelines import StageView

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", min_length=2, max_length=60)]
Tag = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?$")]
Texts = Annotated[dict[Tag, Text], Field(min_length=1, max_length=12, description="By BCP 47 language.")]
SlotId = Annotated[str, StringConstraints(pattern=r"^[0-9]{8}T[0-9]{4}Z$"), Field(examples=["20261201T0930Z"])]
Remarks = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]


class MerchantView(Model):
    """A merchant of the alliance that can be booked."""

    id: str
    name: str
    market: str
    country: str

    @classmethod
    def of(cls, card: MerchantCard, language: str) -> Self:
        return cls(id=card.id, name=pick_text(card.name, language), market=card.market, country=card.country)


class ServiceView(Model):
    """A bookable service."""

    id: str
    merchant: str
    title: str
    description: str
    prepayment: MoneyField | None = Field(description="Paid when booking; absent: nothing is.")
    minutes: int = Field(description="How long an appointment takes.")

    @classmethod
    def of(cls, thing: OfferingCard | d.Offering, language: str) -> Self:
        return cls(
            id=thing.id, merchant=thing.merchant, title=pick_text(thing.title, language),
            description=pick_text(thing.description, language), prepayment=thing.prepayment, minutes=thing.minutes,
        )  # fmt: skip


class SlotView(Model):
    """A time at which a service can be had."""

    id: str
    starts_at: datetime
    free: int = Field(description="Places that are left.")
    capacity: int

    @classmethod
    def of(cls, slot: d.Slot) -> Self:
        return cls(id=slot.id, starts_at=slot.starts_at, free=slot.free, capacity=slot.capacity)


class SlotList(Model):
    """The slots of a month."""

    items: Sequence[SlotView]


class ContactBody(Model):
    """How the customer is reached about the booking."""

    email: Annotated[str, StringConstraints(max_length=254)]
    phone: Annotated[str, StringConstraints(max_length=120)] = ""
    language: Tag | None = None


class PlaceBooking(Model):
    """A place at a time."""

    service: Id
    slot: SlotId
    name: Annotated[Word, Field(description="Under which the merchant expects you.")]
    contact: ContactBody
    payment_method: Annotated[str, StringConstraints(max_length=40)] = ""


class PayBooking(Model):
    """How the customer would like to pay; without a provider the best one for the method is asked."""

    provider: Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9_]{1,31}$")] | None = None
    embedded: bool = False


class BookingSummary(Model):
    """A booking in a list."""

    id: str
    merchant: str
    service: str
    title: str
    state: str
    state_text: str
    starts_at: datetime
    prepayment: MoneyField | None
    due: datetime = Field(description="The next deadline, else the appointment.")
    missed: tuple[str, ...] = Field(description="Deadlines that have passed unmet.")

    @classmethod
    def of(cls, card: BookingCard, language: str) -> Self:
        return cls(
            id=card.id, merchant=card.merchant, service=card.service, title=pick_text(card.title, language),
            state=card.state.value, state_text=pick_text(words.STATES[card.state], language), starts_at=card.starts_at,
            prepayment=card.prepayment, due=card.due, missed=card.missed,
        )  # fmt: skip


class MarkQuery(Query):
    """Which part of a work list to show."""

    mark: Annotated[Mark | Literal[""], Field(description="Only what has this colour (ORD-17).")] = ""

    @property
    def keep(self) -> Callable[[Any], bool] | None:
        """Which cards to show; None: all."""
        return (lambda card: card.mark == self.mark) if self.mark else None


class BookingWorkItem(BookingSummary):
    """A booking in a work list."""

    mark: Annotated[Mark, Field(description="The colour it gets (ORD-17).")]
    claimed_by: Annotated[str, Field(description="Who has taken it up; empty: nobody.")]

    @classmethod
    def of(cls, card: BookingCard, language: str) -> Self:
        seen = BookingSummary.of(card, language).model_dump()
        return cls(**seen, mark=card.mark, claimed_by=card.claimed_by)


class ClaimView(Model):
    """Who has taken up what waits for staff with a booking; empty: nobody."""

    id: str
    claimed_by: str


class BookingView(Model):
    """A booking, as its customer and its merchant see it."""

    id: str
    merchant: str
    service: str
    slot: str
    title: str
    name: str
    state: str
    state_text: str
    starts_at: datetime
    ends_at: datetime
    time_zone: str
    prepayment: MoneyField | None
    pay_by: datetime | None
    confirm_by: datetime | None = Field(description="Until then the merchant can confirm it; then it ends by itself.")
    reply: str = Field(description="What the merchant has answered.")
    actual: MoneyField | None = Field(description="Consumed, as the merchant has entered it.")
    excess: MoneyField | None = Field(description="Above the prepayment; paid to the merchant directly.")
    returned: MoneyField | None = Field(description="Below the prepayment; on the balance account.")
    remarks: str
    refund_by: datetime | None = Field(description="When the prepayment of a missed appointment is back at the latest.")
    refunded: MoneyField | None
    counts_as_no_show: bool
    cancelled_for: str | None
    stages: Sequence[StageView]
    missed: tuple[str, ...]
    allowed: Sequence[str] = Field(description="The commands that it takes.")

    @classmethod
    def of(cls, booking: d.Booking, language: str) -> Self:
        return cls(
            id=booking.id, merchant=booking.merchant, service=booking.service, slot=booking.slot,
            title=pick_text(booking.title, language), name=booking.name, state=booking.state.value,
            state_text=pick_text(words.STATES[booking.state], language), starts_at=booking.starts_at,
            ends_at=booking.ends_at, time_zone=booking.time_zone, prepayment=booking.prepayment,
            pay_by=booking.deadlines.get("pay_by"),
            confirm_by=booking.confirm_by if booking.state is d.State.BOOKED else None,
            reply=booking.reply, actual=booking.actual, excess=booking.excess,
            returned=booking.returned, remarks=booking.remarks,
            refund_by=booking.deadlines.get("refund_by") if booking.state is d.State.REFUND_DUE else None,
            refunded=booking.refunded, counts_as_no_show=booking.customers_cause,
            cancelled_for=booking.cancelled_for.value if booking.cancelled_for else None,
            stages=StageView.all_of(booking),
            missed=booking.missed, allowed=[command.value for command in d.allowed(booking.state)],
        )  # fmt: skip


class ConfirmBooking(Model):
    """The merchant's reply."""

    reply: Remarks = ""


class ConsumeBooking(Model):
    """What the customer has consumed; without remarks they are asked for afterwards."""

    actual: MoneyField
    remarks: Remarks = ""


class RemarkBooking(Model):
    """The merchant's remarks by final status and amount."""

    remarks: Annotated[Remarks, Field(min_length=1)]


class ReportNoShow(Model):
    """Why the customer did not come: only the customer's own cause counts (BAL-04)."""

    cause: Literal["customer", "other"] = "customer"


class CallOffBooking(Model):
    """Why staff call a booking off."""

    reason: Literal["merchant", "other"]


class ExcuseBooking(Model):
    """Why a no-show does not count."""

    reason: Text


class RegisterMerchant(Model):
    """What the invitation says."""

    secret: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class RegistrationView(Model):
    """A merchant that has taken its invitation up."""

    id: str
    name: dict[str, str]
    standing: str
    closes_at: datetime

    @classmethod
    def of(cls, merchant: d.Merchant) -> Self:
        return cls(
            id=merchant.id, name=merchant.name, standing=merchant.standing.value, closes_at=merchant.closes_at
        )  # fmt: skip


class InviteMerchant(Model):
    """An invitation into the alliance."""

    id: Annotated[Slug, Field(description="Also names the permission `merchant:<id>` of its staff.")]
    name: Texts
    market: Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")]
    country: Annotated[str, StringConstraints(pattern="^[A-Z]{2}$")]
    time_zone: Annotated[str, StringConstraints(max_length=60)]
    email: Annotated[str, StringConstraints(max_length=254)]
    language: Tag = "en"
    closes_at: Annotated[Moment, Field(description="Registration is open until then.")]
    campaign: Annotated[str, StringConstraints(max_length=200)] = ""


class ScreenMerchant(Model):
    """The decision of the screening; a rejection needs its reason."""

    rejected_for: Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)] = ""


class DocumentBody(Model):
    """A paper: what it is, and where it is kept."""

    kind: Annotated[str, StringConstraints(pattern="^[a-z][a-z0-9_]{1,60}$")]
    reference: Word


class SubmitDocuments(Model):
    """What a qualified merchant hands in."""

    attended_meeting: bool
    documents: Annotated[tuple[DocumentBody, ...], Field(max_length=30, strict=False)]


class StepView(Model):
    """When a merchant came to a standing."""

    standing: str
    at: datetime


class StaffMerchantView(Model):
    """A merchant, as recruitment sees it."""

    id: str
    name: dict[str, str]
    market: str
    country: str
    time_zone: str
    email: str
    language: str
    standing: str
    closes_at: datetime
    campaign: str
    documents: Sequence[DocumentBody]
    rejected_for: str
    steps: Sequence[StepView]

    @classmethod
    def of(cls, merchant: d.Merchant) -> Self:
        return cls(
            id=merchant.id, name=merchant.name, market=merchant.market, country=merchant.country,
            time_zone=merchant.time_zone, email=merchant.email, language=merchant.language,
            standing=merchant.standing.value, closes_at=merchant.closes_at, campaign=merchant.campaign,
            documents=[DocumentBody(kind=paper.kind, reference=paper.reference) for paper in merchant.documents],
            rejected_for=merchant.rejected_for,
            steps=[StepView(standing=standing.value, at=at) for standing, at in merchant.steps],
        )  # fmt: skip


class StaffMerchantCard(Model):
    """A merchant in recruitment's list."""

    id: str
    name: dict[str, str]
    market: str
    standing: str
    closes_at: datetime

    @classmethod
    def of(cls, card: MerchantCard) -> Self:
        return cls(
            id=card.id, name=card.name, market=card.market, standing=card.standing.value, closes_at=card.closes_at
        )  # fmt: skip


class OfferService(Model):
    """A merchant's service."""

    merchant: Id
    title: Texts
    description: dict[Tag, Text] = Field(default_factory=dict, max_length=12)
    prepayment: MoneyField | None = None
    minutes: Annotated[int, Field(ge=5, le=7 * 24 * 60)]
    open: Annotated[bool, Field(description="Whether it can be booked.")] = True

    def offering(self, service_id: str) -> d.Offering:
        """The value that the domain works with."""
        return d.Offering(
            id=service_id, merchant=self.merchant, title=dict(self.title), description=dict(self.description),
            prepayment=self.prepayment, minutes=self.minutes, open=self.open,
        )  # fmt: skip


class SlotBody(Model):
    """How many places a slot has; none closes it."""

    starts_at: Moment
    capacity: Annotated[int, Field(ge=0, le=10_000)]


class OpenSlots(Model):
    """The slots to open or change; others stay as they are."""

    slots: Annotated[tuple[SlotBody, ...], Field(min_length=1, max_length=90, strict=False)]


class EscalationView(Model):
    """What a merchant has not done in time."""

    booking: str
    merchant: str
    deadline: str
    since: datetime
    mark: Annotated[Mark, Field(description="The colour it gets (ORD-17).")]
    claimed_by: Annotated[str, Field(description="Who has taken it up; empty: nobody.")]
