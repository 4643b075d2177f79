"""The forms in which people write down a login and its password, and how a new password is written into each."""

import json
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from rotation.credential import Credential, CredentialText
from rotation.failures import RefusedError
from rotation.login_form import LoginForm

pytestmark = pytest.mark.unit

PAIR = LoginForm(takes_bare_password=False)
SINGLE = LoginForm(takes_bare_password=True)


def parse(value: str, form: LoginForm = PAIR) -> CredentialText:
    return CredentialText.parse(Credential(value), form)


@pytest.mark.parametrize(
    ("value", "after"),
    [
        ('{"username": "app", "password": "old", "port": 5432}', '{"username": "b;\'\\"@ \\\\é", "password": "p/&\\"=%\' \\\\", "port": 5432}'),  # noqa: E501
        ("postgresql://app:old@db.example:5432/x?sslmode=require", "postgresql://b%3B%27%22%40%20%5C%C3%A9:p%2F%26%22%3D%25%27%20%5C@db.example:5432/x?sslmode=require"),
        ("jdbc:postgresql://db/x?user=app&password=old&ssl=true", "jdbc:postgresql://db/x?user=b%3B%27%22%40%20%5C%C3%A9&password=p%2F%26%22%3D%25%27%20%5C&ssl=true"),
        ("host=db user=app password='old'", "host=db user='b;\\'\"@ \\\\é' password='p/&\"=%\\' \\\\'"),
        ("Host=db;Username=app;Password=old;Database=x", "Host=db;Username=\"b;'\"\"@ \\é\";Password=\"p/&\"\"=%' \\\";Database=x"),  # noqa: E501
        ("Driver={ODBC Driver 18 for SQL Server};Server=tcp:db,1433;Uid=app;Pwd={old};Encrypt=yes", "Driver={ODBC Driver 18 for SQL Server};Server=tcp:db,1433;Uid={b;'\"@ \\é};Pwd={p/&\"=%' \\};Encrypt=yes"),  # noqa: E501
        ("jdbc:sqlserver://db:1433;database=x;user=app;password=old;encrypt=true", "jdbc:sqlserver://db:1433;database=x;user={b;'\"@ \\é};password={p/&\"=%' \\};encrypt=true"),  # noqa: E501
    ],
)  # fmt: skip
def test_login_and_password_are_found_and_written_as_each_form_wants_them(value: str, after: str) -> None:
    text = parse(value)
    assert (text.key_id, text.key) == ("app", Credential("old"))
    made = text.with_key(Credential("p/&\"=%' \\"), "b;'\"@ \\é").reveal()
    assert made == after
    again = parse(made)
    assert (again.key_id, again.key) == ("b;'\"@ \\é", Credential("p/&\"=%' \\"))


@pytest.mark.parametrize(
    ("value", "login", "password"),
    [
        ("postgresql://app:o%40d@db/x", "app", "o@d"),
        ("POSTGRES://app:old@db", "app", "old"),
        ("host = 'a b' user=app password='it\\'s'", "app", "it's"),
        ("Server=db;User ID=app;Pwd='o;ld';", "app", "o;ld"),
        ("host=db; user=app; password=old", "app", "old"),
        ("host=db user=app password='o;ld'", "app", "o;ld"),
        ("DRIVER={x};SERVER=db;UID=app;PWD={o;}}ld}", "app", "o;}ld"),
        ("jdbc:sqlserver://;serverName=db;userName=app;password={p@x}", "app", "p@x"),
        ("jdbc:sqlserver://db\\one:1433;user=app;password=p@x", "app", "p@x"),
        ('Server=db; Uid = app ; Password="say ""hi"""', "app", 'say "hi"'),
        ('{"password": "a\\u0062", "nested": {"password": "no"}, "username": "app"}', "app", "ab"),
    ],
)
def test_each_form_is_read_by_its_own_rules(value: str, login: str, password: str) -> None:
    assert (parse(value).key_id, parse(value).key) == (login, Credential(password))


@pytest.mark.parametrize(
    "value",
    [
        "old", "", "{}", "[1]", '{"username": "app"}', '{"password": "old"}', '{"username": "a", "password": 1}',
        '{"username": "a", "user": "b", "password": "old"}', "postgresql://app@db/x", "postgresql://db/x",
        "postgresql://app:old@db/x?password=other", "host=db user=app", "host=db user=app password=a password=b",
        "Host=db;Username=app", "Host=db;Password=x", "Host=db;Username=app;Password=x;Pwd=y", "just some words",
    ],
)  # fmt: skip
def test_without_one_login_and_one_password_nothing_is_written(value: str) -> None:
    with pytest.raises(RefusedError, match="has not one login and its password: store a JSON object") as error:
        parse(value)
    assert "old" not in str(error.value)


def test_a_bare_password_says_enough_where_there_is_one_login() -> None:
    text = parse(" it's pass=word! \n", SINGLE)
    assert (text.key_id, text.key) == (None, Credential("it's pass=word!"))
    assert text.with_key(Credential("new"), "app").reveal() == " new \n"
    assert parse("host=db password=old", SINGLE).key == Credential("old")


@pytest.mark.parametrize("value", ["Host=db;Username=app", "postgresql://app@db", '{"user": "app"}', "user=a", " "])
def test_what_was_meant_as_something_else_is_no_bare_password(value: str) -> None:
    with pytest.raises(RefusedError, match="has not one password"):
        parse(value, SINGLE)


_texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30)


@example(";", "0")
@given(_texts, _texts)
def test_whatever_is_written_is_read_again(login: str, password: str) -> None:
    for value in (
        '{\n  "username": "app",\n  "password": "old"\n}',
        "postgresql://app:old@db/x",
        "user=app password=old dbname=x",
        "Username=app;Password=old;Host=db",
        "Driver={x y};Uid=app;Pwd=old",
        "jdbc:sqlserver://db;user=app;password=old",
    ):
        made = parse(value).with_key(Credential(password), login).reveal()
        again = parse(made)
        assert (again.key_id, again.key) == (login, Credential(password))
        assert again.with_key(Credential("old"), "app").reveal().replace("'", "").replace('"app"', "app") == (
            value.replace('"app"', "app")
        )


@given(_texts)
def test_other_readers_agree(password: str) -> None:
    made = parse('{"username": "app", "password": "old"}').with_key(Credential(password)).reveal()
    assert json.loads(made) == {"username": "app", "password": password}
    assume("[" not in password)
    url = urlsplit(parse("postgresql://app:old@db/x").with_key(Credential(password)).reveal())
    assert (unquote(url.password or ""), url.hostname, url.path) == (password, "db", "/x")


@given(st.text(max_size=60))
def test_no_value_breaks_the_reader_and_none_is_changed_by_its_own_password(value: str) -> None:
    try:
        text = parse(value, SINGLE)
    except RefusedError:
        return
    made = text.with_key(text.key, text.key_id)
    assert CredentialText.parse(made, SINGLE).key == text.key
