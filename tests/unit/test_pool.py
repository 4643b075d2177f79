"""Azure clients lent to one user at a time."""

import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from azure_clients.pool import Pool

pytestmark = pytest.mark.unit


def test_a_client_is_used_again_and_never_by_two_at_once() -> None:
    pool = Pool(count().__next__)
    with pool.client() as first, pool.client() as second:
        assert first != second
    with pool.client() as third:
        assert third in (first, second)


def test_a_client_comes_back_from_a_failure() -> None:
    pool = Pool(count().__next__)
    with pytest.raises(ZeroDivisionError), pool.client():
        _ = 1 / 0
    with pool.client() as client:
        assert client == 0


def test_a_crowd_never_shares() -> None:
    pool = Pool(threading.Lock)

    def use(_: int) -> None:
        with pool.client() as client:
            assert client.acquire(blocking=False), "somebody else is using it"
            client.release()

    with ThreadPoolExecutor(16) as crowd:
        list(crowd.map(use, range(2000)))
