"""The decision table of channels: reading, changing and trying it (RTE-07)."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from chalicelib.core.auth import Post, staff
from chalicelib.core.errors import RuleRefused, StaleVersion
from chalicelib.core.http import CurrencyField, Id, Model, MoneyField, Page, Query, Request
from chalicelib.orders import service as orders
from chalicelib.routing import service
from chalicelib.shipping.domain.coverage import Finding
from chalicelib.shipping.domain.decisions import CHANNELS, Attribute, Choice, DecisionTable, DutyPolicy, Facts, Row
from chalicelib.shipping.domain.rates import Channel
from chalicelib.shipping.items.tables import TABLE_VERSION, VERSIONS, TableCard, partition
from chalicelib.shipping.service import decisions

from .door import routes

READERS = staff(Post.PLANNING, Post.ORDER_DESK)
EDITORS = staff(Post.PLANNING)

MarketCode = Annotated[str, StringConstraints(pattern="^[A-Z]{2}$"), Field(examples=["EU"])]
Country = Annotated[str, StringConstraints(pattern="^[A-Z]{2}$"), Field(examples=["DE"])]
Category = Annotated[str, StringConstraints(pattern="^[a-z0-9][a-z0-9-]{0,79}$")]
Grams = Annotated[int, Field(ge=0, le=10_000_000)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)]
ChannelName = Literal["POST", "LINE", "EXPRESS", "LOCAL"]
AttributeName = Literal["fresh", "large", "fragile", "battery"]
PolicyName = Annotated[
    Literal["DDP", "DAP", "NONE"],
    Field(description="DDP: duty must be prepaid. DAP: the recipient may pay it. NONE: no border is crossed."),
]
Day = Annotated[date, Field(strict=False)]


class RowBody(Model):
    """A row: conditions, and the channel that follows. A condition that is left out holds for everything."""

    id: Annotated[str, StringConstraints(pattern="^[a-z0-9][a-z0-9-]{0,39}$")]
    priority: Annotated[int, Field(ge=0, le=1_000_000, description="The lowest is asked first.")]
    channel: Annotated[
        Literal["POST", "LINE", "EXPRESS", "LOCAL", "CHEAPEST", "CHEAPEST_PREPAID", "FASTEST"],
        Field(description="Taken when the buyer chooses none; where it is not offered, the cheapest that is."),
    ]
    excluded: Annotated[tuple[ChannelName, ...], Field(max_length=4, strict=False, description="Never used.")] = ()
    markets: Annotated[tuple[MarketCode, ...], Field(max_length=50, strict=False)] = ()
    countries: Annotated[tuple[Country, ...], Field(max_length=250, strict=False)] = ()
    least_weight_g: Grams | None = None
    most_weight_g: Grams | None = None
    least_value: Annotated[MoneyField | None, Field(description="Of the goods, without tax and freight.")] = None
    most_value: MoneyField | None = None
    goods: Annotated[
        tuple[AttributeName, ...], Field(max_length=4, strict=False, description="All of them; one article is enough.")
    ] = ()
    without: Annotated[tuple[AttributeName, ...], Field(max_length=4, strict=False, description="None of them.")] = ()
    duty_policies: Annotated[tuple[PolicyName, ...], Field(max_length=3, strict=False)] = ()
    categories: Annotated[
        tuple[Category, ...], Field(max_length=20, strict=False, description="One article in one of them is enough.")
    ] = ()
    valid_from: Annotated[Day | None, Field(description="First day, in the market's time zone.")] = None
    valid_until: Annotated[Day | None, Field(description="Last day.")] = None
    note: Note = ""

    def row(self) -> Row:
        given: dict[str, Any] = {each.name: getattr(self, each.name) for each in fields(Row)}
        return Row(**given | {
            "channel": Choice(self.channel),
            "excluded": tuple(Channel(name) for name in dict.fromkeys(self.excluded)),
            "goods": tuple(Attribute(name) for name in dict.fromkeys(self.goods)),
            "without": tuple(Attribute(name) for name in dict.fromkeys(self.without)),
            "duty_policies": tuple(DutyPolicy(name) for name in dict.fromkeys(self.duty_policies)),
            "categories": tuple(dict.fromkeys(self.categories)),
        })  # fmt: skip

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls.model_construct(**{each.name: getattr(row, each.name) for each in fields(Row)})


class TableBody(Model):
    """A table as a whole. What is saved takes the place of every row there was."""

    currency: Annotated[CurrencyField, Field(description="Of every amount in the table.")] = "EUR"
    rows: Annotated[tuple[RowBody, ...], Field(max_length=200, strict=False)]
    note: Note = ""

    def table(self) -> DecisionTable:
        return DecisionTable(
            name=CHANNELS, version=0, currency=self.currency, rows=tuple(row.row() for row in self.rows), note=self.note
        )


class FindingView(Model):
    """Something to know about a table; nothing of it keeps the table from being saved."""

    kind: Literal["unreachable", "overlaps", "gap"]
    row: Annotated[str, Field(description="Empty: the table as a whole.")]
    others: Annotated[tuple[str, ...], Field(description="The earlier rows that decide first.")]

    @classmethod
    def of(cls, finding: Finding) -> Self:
        return cls(kind=finding.kind.value, row=finding.row, others=finding.others)


class TableView(Model):
    """A table with its rows in the order they are asked, and what there is to know about them."""

    name: str
    version: Annotated[int, Field(description="0 is the packaged table, in force until another is saved.")]
    currency: str
    rows: tuple[RowBody, ...]
    note: str
    saved_by: str
    saved_at: datetime | None
    findings: tuple[FindingView, ...]

    @classmethod
    def of(cls, table: DecisionTable) -> Self:
        return cls.model_construct(
            name=table.name, version=table.version, currency=table.currency,
            rows=tuple(map(RowBody.of, table.in_order)), note=table.note, saved_by=table.saved_by,
            saved_at=table.saved_at, findings=tuple(map(FindingView.of, decisions.check(table))),
        )  # fmt: skip


class VersionView(Model):
    """A version in a list."""

    version: int
    rows: int
    note: str
    saved_by: str
    saved_at: datetime | None

    @classmethod
    def of(cls, card: TableCard) -> Self:
        return cls(**{each.name: getattr(card, each.name) for each in fields(TableCard)})


class FactsBody(Model):
    """Made-up facts to ask a table about."""

    market: MarketCode
    country: Country
    weight_g: Grams
    value: MoneyField
    goods: Annotated[tuple[AttributeName, ...], Field(max_length=4, strict=False)] = ()
    categories: Annotated[tuple[Category, ...], Field(max_length=20, strict=False)] = ()
    duty_policy: PolicyName = "NONE"

    def facts(self, on: date) -> Facts:
        return Facts(
            market=self.market, country=self.country, weight_g=self.weight_g, value=self.value, on=on,
            goods=tuple(Attribute(name) for name in self.goods), categories=self.categories,
            duty_policy=DutyPolicy(self.duty_policy),
        )  # fmt: skip


class TryTable(Model):
    """What to ask a table about: facts, or an order; and which table, if not the one in force."""

    facts: FactsBody | None = None
    order_id: Annotated[Id | None, Field(description="Instead of facts.")] = None
    draft: TableBody | None = None
    on: Annotated[Day | None, Field(description="Another day than today.")] = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.facts is None) is (self.order_id is None):
            raise ValueError("give either facts or order_id")
        return self


class MissView(Model):
    """A condition that did not hold."""

    condition: str
    wanted: str
    found: str


class PassedView(Model):
    """A row that was asked first and did not fit, with everything that was in its way."""

    row: str
    misses: tuple[MissView, ...]


class OutcomeView(Model):
    """What a table decides. Without a row that fits, the cheapest offer is taken."""

    row: str | None
    choice: Annotated[str, Field(description="What the row chooses; CHEAPEST without one.")]
    excluded: tuple[str, ...]
    offered: Annotated[tuple[str, ...], Field(description="Of an order: channels that take its goods, cheapest first.")]
    channel: Annotated[str, Field(description="Of an order: the one that would be taken.")]

    @classmethod
    def of(cls, trial: service.Trial) -> Self:
        row = trial.decision.row
        return cls(
            row=row.id if row else None,
            choice=(row.channel if row else Choice.CHEAPEST).value,
            excluded=tuple(str(channel) for channel in trial.decision.excluded),
            offered=trial.offered,
            channel=trial.channel,
        )


class TriedFacts(Model):
    """The facts that the table was asked about."""

    market: str
    country: str
    weight_g: int
    value: MoneyField
    goods: tuple[str, ...]
    categories: tuple[str, ...]
    duty_policy: str
    on: date


class TrialView(Model):
    """What a table decides, and why no row before the deciding one does."""

    table_version: Annotated[int | None, Field(description="None: the draft that was sent.")]
    facts: TriedFacts
    outcome: OutcomeView
    passed: tuple[PassedView, ...]

    @classmethod
    def of(cls, trial: service.Trial, version: int | None) -> Self:
        facts = {each.name: getattr(trial.facts, each.name) for each in fields(Facts)}
        facts["goods"] = tuple(name.value for name in trial.facts.goods)
        return cls(
            table_version=version,
            facts=TriedFacts(**facts | {"duty_policy": trial.facts.duty_policy.value}),
            outcome=OutcomeView.of(trial),
            passed=tuple(
                PassedView(
                    row=passed.row,
                    misses=tuple(
                        MissView(condition=miss.condition, wanted=miss.wanted, found=miss.found)
                        for miss in passed.misses
                    ),
                )
                for passed in trial.decision.passed
            ),
        )


class CompareTables(Model):
    """A draft to hold against the table in force."""

    draft: TableBody
    orders: Annotated[int, Field(ge=1, le=100, description="How many of the latest orders.")] = 50
    on: Annotated[Day | None, Field(description="Another day than today.")] = None


class ChangeView(Model):
    """An order that would go another way, or be offered others."""

    order_id: str
    placed_with: str
    before: OutcomeView
    after: OutcomeView


class ComparisonView(Model):
    """What a draft would have changed."""

    compared: int
    changed: tuple[ChangeView, ...]
    findings: tuple[FindingView, ...]


@routes.get("/staff/routing/tables/channels", access=READERS)
def get_channel_table(request: Request) -> TableView:
    """The decision table of channels in force, with what there is to know about its rows (RTE-07)."""
    table, version = decisions.saved(request.uow)
    request.set_etag(version)
    return TableView.of(table)


@routes.put("/staff/routing/tables/channels", access=EDITORS, errors=[StaleVersion])
def save_channel_table(request: Request, body: TableBody, if_match: int | None) -> TableView:
    """Put another decision table in force, everywhere within a minute. The versions before it are kept (RTE-07)."""
    table = decisions.save(request.uow, body.table(), request.principal.id, if_match)
    request.set_etag(decisions.saved(request.uow)[1])
    return TableView.of(table)


@routes.get("/staff/routing/tables/channels/versions", access=READERS)
def list_channel_tables(request: Request, query: Query) -> Page[VersionView]:
    """Every version there ever was, the newest first."""
    found = request.page(
        TABLE_VERSION, "table", partition(CHANNELS), limit=query.limit, cursor=query.cursor, newest_first=True,
        prefix=VERSIONS,
    )  # fmt: skip
    return Page[VersionView](items=[VersionView.of(card) for card in found.items], next=found.next)


@routes.get("/staff/routing/tables/channels/versions/{number}", access=READERS)
def get_channel_table_version(request: Request, number: str) -> TableView:
    """A table as it was saved once; 0 is the packaged one."""
    return TableView.of(decisions.version(request.uow, number))


@routes.post("/staff/routing/tables/channels/dry-run", access=READERS, commit=False, errors=[RuleRefused])
def try_channel_table(request: Request, body: TryTable) -> TrialView:
    """Which row decides about facts or an order, and why each row before it does not. Nothing is changed (RTE-07)."""
    table, version = _draft_or_saved(request, body.draft)
    if body.facts is not None:
        trial = service.try_facts(request.uow, table, body.facts.facts(body.on or request.now.date()))
    else:
        order = orders.find_for_staff(request.uow, body.order_id or "", request.principal)
        trial = service.try_order(request.uow, table, order, body.on)
    return TrialView.of(trial, version)


@routes.post("/staff/routing/tables/channels/comparison", access=READERS, commit=False)
def compare_channel_tables(request: Request, body: CompareTables) -> ComparisonView:
    """What a draft would have changed for the latest orders. Nothing is changed (RTE-07)."""
    draft = body.draft.table()
    found = decisions.check(draft)
    compared = service.compare(request.uow, decisions.saved(request.uow)[0], draft, body.orders, body.on)
    return ComparisonView(
        compared=len(compared),
        changed=tuple(
            ChangeView(
                order_id=each.order_id, placed_with=each.placed_with,
                before=OutcomeView.of(each.before), after=OutcomeView.of(each.after),
            )
            for each in compared
            if each.changes
        ),
        findings=tuple(map(FindingView.of, found)),
    )  # fmt: skip


def _draft_or_saved(request: Request, draft: TableBody | None) -> tuple[DecisionTable, int | None]:
    if draft is None:
        table = decisions.saved(request.uow)[0]
        return table, table.version
    table = draft.table()
    decisions.check(table)
    return table, None
