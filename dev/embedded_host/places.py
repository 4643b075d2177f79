"""So many at once: what limits how many activities run side by side.

Unlike a semaphore's, its queue is rest: a virtual clock may move while activities wait for a place that others hold by
waiting for that very clock. Whoever leaves a place counts the next one in before counting himself out, so that there is
no moment of false rest in between.
"""

import asyncio
from collections import deque

from .idle import InFlight


class Places:
    """Places for things that are counted as in flight, given out in the order of asking."""

    def __init__(self, many: int, in_flight: InFlight) -> None:
        self._free = many
        self._in_flight = in_flight
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def __aenter__(self) -> None:
        if self._free > 0:
            self._free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        self._in_flight.done()
        await turn

    async def __aexit__(self, *_: object) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():  # it is cancelled when the hub closes
                self._in_flight.add()
                turn.set_result(None)
                return
        self._free += 1
