"""Values that nothing issues: how to make one, and how hard it is to guess."""

import json
import math
import string
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from random import Random
from urllib.parse import parse_qsl

LEAST_BITS = 112
"""NIST SP 800-131A's least security strength; below it a value could be found from what protects it."""

_CLASSES = {
    "upper": string.ascii_uppercase,
    "lower": string.ascii_lowercase,
    "digits": string.digits,
    # None that shells, URLs, XML, connection strings or SQL take for their own.
    "symbols": "!*+-.=^_~",
}
_ALPHABETS = {
    "hex": "0123456789abcdef",
    "base64": string.ascii_letters + string.digits + "-_",
    "alphanumeric": string.ascii_letters + string.digits,
}
_LONGEST = 4096
_MOST_OPTIONS = 20


class RecipeError(Exception):
    """Says what is wrong with a recipe, and what would be right."""


@dataclass(frozen=True)
class Recipe:
    """How one value, or one field of a template, is made."""

    make: Callable[[Random], str]
    bits: float
    """How many times a guess has to be halved; infinite where nothing is guessed."""


def parse_recipe(kind: str, options: Sequence[tuple[str, str]]) -> Recipe:
    """Read a recipe such as `random_password` with `length=40`.

    Raises:
        RecipeError: The kind or an option is unknown or wrong, or the value would be too easy to guess.
    """
    if kind not in _KINDS:
        raise RecipeError(f"{_shown(kind)} is no kind of generated value, expected {', '.join(_KINDS)}")
    known, parse = _KINDS[kind]
    given = dict(options)
    unknown = [name for name in given if name not in known]
    if unknown or len(given) < len(options):
        what = f"has the option {_shown(unknown[0])}" if unknown else "has an option twice"
        raise RecipeError(
            f"{kind} {what}, expected {'each of ' + ', '.join(known) + ' once at most' if known else 'none'}"
        )
    recipe = parse(given)
    if recipe.bits < LEAST_BITS:
        remedy = "make it longer, or allow more characters"
        raise RecipeError(
            f"{kind} makes values of {math.floor(recipe.bits)} bits, expected {LEAST_BITS} at least: {remedy}"
        )
    return recipe


def _random_password(options: dict[str, str]) -> Recipe:
    """Make a password with at least one character of each class; all such passwords are equally likely."""
    excluded = set(options.get("exclude", ""))
    classes = {}
    for name in options.get("classes", " ".join(_CLASSES)).replace(",", " ").split():
        if name not in _CLASSES:
            raise RecipeError(f"classes names {_shown(name)}, expected some of {', '.join(_CLASSES)}")
        text = options.get("symbols", _CLASSES[name]) if name == "symbols" else _CLASSES[name]
        classes[name] = _distinct("symbols", text, excluded)
    if not classes or not all(classes.values()):
        raise RecipeError("classes and exclude leave a class without characters, expected one in each at least")
    _no_overlap(classes)
    alphabet = "".join(classes.values())
    length = _length(options, 32, least=len(classes))

    def make(random: Random) -> str:
        while True:
            made = "".join(random.choices(alphabet, k=length))
            if all(set(made) & set(members) for members in classes.values()):
                return made

    return Recipe(make, _bits(alphabet, list(classes.values()), length))


def _bits(alphabet: str, classes: Sequence[str], length: int) -> float:
    """Count the passwords that have something of each class, by inclusion and exclusion."""
    count = sum(
        (-1) ** many * (len(alphabet) - sum(map(len, left_out))) ** length
        for many in range(len(classes) + 1)
        for left_out in combinations(classes, many)
    )
    return math.log2(count) if count else 0.0


