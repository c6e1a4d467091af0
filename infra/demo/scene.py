"""The running shop as a run meets it: who calls it, and how the story is told."""

from __future__ import annotations

import json
import secrets
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import boto3
import urllib3

from infra.build import local
from infra.build.paths import credentials_file, outputs_file, port, region

from .shop import Caller, DemoFailed

T = TypeVar("T")

#: Where the examples live, when a run does not say otherwise.
BERLIN: Final = {
    "name": "Lena Schmidt", "phone": "+49 30 901820", "lines": ["Karl-Marx-Allee 1"], "city": "Berlin",
    "postal_code": "10178", "country": "DE",
}  # fmt: skip
CONTACT: Final = {"email": "lena.schmidt@shopper.caravan.example", "language": "en"}


def say(text: str = "") -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def fact(text: str) -> None:
    """What happened in the present step."""
    say(f"      {text}")


def money(amount: Mapping[str, str]) -> str:
    return f"{amount['amount']} {amount['currency']}"


def wait_for(what: str, look: Callable[[], T | None], seconds: float = 120) -> T:
    """Look again until there is something to see.

    Raises:
        DemoFailed: it did not come in time.
    """
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = look()
        if found is not None:
            return found
        time.sleep(0.15)
    raise DemoFailed(f"\n{what} did not happen within {seconds:.0f} s. `make logs` shows more.")


@dataclass
class Scene:
    """The shop at its address, with everybody who calls it.

    Args:
        guest: somebody without any credentials.
        credentials: the local users that `make up` has made.
    """

    base: str
    guest: Caller
    credentials: Mapping[str, Any]
    steps: int = 0
    started: float = field(default_factory=time.monotonic)
    _staff: dict[tuple[str, str], Caller] = field(default_factory=dict)

    @classmethod
    def of_running_shop(cls) -> Scene:
        """The scene at the local shop.

        Raises:
            DemoFailed: the shop has not been started.
        """
        known = outputs_file().exists() and credentials_file().exists()
        if not known or local.health() is None:
            raise DemoFailed(f"No shop is running on port {port()}. Start it with `make up`.")
        local.use()
        base = json.loads(outputs_file().read_text())["ApiUrl"]
        return cls(base, Caller(base), json.loads(credentials_file().read_text()))

    def step(self, title: str) -> None:
        """Begin the next step of the story."""
        self.steps += 1
        say(f"\n{self.steps:3}. {title}  ({time.monotonic() - self.started:.1f} s)")

    def with_token(self, token: str) -> Caller:
        """A guest who holds the token of a cart or an order."""
        return Caller(self.base, {"Guest-Token": token})

    def staff(self, post: str, works_for: str = "") -> Caller:
        """A member of staff, bound to a store or merchant if one is named."""
        known = self._staff.get((post, works_for))
        if known is None:
            people = [one for one in self.credentials["staff"] if one["post"] == post]
            user = next(one for one in people if works_for in ("", one["works_for"]))
            known = self._staff[post, works_for] = self._signed_in("staff_pool", user["email"], user["password"])
        return known

    def shopper(self) -> Caller:
        """A customer of long standing."""
        user = self.credentials["shoppers"][0]
        return self._signed_in("shopper_pool", user["email"], user["password"])

    def newcomer(self, name: str) -> Caller:
        """Somebody who has just signed up, so that nothing is on their accounts yet."""
        pool = self.credentials["shopper_pool"]
        email, password = f"{secrets.token_hex(6)}@shopper.caravan.example", f"{secrets.token_urlsafe(12)}-Aa1"
        cognito = boto3.client("cognito-idp", region_name=region())
        cognito.sign_up(
            ClientId=pool["client"], Username=email, Password=password,
            UserAttributes=[{"Name": "email", "Value": email}, {"Name": "name", "Value": name}],
        )  # fmt: skip
        cognito.admin_confirm_sign_up(UserPoolId=pool["id"], Username=email)
        fact(f"{name} signs up as {email}")
        return self._signed_in("shopper_pool", email, password)

    def _signed_in(self, pool: str, email: str, password: str) -> Caller:
        answer = boto3.client("cognito-idp", region_name=region()).initiate_auth(
            AuthFlow="USER_PASSWORD_AUTH",
            ClientId=self.credentials[pool]["client"],
            AuthParameters={"USERNAME": email, "PASSWORD": password},
        )
        return Caller(self.base, {"Authorization": f"Bearer {answer['AuthenticationResult']['IdToken']}"})


def in_state(who: Caller, path: str, states: Iterable[str], *, quiet: bool = False) -> dict[str, Any]:
    """Wait until what is at a path is in one of these states, and say so."""
    wanted = tuple(states)

    def look() -> dict[str, Any] | None:
        thing: dict[str, Any] = who.get(path)
        return thing if thing["state"] in wanted else None

    thing = wait_for(f"{path} reaching {' or '.join(wanted)}", look)
    if not quiet:
        text = thing.get("state_text")
        fact(f"{thing.get('id', path)} is {thing['state']}" + (f": {text}" if text else ""))
    return thing


def mails(number: str) -> list[dict[str, str]]:
    """What the local cloud's mail service has sent about an order or booking, oldest first."""
    answer: Any = urllib3.request("GET", f"{local.endpoint()}/_ministack/ses/messages")
    accounts = answer.json()["messages"].values()
    return [mail for account in accounts for mail in account if number in mail["BodyText"]]
