"""How consumers stand to a version, and how far a refresh has come."""

from datetime import timedelta

import pytest

from azure_clients.settings import SettingsError, load_settings
from rotation.consumers import CONTAINER_APPS_TAKE, Consumer, Current, Standing, State, Use, read_ids, standing
from rotation.kinds import as_it_stands
from rotation.outcomes import OutcomeName
from rotation.policy import Defaults, Policy
from rotation.policy_tags import parse_policy
from rotation.references import SecretReference
from rotation.refreshing import BEHIND, NOBODY, READY, Refreshing, is_due
from rotation.results import Done, Retry, Stop
from rotation.tags import Tags
from tests.scene import SETTINGS
from tests.unit.builders import ADDRESS, HOST, NEXT_VERSION, NOW, SECRET, VERSION

pytestmark = pytest.mark.unit

KINDS = {"microsoft.storage/storageaccounts": as_it_stands}

GROUP = "/subscriptions/11111111-1111-4111-8111-111111111111/resourceGroups/sample-rg"
SITE = f"{GROUP}/providers/Microsoft.Web/sites/shop"
APP = f"{GROUP}/providers/Microsoft.App/containerApps/worker"
CURRENT = Current(NEXT_VERSION, NOW)


def use(pinned: str = "", resolved: str = "", status: str = "Resolved", place: str = "appsettings") -> Use:
    return Use(place, "Storage", SecretReference(HOST, SECRET, pinned), resolved, status)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (use(resolved=NEXT_VERSION), (State.CURRENT, NEXT_VERSION)),
        (use(resolved=VERSION), (State.BEHIND, VERSION)),
        (use(), (State.UNKNOWN, "")),
        (use(pinned=VERSION, resolved=VERSION), (State.PINNED, VERSION)),
        (use(pinned=NEXT_VERSION), (State.CURRENT, NEXT_VERSION)),
        (use(pinned=NEXT_VERSION, status="Initialized"), (State.UNKNOWN, "")),
        (use(resolved=VERSION, status="AccessToKeyVaultDenied"), (State.UNKNOWN, VERSION)),
        (use(status="FetchTimedOut"), (State.UNKNOWN, "")),
        (use(status="a word that is new"), (State.UNKNOWN, "")),
        (use(status=""), (State.UNKNOWN, "")),
        (use(status="SecretNotFound"), (State.UNRESOLVED, "")),
        (use(place="secrets"), (State.BEHIND, "")),
        (use(place="secrets", pinned=VERSION), (State.PINNED, VERSION)),
        (use(place="secrets", status="OtherReasons"), (State.UNKNOWN, "")),
    ],
)
def test_what_the_platform_says_is_understood(one: Use, expected: tuple[State, str]) -> None:
    assert one.stands(CURRENT, NOW) == expected


def test_a_container_app_has_the_version_once_its_platform_must_have_fetched_it() -> None:
    late = NOW + CONTAINER_APPS_TAKE
    assert use(place="secrets").stands(CURRENT, late - timedelta(seconds=1))[0] is State.BEHIND
    assert use(place="secrets").stands(CURRENT, late) == (State.CURRENT, NEXT_VERSION)


def test_a_consumer_stands_as_its_worst_setting_does() -> None:
    uses = (use(resolved=NEXT_VERSION), use(pinned=VERSION), use(resolved=VERSION))
    found = standing(Consumer(SITE, uses), CURRENT, NOW)
    assert found == Standing(SITE, "pinned", VERSION, ("Storage",))
    assert standing(Consumer(SITE, ()), CURRENT, NOW) is None


def test_ids_in_the_tag_are_read_and_every_wrong_one_is_told() -> None:
    ids, none = read_ids(f" {SITE} , {SITE}/slots/staging,{APP},")
    assert [one.casefold() for one in ids] == [one.casefold() for one in (SITE, f"{SITE}/slots/staging", APP)]
    assert none == []
    _, complaints = read_ids(f"shop,{SITE},{GROUP}")
    expected = "expected the ARM resource id of a site, a slot or a container app"
    assert complaints == [
        f"entry 1 is text of 4 characters, {expected}",
        f"entry 3 is text of {len(GROUP)} characters, {expected}",
    ]


@pytest.mark.parametrize(
    ("tags", "complaint"),
    [
        ({"RetireWhen": "consumers-ready"}, "RetireWhen shortens a grace that is not there, expected RetireAfter"),
        ({"RetireWhen": "soon", "RetireAfter": "P1D"}, "RetireWhen is text of 4 characters, expected consumers-ready"),
        ({"Consumers": "shop"}, "Consumers entry 1 is text of 4 characters"),
        ({"MovePinnedReferences": "yes"}, "MovePinnedReferences is text of 3 characters, expected true or false"),
        ({"Consumers": SITE, "consumers": SITE}, "Consumers is there more than once"),
    ],
)
def test_wrong_tags_are_told(tags: dict[str, str], complaint: str) -> None:
    found = parse_policy(Tags({"ProviderAddress": ADDRESS} | tags), None, KINDS, Defaults())
    assert isinstance(found, list)
    assert [one for one in found if one.startswith(complaint)] == found


