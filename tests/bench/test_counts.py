"""The counts of one plain rotation: whoever raises one of them does so knowingly, here and in docs/cost.md.

Times are no business of a test; `make bench` measures those.
"""

import pytest

from dev.bench.cost.bill import Bill, bill_of

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
    assert bill.history_bytes <= 7_250
    assert bill.messages == 14
    assert bill.queue_operations == 42
    assert bill.table_transactions == 29
