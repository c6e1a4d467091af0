"""First users of a local shop: staff of every post, store and merchant, two shoppers; passwords are made up here."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

import boto3

from .paths import credentials_file, region

#: The places that have local members of staff, each bound to its own; "" is headquarters.
PLACES = {
    "customer_service": ("", "BER-S1"),
    "store": ("SHA-S1", "BER-S1", "SZX1", "RTM1", "LAX1"),
    "merchant": ("lantern-travel", "longjing-house", "spree-spa"),
}
SHOPPERS = {"ada": "Ada Lovelace", "lin": "林 晓"}


def create(outputs: Mapping[str, str], posts: Iterable[str]) -> dict[str, Any]:
    """Make sure the users exist, and write who they are to `.local/credentials-<port>.json`.

    A second run keeps passwords; only users that are missing are made.
    """
    kept = credentials_file()
    known: dict[str, Any] = json.loads(kept.read_text()) if kept.exists() else {}
    passwords = {user["email"]: user["password"] for user in (*known.get("staff", ()), *known.get("shoppers", ()))}
    staff = members(posts)
    shoppers: list[dict[str, Any]] = [
        {"name": name, "email": f"{short}@shopper.caravan.example"} for short, name in SHOPPERS.items()
    ]
    for user in (*staff, *shoppers):
        user["password"] = passwords.get(user["email"]) or f"{secrets.token_urlsafe(12)}-Aa1"
    for user in staff:
        _ensure(outputs["StaffPoolId"], user, user["post"].replace("_", " "), user["groups"])
    for user in shoppers:
        _ensure(outputs["ShopperPoolId"], user, user["name"])
    document = {
        "staff_pool": {"id": outputs["StaffPoolId"], "client": outputs["StaffClientId"]},
        "shopper_pool": {"id": outputs["ShopperPoolId"], "client": outputs["ShopperClientId"]},
        "staff": staff,
        "shoppers": shoppers,
    }
    kept.touch(mode=0o600)
    kept.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    return document


def members(posts: Iterable[str]) -> list[dict[str, Any]]:
    """The members of staff without their passwords: one for each post, or one for each place that has it."""
    return [_member(post, place) for post in posts for place in PLACES.get(post, ("",))]


def _member(post: str, place: str) -> dict[str, Any]:
    """One member of staff; the first place of a post has the plain address."""
    name = post.replace("_", ".") + ("" if place == PLACES.get(post, ("",))[0] else f".{place.lower()}")
    groups = [post, f"{'merchant' if post == 'merchant' else 'store'}:{place}"] if place else [post]
    return {"post": post, "works_for": place, "email": f"{name}@staff.caravan.example", "groups": groups}


def _ensure(pool: str, user: Mapping[str, Any], name: str, groups: Iterable[str] = ()) -> None:
    cognito = boto3.client("cognito-idp", region_name=region())
    attributes = {"email": user["email"], "email_verified": "true", "name": name}
    try:
        cognito.admin_get_user(UserPoolId=pool, Username=user["email"])
    except cognito.exceptions.UserNotFoundException:
        cognito.admin_create_user(
            UserPoolId=pool,
            Username=user["email"],
            UserAttributes=[{"Name": key, "Value": value} for key, value in attributes.items()],
            TemporaryPassword=user["password"],
            MessageAction="SUPPRESS",
        )
    cognito.admin_set_user_password(UserPoolId=pool, Username=user["email"], Password=user["password"], Permanent=True)
    for group in groups:
        try:
            cognito.admin_add_user_to_group(UserPoolId=pool, Username=user["email"], GroupName=group)
        except cognito.exceptions.ResourceNotFoundException:
            cognito.create_group(UserPoolId=pool, GroupName=group)
            cognito.admin_add_user_to_group(UserPoolId=pool, Username=user["email"], GroupName=group)