def _random_string(options: dict[str, str]) -> Recipe:
    if "characters" in options and "alphabet" in options:
        raise RecipeError("random_string has both alphabet and characters, expected one of the two")
    name = options.get("alphabet", "alphanumeric")
    if name not in _ALPHABETS:
        raise RecipeError(f"alphabet is {_shown(name)}, expected one of {', '.join(_ALPHABETS)}, or characters instead")
    alphabet = _distinct("characters", options.get("characters", _ALPHABETS[name]), set(options.get("exclude", "")))
    if not alphabet:
        raise RecipeError("characters and exclude leave nothing, expected two characters at least")
    length = _length(options, 64 if name == "hex" else 43, least=1)
    return Recipe(lambda random: "".join(random.choices(alphabet, k=length)), length * math.log2(len(alphabet)))


def _uuid(_: dict[str, str]) -> Recipe:
    # 122 bits: six of the 128 say that it is a random one (RFC 9562, version 4).
    return Recipe(lambda random: str(uuid.UUID(int=random.getrandbits(128), version=4)), 122)


_KINDS: dict[str, tuple[tuple[str, ...], Callable[[dict[str, str]], Recipe]]] = {
    "random_password": (("length", "classes", "symbols", "exclude"), _random_password),
    "random_string": (("length", "alphabet", "characters", "exclude"), _random_string),
    "uuid": ((), _uuid),
}


@dataclass(frozen=True)
class Template:
    """A JSON object of which some fields are made anew; all others are taken over from the value that it replaces."""

    fixed: dict[str, str]
    generated: dict[str, Recipe]

    def make(self, replaced: str, random: Random) -> str:
        """Return the value that follows another, its fields in their order and new ones behind them.

        Raises:
            RecipeError: The other is no JSON object.
        """
        try:
            fields = json.loads(replaced)
        except ValueError:
            fields = None
        if not isinstance(fields, dict):
            raise RecipeError(f"the secret's value ({len(replaced)} characters) is no JSON object: store one")
        made = {name: recipe.make(random) for name, recipe in self.generated.items()}
        lines = 2 if "\n" in replaced.strip() else None
        return json.dumps(fields | self.fixed | made, indent=lines, ensure_ascii=False)


def parse_template(text: str) -> Template:
    """Read a template: a JSON object of field names and how each is made, e.g. `{"password": "random_password"}`.

    A text that begins with `static:` is written as it stands.

    Raises:
        RecipeError: It is no such object, or one of its recipes is wrong; the field is named.
    """
    try:
        fields = json.loads(text)
    except ValueError:
        fields = None
    if not isinstance(fields, dict) or not all(isinstance(recipe, str) for recipe in fields.values()):
        raise RecipeError('is no JSON object of texts, expected e.g. {"password": "random_password?length=40"}')
    fixed, generated = {}, {}
    for name, recipe in fields.items():
        if recipe.startswith("static:"):
            fixed[name] = recipe.removeprefix("static:")
            continue
        try:
            generated[name] = _field(recipe)
        except RecipeError as error:
            raise RecipeError(f"{_shown(name)}: {error}") from None
    if not generated:
        raise RecipeError("generates no field, expected one at least")
    return Template(fixed, generated)


def _field(recipe: str) -> Recipe:
    kind, _, options = recipe.partition("?")
    try:
        return parse_recipe(kind, parse_qsl(options, True, bool(options), max_num_fields=_MOST_OPTIONS))
    except ValueError:
        raise RecipeError(f"the options of {_shown(kind)} cannot be read, expected name=text&name=text") from None


def _length(options: dict[str, str], usual: int, *, least: int) -> int:
    text = options.get("length", str(usual))
    if not text.isascii() or not text.isdigit() or not least <= int(text[:9]) <= _LONGEST:
        raise RecipeError(f"length is {_shown(text)}, expected a number from {least} to {_LONGEST}")
    return int(text)


def _distinct(option: str, text: str, excluded: set[str]) -> str:
    if not text.isprintable():
        raise RecipeError(f"{option} has characters that cannot be printed, expected printable ones")
    return "".join(character for character in dict.fromkeys(text) if character not in excluded)


def _no_overlap(classes: dict[str, str]) -> None:
    everything = "".join(classes.values())
    if len(set(everything)) < len(everything):
        raise RecipeError("symbols has letters or digits, expected what is in no other class")


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "…")
