"""ARM resource ids: what operators paste into a tag."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rotation.arm import ResourceId, looks_like_resource_id
from tests.unit.builders import ADDRESS

pytestmark = pytest.mark.unit

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
PARSED = ResourceId(SUBSCRIPTION, "app-rg", "microsoft.storage/storageaccounts", "contosodata")

names = st.from_regex(r"[a-z0-9][a-z0-9-]{0,23}", fullmatch=True)
kinds = st.sampled_from(
    [
        "microsoft.storage/storageaccounts",
        "microsoft.cache/redisenterprise/databases",
        "microsoft.eventhub/namespaces/eventhubs/authorizationrules",
    ]
)
resources = st.builds(
    lambda subscription, group, kind, path: ResourceId(
        subscription, group, kind, path[kind.count("/") - 1], tuple(path[: kind.count("/") - 1])
    ),
    st.uuids().map(str),
    st.from_regex(r"[A-Za-z0-9_.()-]{0,89}[A-Za-z0-9_()-]", fullmatch=True),
    kinds,
    st.lists(names, min_size=3, max_size=3),
)
RULE = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/app-rg/providers/Microsoft.ServiceBus"
    "/namespaces/contoso-ns/queues/orders~eu/authorizationRules/send"
)


@pytest.mark.parametrize("text", [ADDRESS, ADDRESS + "/", f"  {ADDRESS}\n"])
def test_an_id_is_understood_as_people_paste_it(text: str) -> None:
    assert ResourceId.parse(text) == PARSED


def test_letter_case_is_no_obstacle() -> None:
    parsed = ResourceId.parse(ADDRESS.upper())
    assert parsed is not None
    assert parsed.resource_type == PARSED.resource_type
    assert str(parsed).casefold() == ADDRESS.casefold()


def test_a_part_of_a_resource_has_all_names_on_its_way() -> None:
    parsed = ResourceId.parse(RULE)
    assert parsed is not None
    assert parsed.resource_type == "microsoft.servicebus/namespaces/queues/authorizationrules"
    assert (parsed.name, parsed.names) == ("send", ("contoso-ns", "orders~eu", "send"))
    assert parsed.label == "contoso-ns/orders~eu/send"
    assert str(parsed).casefold() == RULE.casefold()
    assert str(parsed.root).casefold() == RULE.partition("/queues")[0].casefold()


@given(resources)
def test_an_id_survives_being_written_and_read(resource: ResourceId) -> None:
    assert ResourceId.parse(str(resource)) == resource


@pytest.mark.parametrize("group", ["a", "x" * 90, "My_Group.(prod)-1", "1"])
def test_resource_groups_may_have_any_name_that_azure_allows(group: str) -> None:
    parsed = ResourceId.parse(ADDRESS.replace("app-rg", group))
    assert parsed is not None
    assert parsed.resource_group == group


@pytest.mark.parametrize("group", ["prüfung-rg", "本番", "рг-1"])
def test_resource_groups_may_be_named_in_any_script(group: str) -> None:
    """learn.microsoft.com, "Naming rules": letters and digits as `Char.IsLetterOrDigit` defines them."""
    parsed = ResourceId.parse(ADDRESS.replace("app-rg", group))
    assert parsed is not None
    assert parsed.resource_group == group


@pytest.mark.parametrize(
    "text",
    [
        "",
        "contosodata",
        "https://contosodata.blob.core.windows.net/",
        f"/subscriptions/{SUBSCRIPTION}",
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/app-rg",
        ADDRESS.replace(SUBSCRIPTION, "my-subscription"),
        ADDRESS.replace("app-rg", ""),
        ADDRESS.replace("app-rg", "rg."),
        ADDRESS.replace("app-rg", "."),
        ADDRESS.replace("app-rg", ".."),
        ADDRESS.replace("app-rg", "a/b"),
        ADDRESS.replace("app-rg", "a b"),
        ADDRESS.replace("app-rg", "x" * 91),
        ADDRESS.replace("Microsoft.Storage/storageAccounts", "storageAccounts"),
        ADDRESS.rpartition("/")[0],
        ADDRESS.replace("contosodata", ".."),
        ADDRESS + "/blobServices",
        ADDRESS + "/blobServices/default/containers/c/immutabilityPolicies/default",
        ADDRESS + "/blobServices/..",
        ADDRESS + "?x=1",
        ADDRESS + "//",
        ADDRESS[1:],
        "https://management.azure.com" + ADDRESS,
    ],
)
def test_what_is_no_id_of_a_resource_in_a_group_is_none(text: str) -> None:
    assert ResourceId.parse(text) is None


@given(st.text())
def test_no_text_breaks_the_parser(text: str) -> None:
    assert ResourceId.parse(text) is None
    assert looks_like_resource_id(text) in (True, False)


@pytest.mark.parametrize(
    ("text", "meant"),
    [(ADDRESS, True), (" /SUBSCRIPTIONS/oops", True), ("text/plain", False), ("", False), ("subscriptions/x", False)],
)
def test_an_id_that_is_meant_is_told_from_other_text(text: str, meant: bool) -> None:
    assert looks_like_resource_id(text) is meant
