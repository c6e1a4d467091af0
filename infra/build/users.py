"""First users of a local shop: one member of staff per post and two shoppers, with passwords made up here."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from typing import Any

import boto3

from .paths import LOCAL, region

CREDENTIALS = LOCAL / "credentials.json"
#: The group that binds the local members of staff of these posts to one store, or one merchant.
BOUND = {"store": "store:SHA-S1", "merchant": "merchant:lantern-travel"}
SHOPPERS = {"ada": "Ada Lovelace", "lin": "林 晓"}


def create(outputs: Mapping[str, str], posts: Iterable[str]) -> dict[str, Any]:
    """Make sure the users exist, and write who they are to `.local/credentials.json`.

    A second run keeps passwords; only users that are missing are made.
    """
    known: dict[str, Any] = json.loads(CREDENTIALS.read_text()) if CREDENTIALS.exists() else {}
    passwords = {user["email"]: user["password"] for user in (*known.get("staff", ()), *known.get("shoppers", ()))}
    staff: list[dict[str, Any]] = [
        {
            "post": post,
            "email": f"{post.replace('_', '.')}@staff.caravan.example",
            "groups": [post, *([BOUND[post]] if post in BOUND else [])],
        }
        for post in posts
    ]
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
    CREDENTIALS.touch(mode=0o600)
    CREDENTIALS.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    return document


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
