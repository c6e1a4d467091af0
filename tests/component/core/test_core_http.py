"""The way of a request, with a room of one shelf: idempotency, entity tags, cursors, problems."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

import boto3
import pytest

from chalicelib.core import secrets
from chalicelib.core.auth import PUBLIC, SHOPPER, SIGNED_IN, Principal
from chalicelib.core.errors import RuleRefused
from chalicelib.core.http import Model, MoneyField, Page, Query, Request, Routes
from chalicelib.core.http.application import Application
from chalicelib.core.http.routes import ROUTES
from chalicelib.core.money import Money
from chalicelib.core.table import Index, Key, Kind
from tests.support.http import Client
from tests.support.table import metered


@dataclass(frozen=True, slots=True)
class Book:
    id: str
    title: str
    price: Money


BOOK: Kind[Book] = Kind(
    "book",
    Book,
    key=lambda book_id: Key(f"BOOK#{book_id}", "BOOK"),
    of=lambda book: Key(f"BOOK#{book.id}", "BOOK"),
    index=lambda book: Index(gsi1=("SHELF", book.title)),
    card=lambda book: book,
    card_type=Book,
)


class NewBook(Model):
    title: str
    price: MoneyField
    copies: int = 1


class BookView(Model):
    id: str
    title: str
    price: MoneyField

    @classmethod
    def of(cls, book: Book) -> BookView:
        return cls(id=book.id, title=book.title, price=book.price)


before = len(ROUTES)
routes = Routes("tests.books")


def show_book(request: Request, book_id: str) -> BookView:
    """Show a book."""
    book = request.uow.get(BOOK, book_id)
    request.set_etag(request.uow.version(BOOK, book))
    return BookView.of(book)


routes.get("/books/{book_id}", access=PUBLIC)(show_book)


@routes.post("/books", access=SHOPPER, status=201, idempotent=show_book)
def add_book(request: Request, body: NewBook) -> BookView:
    """Add a book."""
    if body.title == "forbidden":
        raise RuleRefused("No.", rule="TEST-01")
    if body.title == "broken":
        raise RuntimeError("secret words")
    return BookView.of(request.uow.put(BOOK, Book(request.uow.new_id(), body.title, body.price)))


@routes.patch("/books/{book_id}", access=SIGNED_IN)
def rename_book(request: Request, book_id: str, body: NewBook, if_match: int | None) -> BookView:
    """Rename a book."""
    book = request.uow.get(BOOK, book_id)
    request.uow.expect(BOOK, book, if_match)
    return BookView.of(request.uow.put(BOOK, replace(book, title=body.title)))


@routes.get("/books", access=PUBLIC)
def list_books(request: Request, query: Query) -> Page[BookView]:
    """List books."""
    page = request.page(BOOK, "gsi1", "SHELF", limit=query.limit, cursor=query.cursor)
    return Page[BookView](items=[BookView.of(book) for book in page.items], next=page.next)


@routes.post("/stamps", access=SHOPPER, idempotent=True)
def stamp_book(request: Request, body: NewBook) -> BookView:
    """Keep the answer itself."""
    return BookView.of(request.uow.put(BOOK, Book(request.uow.new_id(), body.title, body.price)))


ROUTES[before:] = []  # the rehearsal is no part of the house
APPLICATION = Application(app_name="rehearsal", configure_logs=False)
APPLICATION.register_blueprint(routes.blueprint)

EMMA = {"title": "Emma", "price": {"amount": "12.30", "currency": "EUR"}}


@pytest.fixture
def ann(database: None) -> Client:
    boto3.client("secretsmanager").create_secret(
        Name="caravan/test/signing", SecretString=json.dumps({"key": "k" * 32})
    )
    secrets.forget()
    return Client(Principal("shopper", "ann"), application=APPLICATION)


@pytest.fixture
def bob(ann: Client) -> Client:
    return replace(ann, principal=Principal("shopper", "bob"))


def test_a_request_makes_something_and_says_so(ann: Client) -> None:
    answer = ann.post("/books", EMMA, key="key-00001")
    assert answer.status == 201
    assert answer.json == {**EMMA, "id": answer.json["id"]}
    assert ann.get(f"/books/{answer.json['id']}").headers["ETag"] == '"1"'


def test_the_same_key_and_body_give_the_same_answer_and_one_book(ann: Client) -> None:
    first, again = (ann.post("/books", EMMA, key="key-00001") for _ in range(2))
    assert (again.status, again.json) == (201, first.json)
    assert len(ann.get("/books").json["items"]) == 1


def test_an_answer_that_was_kept_is_given_again(ann: Client) -> None:
    first, again = (ann.post("/stamps", EMMA, key="key-00001") for _ in range(2))
    assert first.json == again.json


def test_the_same_key_with_another_body_is_refused(ann: Client) -> None:
    ann.post("/books", EMMA, key="key-00001")
    answer = ann.post("/books", {**EMMA, "title": "Persuasion"}, key="key-00001")
    assert (answer.status, answer.json["type"]) == (422, "/problems/idempotency-key-reused")
    assert len(ann.get("/books").json["items"]) == 1


def test_a_key_is_its_owners_alone(ann: Client, bob: Client) -> None:
    assert ann.post("/books", EMMA, key="key-00001").json["id"] != bob.post("/books", EMMA, key="key-00001").json["id"]


def test_a_refused_request_does_not_use_up_its_key(ann: Client) -> None:
    assert ann.post("/books", {**EMMA, "title": "forbidden"}, key="key-00001").status == 422
    assert ann.post("/books", EMMA, key="key-00001").status == 201


def test_an_idempotent_route_needs_a_key(ann: Client) -> None:
    for key in ("", "short", "k" * 200, "käse-käse"):
        answer = ann.post("/books", EMMA, key=key)
        assert answer.status == 400
        assert answer.json["errors"][0]["pointer"] == "header.Idempotency-Key"


def test_a_replay_costs_no_more_than_two_further_reads(ann: Client) -> None:
    with metered() as first:
        ann.post("/books", EMMA, key="key-00001")
    assert first.round_trips <= 2  # the settings, once a minute, and the transaction


def test_every_wrong_field_is_named_at_once(ann: Client) -> None:
    answer = ann.post(
        "/books",
        {"title": 7, "price": {"amount": "1.234", "currency": "EUR"}, "copies": True, "state": "paid"},
        key="key-00001",
    )
    assert answer.status == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert {error["pointer"] for error in answer.json["errors"]} == {"/title", "/price", "/copies", "/state"}
    assert ann.get("/books").json["items"] == []


@pytest.mark.parametrize("raw", [b"{", b'{"title":"a","title":"b"}', b"NaN", b"[]", b"null", b"3", b"\xff\xfe"])
def test_what_is_no_plain_json_object_is_a_bad_request(ann: Client, raw: bytes) -> None:
    assert ann.post("/books", raw=raw, key="key-00001").status == 400


def test_a_method_that_a_page_does_not_know_is_the_callers_mistake(ann: Client) -> None:
    answer = ann.request("PUT", "/books")
    assert (answer.status, answer.json["type"]) == (405, "/problems/method-not-allowed")


def test_a_card_number_in_a_text_is_refused_and_repeated_nowhere_p3(
    ann: Client, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = ann.post("/books", {"title": "4111 1111 1111 1111 12/27 123"}, key="key-00001")
    assert (answer.status, [error["pointer"] for error in answer.json["errors"]]) == (400, ["/title"])
    written = capfd.readouterr()
    assert "1111" not in answer.text + written.out + written.err


def test_another_media_type_is_refused_as_a_problem(ann: Client) -> None:
    answer = ann.post(
        "/books", raw=b"title=x", key="key-00001", headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert (answer.status, answer.headers["Content-Type"]) == (415, "application/problem+json")


def test_a_defect_of_ours_tells_nothing_about_itself(ann: Client, capsys: pytest.CaptureFixture[str]) -> None:
    answer = ann.post("/books", {**EMMA, "title": "broken"}, key="key-00001")
    assert answer.status == 500
    logged = capsys.readouterr()
    assert "secret words" not in answer.text + logged.out + logged.err


def test_an_old_version_is_not_overwritten(ann: Client) -> None:
    book = ann.post("/books", EMMA, key="key-00001").json["id"]
    assert ann.patch(f"/books/{book}", EMMA, headers={"if-match": '"1"'}).status == 200
    answer = ann.patch(f"/books/{book}", EMMA, headers={"if-match": '"1"'})
    assert (answer.status, answer.json["type"]) == (412, "/problems/stale-version")
    assert ann.patch(f"/books/{book}", EMMA, headers={"if-match": "abc"}).status == 400


def test_a_list_comes_page_by_page_with_cursors(ann: Client) -> None:
    for number in range(5):
        ann.post("/books", {**EMMA, "title": f"T{number}"}, key=f"key-0000{number}")
    seen, cursor = [], ""
    while True:
        answer = ann.get("/books", query={"limit": 2, **({"cursor": cursor} if cursor else {})}).json
        seen += [book["title"] for book in answer["items"]]
        cursor = answer["next"] or ""
        if not cursor:
            break
    assert seen == ["T0", "T1", "T2", "T3", "T4"]


def test_a_cursor_is_good_for_its_reader_and_unchanged_only(ann: Client, bob: Client) -> None:
    for number in range(3):
        ann.post("/books", {**EMMA, "title": f"T{number}"}, key=f"key-0000{number}")
    cursor = ann.get("/books", query={"limit": 2}).json["next"]
    for reader, text in ((bob, cursor), (ann, cursor[:-2] + "AA"), (ann, "x"), (ann, "é")):
        assert reader.get("/books", query={"limit": 2, "cursor": text}).status == 400


@pytest.mark.parametrize(
    "query", [{"limit": 0}, {"limit": 101}, {"limit": "x"}, {"limit": [1, 2]}, {"wrong": "1"}]
)  # fmt: skip
def test_wrong_parameters_are_named(ann: Client, query: dict[str, object]) -> None:
    answer = ann.get("/books", query=query)
    assert answer.status == 400
    assert answer.json["errors"][0]["pointer"].startswith("query.")


def test_who_may_not_is_told_apart_from_who_is_unknown(ann: Client) -> None:
    book = ann.post("/books", EMMA, key="key-00001").json["id"]
    nobody, guest = Client(application=APPLICATION), Client(application=APPLICATION, guest_token="g" * 43)
    assert nobody.post("/books", EMMA, key="key-00001").status == 401
    assert guest.patch(f"/books/{book}", EMMA).status == 403
    assert guest.post("/books", EMMA, key="key-00001").status == 201


def test_a_route_without_a_rule_does_not_start() -> None:
    with pytest.raises(TypeError):
        Routes("tests.open").get("/open", access=None)  # type: ignore[arg-type]


@pytest.mark.parametrize("path", ["/books/a%23b", "/books/..", "/books/%00"])
def test_an_id_that_could_reach_another_partition_finds_nothing(ann: Client, path: str) -> None:
    assert ann.get(path).status == 404
