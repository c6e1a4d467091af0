"""Boxes: which a location has, which to take for an order, how full they are, and what fragile goods may leave in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from chalicelib.core.auth import Post, staff
from chalicelib.core.errors import RuleRefused
from chalicelib.core.http import Id, Model, Moment, Request
from chalicelib.fulfilment.domain.boxes import BoxSize, PackedBox, Piece, Placed, Proposal
from chalicelib.fulfilment.domain.crush import NEEDED, CompressionTest, Packaging
from chalicelib.fulfilment.service import boxes as service

from .door import STORE, routes

#: Who tests packagings must not be who is in a hurry to pack.
TESTERS = staff(Post.PRODUCT_MANAGEMENT)
READERS = staff(Post.PRODUCT_MANAGEMENT, Post.STORE)
BoxName = Annotated[str, Field(min_length=1, max_length=20, pattern=r"^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?$")]
Side = Annotated[int, Field(ge=10, le=5_000, description="Millimetres, inside.")]


class BoxSizeBody(Model):
    """A box that a location has on its shelf."""

    name: BoxName
    length_mm: Side
    width_mm: Side
    height_mm: Side
    most_g: Annotated[int, Field(gt=0, le=1_000_000, description="Grams of goods it may hold.")]
    tare_g: Annotated[int, Field(ge=0, le=100_000, description="Grams it weighs itself.")] = 0

    @classmethod
    def of(cls, size: BoxSize) -> BoxSizeBody:
        return cls(**{name: getattr(size, name) for name in cls.model_fields})


class BoxSizesBody(Model):
    """All boxes of a location."""

    sizes: Annotated[list[BoxSizeBody], Field(min_length=1, max_length=30)]


class PlacedView(Model):
    """A piece in its place: the corner nearest to the box's left front bottom one, and its sides as it lies."""

    sku: str
    at_mm: tuple[int, int, int]
    sides_mm: tuple[int, int, int]
    fragile: bool

    @classmethod
    def of(cls, one: Placed) -> PlacedView:
        return cls(sku=one.piece.sku, at_mm=one.at, sides_mm=one.sides, fragile=one.piece.fragile)


class PackedBoxView(Model):
    """A box to take, and how its goods lie in it, in the order they go in."""

    size: str
    weight_g: Annotated[int, Field(description="Of box and goods, as the catalogue knows them.")]
    filled_percent: int
    goods: Sequence[PlacedView]

    @classmethod
    def of(cls, box: PackedBox) -> PackedBoxView:
        return cls(
            size=box.size.name, weight_g=box.weight_g, filled_percent=100 * box.goods_mm3 // box.size.volume_mm3,
            goods=[PlacedView.of(one) for one in box.placed],
        )  # fmt: skip


class ProposalView(Model):
    """How an order could be packed. What is too large or was never measured is not in these boxes."""

    boxes: Sequence[PackedBoxView]
    too_large: Sequence[str]
    unmeasured: Sequence[str]

    @classmethod
    def of(cls, proposal: Proposal) -> ProposalView:
        return cls(
            boxes=[PackedBoxView.of(box) for box in proposal.boxes], too_large=_skus(proposal.too_large),
            unmeasured=_skus(proposal.unmeasured),
        )  # fmt: skip


def _skus(pieces: Sequence[Piece]) -> list[str]:
    return sorted({piece.sku for piece in pieces})


class SpaceUseView(Model):
    """How full the boxes of a month were."""

    month: str
    orders: int
    use_percent: Decimal
    gain_percent: Annotated[Decimal, Field(description="Over the baseline, in percent of it.")]
    target_reached: bool


class SpaceUseList(Model):
    """The months, the newest first."""

    months: Sequence[SpaceUseView]


class TestBody(Model):
    """A compression test by ISTA 3A; a protocol is recorded once."""

    sku: Id
    packaging: Annotated[BoxName, Field(description="Name of the box, or `other`.")]
    passed: bool
    report: Annotated[str, Field(min_length=1, max_length=80, description="Number of the protocol.")]
    tested_at: Moment


class TestView(Model):
    """A test as it was recorded."""

    passed: bool
    report: str
    tested_at: datetime
    recorded_by: str


class PackagingView(Model):
    """A SKU in a packaging: released when enough tests in a row were passed."""

    sku: str
    packaging: str
    released: bool
    passed_in_a_row: int
    tests: Sequence[TestView]

    @classmethod
    def of(cls, tested: Packaging, needed: int) -> PackagingView:
        return cls(
            sku=tested.sku, packaging=tested.packaging, released=tested.passed >= needed,
            passed_in_a_row=tested.passed,
            tests=[TestView(**{name: getattr(test, name) for name in TestView.model_fields}) for test in tested.tests],
        )  # fmt: skip


class PackagingList(Model):
    """Every packaging that a SKU was tested in."""

    packagings: Sequence[PackagingView]


@routes.get("/staff/stores/{store}/boxes", access=STORE)
def list_boxes(request: Request, store: Id) -> BoxSizesBody:
    """See the boxes of a location, as proposals use them (FUL-17)."""
    from chalicelib.fulfilment.service import check_store

    check_store(store, request.principal)
    return BoxSizesBody(sizes=[BoxSizeBody.of(size) for size in service.sizes_of(request.uow, store)])


@routes.put("/staff/stores/{store}/boxes", access=STORE)
def name_boxes(request: Request, store: Id, body: BoxSizesBody) -> BoxSizesBody:
    """Say which boxes a location has (FUL-17)."""
    sizes = [BoxSize(**size.model_dump()) for size in body.sizes]
    kept = service.name_sizes(request.uow, store, sizes, request.principal)
    return BoxSizesBody(sizes=[BoxSizeBody.of(size) for size in kept])


@routes.get("/staff/orders/{order_id}/boxes", access=STORE, errors=[RuleRefused])
def propose_boxes(request: Request, order_id: str) -> ProposalView:
    """See which boxes to take for an order and how its goods lie in them (FUL-17)."""
    return ProposalView.of(service.propose(request.uow, order_id, request.principal))


@routes.get("/staff/stores/{store}/space-use", access=STORE)
def report_space_use(request: Request, store: Id) -> SpaceUseList:
    """See how full a location's boxes were, month by month, and whether the target is reached (FUL-17)."""
    found = service.space_use(request.uow, store, request.principal)
    return SpaceUseList(
        months=[
            SpaceUseView(
                month=one.month, orders=one.orders, use_percent=one.use, gain_percent=one.gain,
                target_reached=one.reached,
            )
            for one in found
        ]
    )  # fmt: skip


@routes.post("/staff/compression-tests", access=TESTERS, status=201, idempotent=True)
def record_compression_test(request: Request, body: TestBody) -> PackagingView:
    """Record a compression test of fragile goods in a packaging (FUL-18)."""
    test = CompressionTest(
        passed=body.passed, report=body.report, tested_at=body.tested_at, recorded_by=request.principal.id
    )
    tested = service.record_test(request.uow, body.sku, body.packaging, test)
    return PackagingView.of(tested, request.uow.setting(NEEDED))


@routes.get("/staff/compression-tests/{sku}", access=READERS)
def list_compression_tests(request: Request, sku: str) -> PackagingList:
    """See which packagings a SKU may leave in, and the tests behind that (FUL-18)."""
    needed = request.uow.setting(NEEDED)
    found = service.tests_of(request.uow, sku)
    return PackagingList(packagings=[PackagingView.of(tested, needed) for tested in found])
