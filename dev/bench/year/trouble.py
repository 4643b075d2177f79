"""Lets a schedule of mishaps happen: lays the faults in wait, cuts services off, acts as the colleague."""

from collections.abc import Callable

from .mishaps import HandAct, Mishap, Outage, Schedule
from .stage import BEGIN, Stage

_STATUS = {"throttled": 429, "broken": 500, "unavailable": 503}
_ARM = "management.azure.com"


class Trouble:
    """One schedule on one stage."""

    def __init__(
        self, stage: Stage, schedule: Schedule, kill_worker: Callable[[], None], kill_host: Callable[[], None]
    ) -> None:
        self._stage = stage
        self._deaths = {"worker dies": kill_worker, "host dies": kill_host}
        for mishap in schedule.mishaps:
            stage.clock.call_at(BEGIN + mishap.at, lambda mishap=mishap: self._lay(mishap))  # type: ignore[misc]
        for outage in schedule.outages:
            stage.clock.call_at(BEGIN + outage.at, lambda outage=outage: self._cut_off(outage))  # type: ignore[misc]
        for act in schedule.acts:
            stage.clock.call_at(BEGIN + act.at, lambda act=act: self._act(act))  # type: ignore[misc]

    def _lay(self, mishap: Mishap) -> None:
        target = None
        if mishap.secret is not None:
            in_vault = mishap.operation.startswith("keyvault.")
            account = self._stage.specs[mishap.secret].account
            target = f"{self._stage.vault.name}/{mishap.secret}" if in_vault else account
        status = _STATUS.get(mishap.fault)
        self._stage.azure.faults.add(
            mishap.operation,
            target=target,
            times=mishap.times,
            when="after" if mishap.after else "before",
            status=status,
            retry_after=mishap.retry_after if status == 429 else None,
            drop=status is None,
            callback=self._deaths.get(mishap.fault),
        )

    def _cut_off(self, outage: Outage) -> None:
        host = self._stage.vault.host if outage.service == "vault" else _ARM
        self._stage.azure.set_reachable(host, False)
        end = self._stage.clock.now() + outage.lasting
        self._stage.clock.call_at(end, lambda: self._stage.azure.set_reachable(host, True))

    def _act(self, act: HandAct) -> None:
        """Do it, unless the secret has no live slot at the moment."""
        stage, live = self._stage, self._stage.live_slot(act.secret)
        if live is None:
            return
        idle = "key2" if live == "key1" else "key1"
        with stage.by_hand():
            if act.act == "tag lies":
                stage.vault.update(act.secret, tags={**stage.vault.current(act.secret).tags, "CredentialId": idle})
                stage.lied.add(act.secret)
            else:
                stage.account(act.secret).regenerate(live if act.act == "live key regenerated" else idle)
