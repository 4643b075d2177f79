"""The counts of a rotation, plain and with retirement: whoever raises one does so knowingly, here and in docs/cost.md.

Times are no business of a test; `make bench` measures those.
"""

from datetime import timedelta

import pytest

from dev.bench.cost.bill import Bill, bill_of
from dev.bench.fleet import Fleet

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def bill() -> Bill:
    return bill_of()


def test_calls_to_azure(bill: Bill) -> None:
    assert dict(bill.calls) == {
        "keyvault.getSecret": 4,
        "keyvault.setSecret": 1,
        "storage.getAccount": 1,
        "storage.listKeys": 4,
        "storage.regenerateKey": 1,
        "blob.getAccountInformation": 1,
    }
    assert bill.listings == 2, "a page for each of the two vaults"


def test_function_calls(bill: Bill) -> None:
    assert dict(bill.activities) == {
        "read_metadata": 1,
        "find_neighbours": 1,
        "regenerate_key": 1,
        "verify_key": 1,
        "write_version": 1,
    }
    assert bill.episodes == 7
    assert bill.entity_operations == 2
    assert bill.executions == 15
    assert bill.timers == 0


def test_what_the_task_hub_holds_and_does(bill: Bill) -> None:
    assert bill.events == 29
    assert bill.history_bytes <= 7_300
    assert bill.messages == 14
    assert bill.queue_operations == 42
    assert bill.table_transactions == 29


def test_retirement_and_a_key_that_takes_a_while_to_be_known() -> None:
    def slow(fleet: Fleet) -> None:
        fleet.accounts[0].propagation_delay = timedelta(seconds=20)

    bill = bill_of(slow, RetireAfter="P2D")
    assert dict(bill.calls) == {
        "keyvault.getSecret": 5,
        "keyvault.setSecret": 1,
        "storage.getAccount": 1,
        "storage.listKeys": 9,
        "storage.regenerateKey": 2,
        "blob.getAccountInformation": 5,
    }
    assert bill.listings == 4
    assert (bill.activities.total(), bill.episodes, bill.entity_operations, bill.timers) == (11, 19, 4, 5)
    assert bill.history_bytes <= 16 * 1024
    assert (bill.messages, bill.events, bill.queue_operations, bill.table_transactions) == (34, 78, 102, 71)
