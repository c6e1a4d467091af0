"""HTTP of the staff room."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.core.http import Model, Post, Request, Routes, staff

routes = Routes(__name__)


class StaffView(Model):
    """Who is signed in. `stores` are the locations (or merchants) it is bound to; empty: the whole house."""

    id: str
    email: str
    posts: Sequence[Post]
    store: str
    stores: Sequence[str]
    sees_all_stores: bool


@routes.get("/staff/me", access=staff())
def show_staff_me(request: Request) -> StaffView:
    """Your posts and your store, for a console that shows what you may do (ROL-01, ROL-03)."""
    who = request.principal
    return StaffView(
        id=who.id, email=who.email, posts=sorted(who.posts), store=who.store, stores=sorted(who.scopes),
        sees_all_stores=who.works_for(""),
    )  # fmt: skip
