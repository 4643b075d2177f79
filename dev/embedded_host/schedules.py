"""Timer triggers: NCRONTAB expressions of six fields, or a time span, by the host's clock.

The fields are in UTC, or in the time zone that the app setting WEBSITE_TIME_ZONE names.

With a state file the next occurrence is remembered, as the real host's schedule monitor does for schedules of a
minute or more: one that passed while no host ran is made up for at once, and the function is told that it is
late.
"""

import json
import re
from datetime import UTC, datetime, timedelta, tzinfo

from azure.functions import meta
from croniter import CroniterError, croniter

from .attempts import Attempts
from .errors import HostError
from .functions import TIMER, LoadedFunction
from .settings import parse_time_span
from .stamps import parse, stamp
from .taskhub import TaskHub

_SPAN = re.compile(r"^[\d.:]+$")
_MONITORED = timedelta(minutes=1)


class Schedule:
    """When a timer function is due."""

    def __init__(self, function: LoadedFunction, zone: tzinfo) -> None:
        self._zone = zone
        self._text = str(function.trigger.get("schedule") or "").strip()
        where = f"function '{function.name}': schedule"
        self._span = parse_time_span(self._text, where) if _SPAN.match(self._text) else None
        if self._span is not None and self._span <= timedelta(0):
            raise HostError(f"{where}: '{self._text}' must be more than nothing")
        if self._span is None:
            self._check(where)

    def _check(self, where: str) -> None:
        fields = self._text.split()
        if len(fields) not in (5, 6):
            raise HostError(f"{where}: '{self._text}' must have six fields, or five without seconds")
        if len(fields) == 5:
            self._text = f"0 {self._text}"
        try:
            self.after(datetime(2026, 1, 1, tzinfo=UTC))
        except (CroniterError, ValueError) as error:
            raise HostError(f"{where}: '{self._text}' can't be understood: {error}") from None

    def after(self, moment: datetime) -> datetime:
        """Return the first occurrence after `moment`."""
        if self._span is not None:
            return moment + self._span
        # NCRONTAB wants a day that fits both of its fields, where cron takes either.
        times = croniter(self._text, moment.astimezone(self._zone), second_at_beginning=True, day_or=False)
        found: datetime = times.get_next(datetime)
        return found.astimezone(UTC)

    @property
    def adjusts_for_dst(self) -> bool:
        """Tell whether it keeps to the clock on the wall rather than to a distance in time."""
        return self._span is None


class Schedules:
    """Runs timer functions when they are due."""

    def __init__(self, hub: TaskHub, attempts: Attempts) -> None:
        self._hub = hub
        self._attempts = attempts
        self._schedules = {
            function.name: (function, Schedule(function, hub.settings.time_zone))
            for function in hub.functions
            if function.kind == TIMER
        }

    def start(self) -> None:
        """Set all timers going; what was missed while no host ran is made up for."""
        remembered = self._hub.store.load("schedule")
        for name, (function, schedule) in self._schedules.items():
            now = self._hub.now()
            missed = name in remembered and parse(remembered[name]["next"]) <= now
            if function.trigger.get("runOnStartup") or missed:
                self.run(function, past_due=missed)
            self._arm(function, schedule, schedule.after(now))

    def run(self, function: LoadedFunction, *, past_due: bool = False) -> None:
        """Run a timer function now."""
        self._hub.start(self._run(function, past_due=past_due))

    def _arm(self, function: LoadedFunction, schedule: Schedule, due: datetime) -> None:
        def fire() -> None:
            self.run(function)
            # Occurrences that passed during a jump of the clock are one occurrence.
            self._arm(function, schedule, max(schedule.after(due), schedule.after(self._hub.now())))

        self._hub.call_at(due, fire)
        following = schedule.after(due)
        if function.trigger.get("useMonitor") is not False and following - due >= _MONITORED:
            self._hub.store.put("schedule", function.name, {"next": stamp(due)})
            self._hub.commit()

    async def _run(self, function: LoadedFunction, *, past_due: bool) -> None:
        _, schedule = self._schedules[function.name]
        now = self._hub.now()
        data = {
            "Schedule": {"AdjustForDST": schedule.adjusts_for_dst},
            "ScheduleStatus": {
                "Last": stamp(now),
                "Next": stamp(schedule.after(now)),
                "LastUpdated": stamp(now),
            },
            "IsPastDue": past_due,
        }
        await self._attempts.make(function, meta.Datum(json.dumps(data), "json"), {})
