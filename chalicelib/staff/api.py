"""HTTP of the staff room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import Field, StringConstraints

from chalicelib.core.errors import StaleVersion
from chalicelib.core.http import Model, Post, Request, Routes, staff

from . import service
from .service import SettingState

routes = Routes(__name__)

MarketCode = Annotated[str, StringConstraints(pattern="^([A-Z]{2})?$"), Field(description="Empty: the whole shop.")]
Value = Annotated[bool | int | str, Field(description="Of the same kind as the default.")]


class StaffView(Model):
    """Who is signed in. `stores` are the locations (or merchants) it is bound to; empty: the whole house."""

    id: str
    email: str
    posts: Sequence[Post]
    store: str
    stores: Sequence[str]
    sees_all_stores: bool


class SettingView(Model):
    """A number (or text) of the shop that staff may change."""

    name: str
    value: Annotated[Value, Field(description="What is in force.")]
    default: Value
    is_set: Annotated[bool, Field(description="Staff have set it for this scope; else it is the default.")]
    unit: str
    rule: Annotated[str, Field(description="The requirement it comes from.")]
    own_choice: Annotated[bool, Field(description="The requirement asks for a value without giving one.")]
    doc: str

    @classmethod
    def of(cls, state: SettingState) -> Self:
        setting = state.setting
        return cls(
            name=setting.name, value=state.value, default=setting.default, is_set=state.own is not None,
            unit=setting.unit, rule=setting.rule, own_choice=setting.own, doc=setting.doc,
        )  # fmt: skip


class SettingList(Model):
    """Every setting, by name."""

    market: str
    items: Sequence[SettingView]


class SettingQuery(Model):
    """Whose settings."""

    market: MarketCode = ""


class SetSetting(Model):
    """A value to set; null goes back to the default."""

    value: Value | None
    market: MarketCode = ""


@routes.get("/staff/me", access=staff(*Post))
def show_staff_me(request: Request) -> StaffView:
    """Your posts and your store, for a console that shows what you may do (ROL-01, ROL-03)."""
    who = request.principal
    return StaffView(
        id=who.id, email=who.email, posts=sorted(who.posts), store=who.store, stores=sorted(who.scopes),
        sees_all_stores=who.works_for(""),
    )  # fmt: skip


@routes.get("/staff/settings", access=staff(Post.ADMIN, Post.PLANNING, Post.FINANCE))
def list_settings(request: Request, query: SettingQuery) -> SettingList:
    """Every number of the shop that may be changed, with its rule; `?market=` shows a market's own."""
    states = service.all_settings(request.uow, query.market)
    request.set_etag(service.version(request.uow, query.market))
    return SettingList(market=query.market, items=[SettingView.of(state) for state in states])


@routes.put("/staff/settings/{name}", access=staff(Post.ADMIN), errors=[StaleVersion])
def set_setting(request: Request, name: str, body: SetSetting, if_match: int | None) -> SettingView:
    """Change a number of the shop, or of one market. It is in force everywhere within a minute."""
    if if_match is not None and if_match != service.version(request.uow, body.market):
        raise StaleVersion("The settings have been changed since you read them.")
    return SettingView.of(service.change(request.uow, name, body.value, body.market))