def test_right_tags_are_understood() -> None:
    tags = {"ProviderAddress": ADDRESS, "Consumers": SITE, "RetireAfter": "P1D", "RetireWhen": "Consumers-Ready"}
    found = parse_policy(Tags(tags), None, KINDS, Defaults())
    assert isinstance(found, Policy)
    assert found.names_consumers


# --- settings


def test_scopes_are_read_and_what_lies_inside_another_is_left_out() -> None:
    subscription = GROUP.partition("/resourceGroups")[0]
    other = "/subscriptions/22222222-2222-4222-8222-222222222222/resourceGroups/Gruppe-ß(1)"
    settings = load_settings(SETTINGS | {"CONSUMER_SCOPES": f"{GROUP}/, {subscription},{other},{GROUP.upper()}"})
    assert settings.consumer_scopes == (subscription, other)
    assert load_settings(SETTINGS).consumer_scopes == ()
    assert load_settings(SETTINGS).move_pinned_references is False


def test_wrong_settings_are_told() -> None:
    wrong = {"CONSUMER_SCOPES": f"{GROUP},shop,{SITE}", "MOVE_PINNED_REFERENCES": "perhaps"}
    with pytest.raises(SettingsError) as caught:
        load_settings(SETTINGS | wrong)
    starts = [complaint.partition(",")[0] for complaint in caught.value.complaints]
    assert starts == [
        "CONSUMER_SCOPES entry 2 is text of 4 characters",
        f"CONSUMER_SCOPES entry 3 is text of {len(SITE)} characters",
        "MOVE_PINNED_REFERENCES is text of 7 characters",
    ]


# --- a refresh under way


def refreshing(*waiting: str, move: bool = False) -> Refreshing:
    return Refreshing(NOW.isoformat(), move, None, list(waiting))


def answer(state: str, *, still: bool, one: str = SITE) -> Done:
    return Done({"standing": Standing(one, state, VERSION).to_json(), "open": still})


def test_everybody_has_it() -> None:
    under_way = refreshing(SITE, APP)
    under_way.heard(SITE, answer("behind", still=True))
    assert (under_way.outcome, under_way.waiting) == (BEHIND, [SITE, APP])
    under_way.heard(SITE, answer("current", still=False))
    under_way.heard(APP, answer("current", still=False, one=APP))
    assert (under_way.outcome, under_way.waiting) == (READY, [])
    assert under_way.totals() == {"consumers": 2, "current": 2}


def test_nobody_is_known() -> None:
    assert refreshing().outcome == NOBODY


def test_trouble_is_told_of_the_one_that_has_it() -> None:
    under_way = refreshing(SITE, APP)
    under_way.heard(SITE, Retry("list references: 503"))
    under_way.heard(APP, Stop(OutcomeName.REFUSED, "get container app: 403"))
    assert under_way.waiting == [SITE]
    assert {one["reason"] for one in under_way.shown()} == {"list references: 503", "get container app: 403"}
    assert under_way.outcome == BEHIND


def test_what_was_moved_is_looked_at_again() -> None:
    under_way = refreshing(SITE, move=True)
    under_way.heard(SITE, answer("pinned", still=True))
    assert under_way.moves(SITE)
    under_way.heard(SITE, Retry("write appsettings: 412 PreconditionFailed"))
    assert under_way.moves(SITE), "it is tried again"
    under_way.heard(SITE, Done({}))
    assert not under_way.moves(SITE)
    assert under_way.waiting == [SITE]


def test_a_container_app_is_never_moved() -> None:
    under_way = refreshing(APP, move=True)
    under_way.heard(APP, answer("pinned", still=True, one=APP))
    assert not under_way.moves(APP)


def test_rounds_come_quickly_at_first_and_seldom_later() -> None:
    waits = [refreshing(SITE).wait(attempt, "seed", None) for attempt in (1, 5, 12)]
    assert waits == sorted(waits)
    assert waits[0] < timedelta(seconds=5)
    assert waits[2] >= timedelta(minutes=15)
    assert refreshing(SITE).wait(1, "seed", 600.0) >= timedelta(minutes=10)


def test_a_site_is_not_asked_again_at_each_look() -> None:
    assert is_due(None, NOW)
    assert not is_due(NOW.isoformat(), NOW + timedelta(minutes=10))
    assert is_due(NOW.isoformat(), NOW + timedelta(minutes=15))


def test_a_status_shows_those_first_that_have_not_got_it_and_stays_small() -> None:
    under_way = refreshing()
    for number in range(100):
        one = f"{SITE}{number:03}"
        under_way.standings[one] = Standing(one, "behind" if number == 77 else "current", VERSION)
    shown = under_way.shown()
    assert len(shown) == 40
    assert shown[0]["id"].endswith("077")
    assert len(str(shown)) < 14_000
    assert len(under_way.shown(None)) == 100
