"""Files of slips: brought by a store or the order desk, worked through row by row in the background (FUL-14, FUL-15).

Each row is the very step that a clerk would do by hand, in a transaction of its own that also writes the row's outcome
and moves the file's position. So a file may be interrupted anywhere, delivered twice, or brought twice: what a row says
is done once, and a row that was so already says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from chalicelib.core.auth import Principal
from chalicelib.core.errors import DomainError, FieldError, Invalid, NotAllowed, NotFound
from chalicelib.core.intake import Intake, reasons
from chalicelib.core.sheets import text_of
from chalicelib.core.unit_of_work import UnitOfWork
from chalicelib.fulfilment.domain import Receipt
from chalicelib.fulfilment.domain import slip_files as d
from chalicelib.fulfilment.domain.slip_files import (
    RowError,
    SlipFile,
    SlipKind,
    SlipOutcome,
    SlipResult,
    SlipRow,
    SlipsPaused,
    SlipsUploaded,
)
from chalicelib.fulfilment.domain.slip_reading import read
from chalicelib.fulfilment.items import PACKING, SLIP
from chalicelib.fulfilment.items.packing import ids
from chalicelib.fulfilment.items.slip_files import ROWS_TO_AN_ITEM, SLIP_FILE, SLIP_OUTCOME, SLIP_ROWS
from chalicelib.markets import service as markets
from chalicelib.orders import service as orders
from chalicelib.orders.domain import MistypedNumber, Order, State, read_number
from chalicelib.orders.items import ORDER
from chalicelib.shipping.domain.waybills import checked
from chalicelib.shipping.service import shipments

from . import steps, together
from .parcels import HandedOver

#: What the errors of a step call the columns of a file.
_COLUMN_OF = {"order_id": "order_number", "number": "receipt"}
_CONTENT = "/content"


def bring(uow: UnitOfWork, name: str, kind: SlipKind, raw: bytes, principal: Principal) -> SlipFile:
    """Take a file in; its rows are worked through in the background.

    Raises:
        Invalid: it is no table of this kind.
    """
    rows, ignored = read(text_of(raw, _CONTENT), kind, uow.setting(d.MOST_ROWS), _CONTENT)
    file = SlipFile(
        id=uow.new_id(), name=name, kind=kind, store=principal.store, by=principal.id,
        posts=tuple(sorted(principal.posts)), scopes=tuple(sorted(principal.scopes)), uploaded_at=uow.now,
        rows=len(rows), ignored=ignored,
    )  # fmt: skip
    for part in d.in_rows(file.id, rows, ROWS_TO_AN_ITEM):
        uow.put(SLIP_ROWS, part)
    return uow.put(SLIP_FILE, file, SlipsUploaded(file.id, kind, len(rows)))


def file_of(uow: UnitOfWork, file_id: str, principal: Principal) -> SlipFile:
    """A file and how far it has come.

    Raises:
        NotFound: there is none, or it is not for the caller's eyes: it names other stores' orders.
    """
    file = uow.find(SLIP_FILE, file_id)
    if file is None or not (principal.works_for(file.store) or (not file.store and file.by == principal.id)):
        raise NotFound("slip file", file_id)
    return file


def work_through(begin: Callable[[], UnitOfWork], file_id: str, enough: Callable[[], bool] = lambda: False) -> SlipFile:
    """Do the rows of a file that are not done yet.

    Args:
        begin: starts a unit of work.
        enough: asked after each row; true stops here, to be continued.
    """
    intake: Intake[SlipRow, SlipOutcome] = Intake(
        begin,
        lambda uow, row: take(uow, file_id, row),
        lambda uow, row, error: reject(uow, file_id, row, error),
        enough=enough,
    )
    intake.feed(_rows(begin, file_id))
    return begin().get(SLIP_FILE, file_id)


def pause(uow: UnitOfWork, file_id: str) -> SlipFile:
    """Have another run go on with a file that has rows left; a file that has none is left alone."""
    file = uow.get(SLIP_FILE, file_id)
    if file.finished_at is None:
        uow.put(SLIP_FILE, file, SlipsPaused(file.id, file.next_row))
    return file


def _rows(begin: Callable[[], UnitOfWork], file_id: str) -> Iterator[SlipRow]:
    file = begin().get(SLIP_FILE, file_id)
    for number in range(file.next_row // ROWS_TO_AN_ITEM, -(-file.rows // ROWS_TO_AN_ITEM)):
        for row in begin().get(SLIP_ROWS, file_id, str(number)).rows:
            if row.place >= file.next_row:
                yield row


def take(uow: UnitOfWork, file_id: str, row: SlipRow) -> SlipOutcome | None:
    """Do what a row says; None when it has been done before.

    Raises:
        DomainError: it cannot be done; `reject` notes why.
    """
    number = row.order_number if row.errors else _number(row.order_number)
    kinds = () if row.errors else (ORDER.ref(number), PACKING.ref(number), SLIP.ref(number))
    uow.load(SLIP_FILE.ref(file_id), *kinds, *shipments.claims([(row.carrier, row.waybill)]))
    file = uow.get(SLIP_FILE, file_id)
    if row.place < file.next_row:
        return None
    if row.errors:
        return _done(uow, file, row, SlipResult.REJECTED, row.errors)
    do = _send if file.kind is SlipKind.WAYBILLS else _sign
    result, notes = do(uow, row, file.principal)
    return _done(uow, file, row, result, notes=notes)


def _number(text: str) -> str:
    """A number to look for in the table; what cannot be one is refused by the step itself."""
    try:
        return read_number(text)
    except MistypedNumber:
        return "-"


def reject(uow: UnitOfWork, file_id: str, row: SlipRow, error: DomainError) -> SlipOutcome | None:
    """Note why a row was not done; None when it has been done before."""
    file = uow.get(SLIP_FILE, file_id)
    if row.place < file.next_row:
        return None
    return _done(uow, file, row, SlipResult.REJECTED, _reasons(error))


def _done(
    uow: UnitOfWork, file: SlipFile, row: SlipRow, result: SlipResult, errors: Sequence[RowError] = (),
    notes: Sequence[str] = (),
) -> SlipOutcome:  # fmt: skip
    outcome = SlipOutcome(
        file_id=file.id, line=row.line, order_number=row.order_number, number=row.waybill or row.receipt,
        result=result, errors=tuple(errors), notes=tuple(notes),
    )  # fmt: skip
    uow.put(SLIP_FILE, file.counted(result, uow.now))
    return uow.put(SLIP_OUTCOME, outcome)


def _reasons(error: DomainError) -> tuple[RowError, ...]:
    if isinstance(error, NotFound):
        return (RowError("order_number", "unknown order"),)
    if isinstance(error, NotAllowed):
        allowed = ", ".join(error.members["allowed"]) or "nothing"
        return (RowError("order_number", f"{error.detail} Allowed is {allowed}."),)
    if isinstance(error, shipments.WaybillInUse):
        return (RowError("waybill", error.detail),)
    return tuple(RowError(_COLUMN_OF.get(one.pointer, one.pointer), one.detail) for one in reasons(error))


def _send(uow: UnitOfWork, row: SlipRow, principal: Principal) -> tuple[SlipResult, tuple[str, ...]]:
    """The parcel of an order has left under this waybill (E14)."""
    order, waybill = _order_and_waybill(uow, row, principal)
    place = orders.place_of(order, principal)
    if order.state in (State.PARTLY_SHIPPED, State.SHIPPED) or order.completed_by:
        parcels = [each for each in shipments.of_order(uow, order.id) if place in ("", each.store)]
        sent = [(parcel.carrier, parcel.waybill) for parcel in parcels]
        if (row.carrier, waybill) in sent:
            return SlipResult.UNCHANGED, ()
        if sent or order.state is not State.PARTLY_SHIPPED:
            under = ", ".join(number for _, number in sent) or "none"
            raise d.OtherSlip(f"The order has left already; its waybill is {under}.")
    if row.shipped_on is not None:
        zone = _zone(order)
        d.check_left(row.shipped_on, order.placed_at.astimezone(zone).date(), uow.now.astimezone(zone).date())
    handed = HandedOver(row.carrier, waybill, left_on=row.shipped_on)
    consignment = together.going_with(uow, order)
    if consignment is not None:  # all of them leave with this row; the rows of the others find it done
        together.ship(uow, consignment.id, handed, principal)
        return SlipResult.ACCEPTED, (
            f"left together with {', '.join(one for one in consignment.orders if one != order.id)}",
        )
    steps.ship(uow, order.id, [handed], principal)
    weighed = uow.get(PACKING, *ids(order.id, place)).weight_g
    if d.differs(weighed, row.weight_g, uow.setting(d.WEIGHT_DIFFERS)):
        note = f"the courier weighed {row.weight_g} g, the store {weighed} g"
        return SlipResult.ACCEPTED, (note,)
    return SlipResult.ACCEPTED, ()


def _order_and_waybill(uow: UnitOfWork, row: SlipRow, principal: Principal) -> tuple[Order, str]:
    """Both, or everything that is wrong with either."""
    errors: list[FieldError] = []
    order, waybill = None, ""
    try:
        waybill = checked(row.carrier, row.waybill)
    except Invalid as error:
        errors += reasons(error)
    try:
        order = orders.find_for_staff(uow, row.order_number, principal)
    except Invalid as error:
        errors += reasons(error)
    except NotFound:
        errors.append(FieldError("order_number", "unknown order"))
    if order is None or errors:
        raise Invalid(*errors)
    return order, waybill


def _sign(uow: UnitOfWork, row: SlipRow, principal: Principal) -> tuple[SlipResult, tuple[str, ...]]:
    """The courier's receipt is back (E15)."""
    order = orders.find_for_staff(uow, row.order_number, principal)
    entered = uow.find(SLIP, *ids(order.id, orders.place_of(order, principal)))
    if entered is not None:
        if entered.receipt.number == row.receipt:
            return SlipResult.UNCHANGED, ()
        raise d.OtherSlip(f"The order was signed for on receipt {entered.receipt.number}.")
    signed_at = datetime.fromisoformat(row.signed_at)
    if signed_at.tzinfo is None:
        signed_at = signed_at.replace(tzinfo=_zone(order))
    steps.enter_slip(uow, order.id, Receipt(row.receipt, row.signed_by, signed_at), principal)
    return SlipResult.ACCEPTED, ()


def _zone(order: Order) -> ZoneInfo:
    zones = {location.id: location.time_zone for location in markets.locations()}
    return ZoneInfo(zones.get(order.store or "", "UTC"))
