"""What the HTTP API takes for a request, and what it says about anything else."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote

import azure.functions as func
import pytest
from hypothesis import given
from hypothesis import strategies as st

from triggers.problems import Problem
from triggers.reading import LONGEST_BODY, Body, Query

pytestmark = pytest.mark.unit

KNOWN = ("vault", "secret", "force", "reason", "top", "from", "status", "continuationToken")
HOST = "sample-kv.vault.azure.net"


def posted(body: bytes, content_type: str | None = "application/json") -> func.HttpRequest:
    headers = {} if content_type is None else {"content-type": content_type}
    return func.HttpRequest("POST", "https://app/api/rotations", headers=headers, body=body)


def body(fields: Any, content_type: str | None = "application/json") -> Body:
    return Body(posted(json.dumps(fields).encode(), content_type), KNOWN)


def query(text: str) -> Query:
    return Query(func.HttpRequest("GET", f"https://app/api/rotations?{text}", body=b""), KNOWN)


def read_body(fields: Body) -> tuple[object, ...]:
    return fields.vault(required=True), fields.secret(required=True), fields.flag("force"), fields.reason()


def read_query(fields: Query) -> tuple[object, ...]:
    return (
        fields.vault(), fields.secret(), fields.flag("force"), fields.number("top", 1, 9, 1),
        fields.words("status", ("Failed",)), fields.moment("from"), fields.place(),
    )  # fmt: skip


def status_of(work: Callable[[], object]) -> int | None:
    """Return the status of the problem that something ends with; None if it ends well."""
    try:
        work()
    except Problem as problem:
        return problem.status
    return None


def complaints(fields: Body | Query) -> list[str]:
    with pytest.raises(Problem) as problem:
        fields.done()
    assert problem.value.status == 422
    told: list[str] = problem.value.members["complaints"]
    return told


# --- bodies


def test_a_body_is_read() -> None:
    fields = body({"vault": "SAMPLE-kv", "secret": "Storage-Key", "force": True, "reason": "weil's so ist ✓"})
    assert (fields.vault(), fields.secret(), fields.flag("force")) == (HOST, "Storage-Key", True)
    assert fields.reason() == "weil's so ist ✓"
    fields.done()


def test_what_may_be_absent_is_absent() -> None:
    fields = Body(posted(b"", None), KNOWN)
    assert (fields.vault(), fields.secret(), fields.flag("force"), fields.reason()) == ("", "", False, "")
    fields.done()


def test_every_complaint_comes_at_once_and_repeats_nothing() -> None:
    fields = body({"vault": "hunter2/..", "secret": ["hunter2"], "force": "hunter2", "reason": 7, "hunter2": 1, "x": 2})
    read_body(fields)
    told = complaints(fields)
    assert len(told) == 5
    assert "hunter2" not in str(told)
    assert told[0] == f"unknown fields: 2, expected {', '.join(KNOWN)}"


def test_what_is_required_and_absent_is_complained_about() -> None:
    fields = body({})
    read_body(fields)
    assert [complaint.split()[:3] for complaint in complaints(fields)] == [
        ["vault", "is", "absent,"],
        ["secret", "is", "absent,"],
    ]


@pytest.mark.parametrize("name", ["other-kv", "other-kv.vault.azure.net", "sample-kv.vault.azure.cn", "sample-k"])
def test_a_vault_that_is_not_on_the_list_is_forbidden(name: str) -> None:
    fields = body({"vault": name})
    assert fields.vault() == ""
    with pytest.raises(Problem) as problem:
        fields.done()
    assert problem.value.status == 403


@pytest.mark.parametrize(
    "name",
    ["", " ", "a", "sample-kv/", "sample-kv\n", "sample-kv.vault.azure.net\n", "x" * 25, "sample_kv", "../sample-kv",
     "sample-kv.vault.azure.net@evil.example", "sample-kv\x00", "ſample-kv", None, 1, {}, "1sample", "sample-kv."],
)  # fmt: skip
def test_what_is_no_vault_is_complained_about(name: Any) -> None:
    fields = body({"vault": name})
    assert fields.vault() == ""
    assert len(complaints(fields)) == 1


@pytest.mark.parametrize("name", ["", "a/b", "a b", "a%2fb", "x" * 128, "ä", "a\n", "a\x00", None, 7])
def test_what_is_no_secret_is_complained_about(name: Any) -> None:
    fields = body({"secret": name})
    assert fields.secret() == ""
    assert len(complaints(fields)) == 1


@pytest.mark.parametrize("reason", ["x" * 257, "a\nb", "a\x00b", "\x7f", "\x85", "\ud800", None, 7, ["x"]])
def test_what_is_no_reason_is_complained_about(reason: Any) -> None:
    fields = body({"reason": reason})
    assert fields.reason() == ""
    assert len(complaints(fields)) == 1


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b'{"reason": "\xff"}', 400),
        (b'{"reason": NaN}', 400),
        (b'{"vault": "a", "vault": "b"}', 400),
        (b'{"reason": {"a": 1, "a": 2}}', 400),
        (b"[" * 8000, 400),
        (b'{"a":' * 2500, 400),
        (b"9" * 5000, 400),
        (b"   ", 400),
        (b"\xef\xbb\xbf{}", 400),
        (b"null", 422),
        (b"[]", 422),
        (b'"text"', 422),
        (b" " * (LONGEST_BODY + 1), 413),
    ],
)
def test_what_is_no_object_is_a_problem(content: bytes, status: int) -> None:
    with pytest.raises(Problem) as problem:
        Body(posted(content), KNOWN)
    assert problem.value.status == status


@pytest.mark.parametrize(
    "content_type",
    [None, "", "text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1", "application"],
)
def test_a_body_of_another_kind_is_not_read(content_type: str | None) -> None:
    with pytest.raises(Problem) as problem:
        body({"vault": "sample-kv"}, content_type)
    assert problem.value.status == 415


@pytest.mark.parametrize("content_type", ["Application/JSON", "application/json; charset=utf-8", "application/json ;"])
def test_a_body_s_kind_may_be_spelt_in_any_way(content_type: str) -> None:
    assert body({"vault": "sample-kv"}, content_type).vault() == HOST


@given(st.binary(max_size=300))
def test_no_body_is_more_than_a_problem(content: bytes) -> None:
    def read() -> None:
        fields = Body(posted(content), KNOWN)
        read_body(fields)
        fields.done()

    assert status_of(read) in (400, 422)


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5)


@given(st.dictionaries(st.sampled_from(KNOWN) | st.text(), JSON))
def test_no_object_is_more_than_a_problem(given_fields: dict[str, Any]) -> None:
    fields = body(given_fields)
    assert all(isinstance(value, str | bool) for value in read_body(fields))
    assert status_of(fields.done) in (None, 403, 422)


# --- queries


def test_a_query_is_read() -> None:
    fields = query("vault=sample-kv&secret=a&force=true&top=7&status=Failed,Running&from=2026-07-25T01:08:00%2B02:00")
    assert (fields.vault(), fields.secret(), fields.flag("force")) == (HOST, "a", True)
    assert fields.number("top", 1, 500, 50) == 7
    assert fields.words("status", ("Failed", "Running", "Pending")) == ["Failed", "Running"]
    assert fields.moment("from") == datetime(2026, 7, 25, 1, 8, tzinfo=timezone(timedelta(hours=2)))
    assert fields.place() is None
    fields.done()


def test_what_may_be_absent_has_a_default() -> None:
    fields = query("")
    assert (fields.vault(), fields.flag("force"), fields.number("top", 1, 500, 50)) == ("", False, 50)
    assert (fields.words("status", ("Failed",)), fields.moment("from"), fields.names()) == ([], None, None)
    fields.done()


def test_the_host_s_own_parameter_is_none_of_ours() -> None:
    query("code=abc&code=def").done()


@pytest.mark.parametrize("text", ["hunter2=1", "Vault=sample-kv", "vault[]=sample-kv", "=1"])
def test_an_unknown_parameter_is_complained_about_and_not_repeated(text: str) -> None:
    told = complaints(query(text))
    assert len(told) == 1
    assert "hunter2" not in told[0]


def test_a_parameter_that_is_there_twice_is_complained_about() -> None:
    assert complaints(query("top=1&top=1&secret=a")) == ["top is there 2 times, expected once"]


def test_a_parameter_without_a_value_is_not_taken_for_an_absent_one() -> None:
    fields = query("vault=&top=&status=&from=&force=&continuationToken=")
    read_query(fields)
    assert len(complaints(fields)) == 6


@pytest.mark.parametrize("text", ["0", "501", "-1", "+1", "1.0", "1e2", "٣", "9999999", " 1", "0x1", "1" * 5000])
def test_what_is_no_number_is_complained_about(text: str) -> None:
    fields = query(f"top={quote(text)}")
    assert fields.number("top", 1, 500, 50) == 50
    assert len(complaints(fields)) == 1


@pytest.mark.parametrize("text", ["failed", "Failed,", "Failed;Running", "Failed,failed"])
def test_what_is_no_word_is_complained_about(text: str) -> None:
    fields = query(f"status={quote(text)}")
    fields.words("status", ("Failed", "Running"))
    assert len(complaints(fields)) == 1


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-07-25", datetime(2026, 7, 25, tzinfo=UTC)),
        ("2026-07-25T01:08:00Z", datetime(2026, 7, 25, 1, 8, tzinfo=UTC)),
        ("2026-07-25 01:08:00", datetime(2026, 7, 25, 1, 8, tzinfo=UTC)),
        ("2026-07-25T01:08:00 00:00", datetime(2026, 7, 25, 1, 8, tzinfo=UTC)),
        ("2026-07-25T01:08:00+02:00", datetime(2026, 7, 24, 23, 8, tzinfo=UTC)),
    ],
)
def test_moments_in_the_ways_that_people_write_them(text: str, moment: datetime) -> None:
    assert query(f"from={text}").moment("from") == moment


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "0001-01-01T00:00:00%2B23:00", "20", "now"])
def test_what_is_no_moment_is_complained_about(text: str) -> None:
    fields = query(f"from={text}")
    assert fields.moment("from") is None
    assert len(complaints(fields)) == 1


@pytest.mark.parametrize("text", ["vault=%ff", "%C0%80=1", "&".join(f"a{n}=1" for n in range(60))])
def test_a_query_that_cannot_be_read_is_a_problem(text: str) -> None:
    with pytest.raises(Problem) as problem:
        query(text)
    assert problem.value.status == 400


@given(st.text())
def test_no_query_is_more_than_a_problem(text: str) -> None:
    for name in KNOWN:
        fields = query(f"{name}={quote(text, errors='replace')}")
        read_query(fields)
        assert status_of(fields.done) in (None, 403, 422)
