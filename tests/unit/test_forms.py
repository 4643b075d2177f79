"""The forms of values: where the key is found, and whose it is, for kinds beside storage accounts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.arm_keys_table import APP_CONFIGURATION, COSMOS, REDIS, ROWS, SERVICE_BUS_RULES
from rotation.credential import Credential, CredentialText
from rotation.failures import RefusedError
from rotation.forms import ACCOUNT_KEY, BARE_KEY, KeyForm, Owner
from tests.unit.builders import KEY1, KEY2

pytestmark = pytest.mark.unit

QUEUE_RULE = SERVICE_BUS_RULES[1].form
REDIS_VALUE = f"contoso.redis.cache.windows.net:6380,password={KEY1},ssl=True,abortConnect=False"
BUS_VALUE = f"Endpoint=sb://contoso-ns.servicebus.windows.net/;SharedAccessKeyName=send;SharedAccessKey={KEY1}"
STORE_VALUE = f"Endpoint=https://contoso.azconfig.io;Id=abc-1;Secret={KEY1}"
COSMOS_VALUE = f"AccountEndpoint=https://contoso.documents.azure.com:443/;AccountKey={KEY1};"


def parse(value: str, form: KeyForm) -> CredentialText:
    return CredentialText.parse(Credential(value), form)


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (REDIS_VALUE, REDIS.form),
        (BUS_VALUE, QUEUE_RULE),
        (f"{BUS_VALUE};EntityPath=orders", QUEUE_RULE),
        (COSMOS_VALUE, COSMOS.form),
        (f"{KEY1}\n", REDIS.form),
        (KEY1, BARE_KEY),
    ],
)
def test_the_key_is_found_and_replaced_alone(value: str, form: KeyForm) -> None:
    text = parse(value, form)
    assert text.key == Credential(KEY1)
    assert text.with_key(Credential(KEY2)).reveal() == value.replace(KEY1, KEY2)


@pytest.mark.parametrize("value", [STORE_VALUE, f"Secret={KEY1}; Id = abc-1 ;Endpoint=https://contoso.azconfig.io"])
def test_an_id_that_goes_with_the_key_is_replaced_with_it(value: str) -> None:
    changed = parse(value, APP_CONFIGURATION.form).with_key(Credential(KEY2), "xyz-22").reveal()
    assert changed == value.replace(KEY1, KEY2).replace("abc-1", "xyz-22")


@pytest.mark.parametrize(
    ("value", "form", "expected"),
    [
        ("AccountKey=x", BARE_KEY, "is no raw key: store one,"),
        (KEY1, APP_CONFIGURATION.form, "is no connection string with one Id and one Secret: store one,"),
        (f"Secret={KEY1}", APP_CONFIGURATION.form, "is no connection string with one Id and one Secret"),
        ("contoso.redis.cache.windows.net:6380", REDIS.form, "a raw key nor a connection string with one password (fo"),
        (f"{BUS_VALUE};SharedAccessKey={KEY2}", QUEUE_RULE, "with one SharedAccessKey (found 2): store one of the two"),
        ("mongodb://contoso:x@contoso.mongo.cosmos.azure.com", COSMOS.form, "with one AccountKey (found 0)"),
    ],
)
def test_another_form_is_refused_by_the_fields_expected(value: str, form: KeyForm, expected: str) -> None:
    with pytest.raises(RefusedError) as refused:
        parse(value, form)
    assert expected in refused.value.reason
    assert refused.value.reason.endswith("remove the ProviderAddress tag")
    assert KEY1 not in refused.value.reason


# --- whose key it is


def stranger(value: str, form: KeyForm, *names: str, is_proven: bool = False) -> str | None:
    owner = form.stranger(parse(value, form).fields, names, is_proven=is_proven)
    return owner.noun if owner else None


@pytest.mark.parametrize(
    ("value", "form", "names"),
    [
        (REDIS_VALUE, REDIS.form, ("contoso",)),
        (COSMOS_VALUE, COSMOS.form, ("Contoso",)),
        (BUS_VALUE, QUEUE_RULE, ("contoso-ns", "orders", "send")),
        (f"{BUS_VALUE};EntityPath=orders", QUEUE_RULE, ("contoso-ns", "orders", "send")),
        (f"{BUS_VALUE};EntityPath=eu/orders", QUEUE_RULE, ("contoso-ns", "eu~orders", "send")),
        (STORE_VALUE, APP_CONFIGURATION.form, ("contoso",)),
        (KEY1, REDIS.form, ("fabrikam",)),
    ],
)
def test_a_value_of_the_target_is_its_own(value: str, form: KeyForm, names: tuple[str, ...]) -> None:
    assert stranger(value, form, *names) is None


@pytest.mark.parametrize(
    ("value", "form", "names", "noun"),
    [
        (REDIS_VALUE, REDIS.form, ("fabrikam",), "cache"),
        (COSMOS_VALUE, COSMOS.form, ("fabrikam",), "account"),
        (BUS_VALUE, QUEUE_RULE, ("fabrikam-ns", "orders", "send"), "namespace"),
        (BUS_VALUE, QUEUE_RULE, ("contoso-ns", "orders", "listen"), "rule"),
        (f"{BUS_VALUE};EntityPath=orders", QUEUE_RULE, ("contoso-ns", "invoices", "send"), "queue"),
        (STORE_VALUE, APP_CONFIGURATION.form, ("fabrikam",), "store"),
    ],
)
def test_a_value_of_another_target_is_known_by_the_field_that_says_so(
    value: str, form: KeyForm, names: tuple[str, ...], noun: str
) -> None:
    assert stranger(value, form, *names) == noun


def test_an_address_that_a_proven_key_is_used_at_is_an_alias() -> None:
    value = BUS_VALUE.replace("contoso-ns", "alias-ns")
    assert stranger(value, QUEUE_RULE, "contoso-ns", "orders", "send", is_proven=True) is None
    assert stranger(value, QUEUE_RULE, "contoso-ns", "orders", "listen", is_proven=True) == "rule"


def test_every_form_says_what_it_expects() -> None:
    for row in ROWS.values():
        assert row.form.takes_bare_key or row.form.key_field, row.resource_type
        for owner in row.form.owners:
            assert abs(owner.position) <= row.resource_type.count("/"), row.resource_type


# --- whatever is pasted

forms = st.sampled_from([ACCOUNT_KEY, BARE_KEY, *(row.form for row in ROWS.values())])
texts = st.text(st.characters(blacklist_categories=["Cs"]))
fields = st.sampled_from(["AccountKey", "password", "Secret", "Id", "SharedAccessKey", "AccessKey", "Endpoint", ""])
values = (
    texts
    | st.lists(st.builds("{}={}".format, fields, texts), max_size=5).map(";".join)
    | st.lists(st.builds("{} = {}".format, fields, texts), max_size=5).map(",".join)
)


@given(values, forms)
def test_no_value_breaks_the_parser_and_none_is_changed_by_its_own_key(value: str, form: KeyForm) -> None:
    try:
        text = parse(value, form)
    except RefusedError:
        return
    assert text.with_key(text.key) == Credential(value)
    form.stranger(text.fields, ("a", "b", "c"), is_proven=False)


def test_an_owner_compares_names_and_first_labels() -> None:
    address = Owner("Endpoint", "account", is_address=True)
    assert address.matches("sb://contoso.servicebus.windows.net/", ["Contoso"])
    assert address.matches("contoso.redis.cache.windows.net:6380", ["contoso"])
    assert not address.matches("https://api.contoso.com", ["contoso"])
    assert Owner("EntityPath", "queue", 1).matches("eu/orders", ["ns", "EU~orders"])
