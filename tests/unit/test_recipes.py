"""Recipes: what they make, how hard that is to guess, and what they complain of."""

import json
import math
import random
import re
import string
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rotation.recipes import LEAST_BITS, RecipeError, parse_recipe, parse_template

SYMBOLS = "!*+-.=^_~"


def made(kind: str, **options: str) -> str:
    return parse_recipe(kind, list(options.items())).make(random.Random(7))


@given(length=st.integers(24, 200), seed=st.integers(), excluded=st.text("abcABC019!*", max_size=5))
def test_a_password_has_its_length_and_something_of_each_class(length: int, seed: int, excluded: str) -> None:
    recipe = parse_recipe("random_password", [("length", str(length)), ("exclude", excluded)])
    password = recipe.make(random.Random(seed))
    assert len(password) == length
    for members in (string.ascii_uppercase, string.ascii_lowercase, string.digits, SYMBOLS):
        assert set(password) & set(members)
    assert not set(password) & set(excluded)
    assert set(password) <= set(string.ascii_letters + string.digits + SYMBOLS)


def test_passwords_with_each_class_are_equally_likely() -> None:
    """A generator that fills each class first and then shuffles would favour the small classes."""
    recipe = parse_recipe("random_password", [("length", "200"), ("classes", "digits lower")])
    found = Counter("".join(recipe.make(random.Random(seed)) for seed in range(300)))
    expected = 300 * 200 / 36
    assert all(abs(found[each] - expected) < 6 * math.sqrt(expected) for each in string.digits + string.ascii_lowercase)


def test_the_bits_of_a_password_are_counted_exactly() -> None:
    """Two classes of two, three characters: all 64 but those of one class alone."""
    with pytest.raises(RecipeError, match=re.escape("of 5 bits, expected 112")):
        parse_recipe(
            "random_password",
            [("length", "3"), ("classes", "digits symbols"), ("symbols", "!*"), ("exclude", "23456789")],
        )
    assert math.floor(math.log2(4**3 - 2 * 2**3)) == 5


@pytest.mark.parametrize(
    ("options", "pattern"),
    [
        ({}, "[A-Za-z0-9]{43}"),
        ({"alphabet": "hex"}, "[0-9a-f]{64}"),
        ({"alphabet": "base64", "length": "22"}, "[A-Za-z0-9_-]{22}"),
        ({"characters": "ab", "length": "112"}, "[ab]{112}"),
        ({"alphabet": "alphanumeric", "exclude": "O0Il1", "length": "40"}, "[A-HJ-NP-Za-km-z2-9]{40}"),
    ],
)
def test_a_string_is_of_its_alphabet(options: dict[str, str], pattern: str) -> None:
    assert re.fullmatch(pattern, made("random_string", **options))


def test_a_uuid_is_a_random_one() -> None:
    assert re.fullmatch("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", made("uuid"))
    assert parse_recipe("uuid", []).bits >= LEAST_BITS


@pytest.mark.parametrize("kind", ["random_password", "random_string", "uuid"])
def test_two_values_differ(kind: str) -> None:
    recipe, source = parse_recipe(kind, []), random.SystemRandom()
    assert len({recipe.make(source) for _ in range(100)}) == 100


@pytest.mark.parametrize(
    ("kind", "options", "complaint"),
    [
        ("pin", [], "'pin' is no kind of generated value, expected random_password, random_string, uuid"),
        ("uuid", [("length", "3")], "uuid has the option 'length', expected none"),
        ("random_string", [("size", "3")], "random_string has the option 'size'"),
        ("random_string", [("length", "50"), ("length", "60")], "has an option twice"),
        ("random_string", [("length", "1e3")], "length is '1e3', expected a number from 1 to 4096"),
        ("random_string", [("length", "٣٣")], "length is '٣٣'"),
        ("random_string", [("length", "9" * 5000)], "expected a number from 1 to 4096"),
        ("random_string", [("length", "18")], "random_string makes values of 107 bits, expected 112 at least"),
        ("random_string", [("characters", "aaaa")], "makes values of 0 bits"),
        ("random_string", [("characters", "a\nb")], "characters that cannot be printed"),
        ("random_string", [("characters", "ab"), ("alphabet", "hex")], "has both alphabet and characters"),
        ("random_string", [("alphabet", "octal")], "alphabet is 'octal', expected one of hex, base64, alphanumeric"),
        ("random_string", [("characters", "ab"), ("exclude", "ab")], "leave nothing"),
        ("random_password", [("classes", "upper emoji")], "classes names 'emoji', expected some of upper, lower"),
        ("random_password", [("classes", "")], "leave a class without characters"),
        ("random_password", [("exclude", string.digits)], "leave a class without characters"),
        ("random_password", [("symbols", "a!")], "symbols has letters or digits"),
        ("random_password", [("length", "3")], "length is '3', expected a number from 4"),
    ],
)
def test_what_is_wrong_is_named(kind: str, options: list[tuple[str, str]], complaint: str) -> None:
    with pytest.raises(RecipeError) as error:
        parse_recipe(kind, options)
    assert complaint in str(error.value)
    assert len(str(error.value)) < 300


def test_a_template_makes_some_fields_and_takes_the_others_over() -> None:
    template = parse_template('{"password": "random_password?length=40", "realm": "static:prod", "id": "uuid"}')
    before = {"host": "db.contoso.com", "password": "old", "port": 5432, "realm": "test", "ü": [1]}
    after = json.loads(template.make(json.dumps(before), random.Random(1)))
    assert list(after) == ["host", "password", "port", "realm", "ü", "id"]
    assert after["host"], after["port"] == (before["host"], before["port"])
    assert (after["realm"], after["ü"], len(after["password"])) == ("prod", [1], 40)


@pytest.mark.parametrize("indent", [None, 2])
def test_a_template_keeps_to_one_line_or_to_many(indent: int | None) -> None:
    before = json.dumps({"password": "old", "name": "Zoë"}, indent=indent, ensure_ascii=False)
    after = parse_template('{"password": "uuid"}').make(before, random.Random(1))
    assert after.count("\n") == before.count("\n")
    assert "Zoë" in after


@pytest.mark.parametrize("value", ["", "secret", "[1]", '"text"', "null"])
def test_a_template_needs_an_object_to_take_over_from(value: str) -> None:
    with pytest.raises(RecipeError, match="is no JSON object: store one") as error:
        parse_template('{"password": "uuid"}').make(value, random.Random(1))
    assert f"({len(value)} characters)" in str(error.value)
    assert not value or f"'{value}'" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is no JSON object of texts"),
        ("[]", "is no JSON object of texts"),
        ('{"a": 1}', "is no JSON object of texts"),
        ("{}", "generates no field"),
        ('{"a": "static:x"}', "generates no field"),
        ('{"a": "pin"}', "'a': 'pin' is no kind"),
        ('{"a": "random_string?length"}', "cannot be read"),
        ('{"a": "random_string?length=5"}', "'a': random_string makes values of 29 bits"),
    ],
)
def test_what_is_wrong_in_a_template_is_named(text: str, complaint: str) -> None:
    with pytest.raises(RecipeError) as error:
        parse_template(text)
    assert complaint in str(error.value)
