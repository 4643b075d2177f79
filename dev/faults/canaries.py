"""Where a credential could show, and whether one does.

Every key that ever lived is a canary, in each form in which it could show. Searched is all that the host stores and
sends, the bytes of its state file, and, where an `Ear` listens, every log record with its exception chain and all that
was printed.
"""

import base64
import io
import logging
import traceback
from collections.abc import Iterable
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from urllib.parse import quote

from .trial import Trial

_PART = 40


def forms(keys: Iterable[str]) -> list[str]:
    """Return the forms in which keys could show: plain, URL-encoded, in base64 at each offset, as hex, in part."""
    found: list[str] = []
    for key in keys:
        raw = _decoded(key)
        nested = [base64.b64encode(b" " * offset + key.encode()).decode()[8:-8] for offset in range(3)]
        found += [key, quote(key, safe=""), quote(quote(key, safe=""), safe=""), raw.hex(), *nested]
        found += [key[:_PART], key[-_PART:], base64.urlsafe_b64encode(raw).decode()]
    return found


def _decoded(key: str) -> bytes:
    """Return the bytes that a key stands for; a password stands for itself."""
    try:
        return base64.b64decode(key, validate=True)
    except ValueError:
        return key.encode()


def search(haystack: str, keys: Iterable[str]) -> list[str]:
    """Return the keys' forms that a text holds, shortened: a finding must not become a leak."""
    return [f"{form[:4]}… of {len(form)} characters" for form in dict.fromkeys(forms(keys)) if form in haystack]


def keys_of(trial: Trial) -> list[str]:
    """Return every key that ever lived in a case, and every value that the vault has ever held."""
    issued = [made.value.reveal() for account in trial.stage.accounts for made in account.key_history()]
    return [*issued, *(made.value.reveal() for made in trial.stage.vault.all_versions())]


def leaks(trial: Trial, heard: Iterable[str] = ()) -> list[str]:
    """Search what a case's hosts store and send, and what an `Ear` has heard."""
    haystack = "\n".join([trial.stored(), *heard])
    return [f"a credential shows: {found}" for found in search(haystack, keys_of(trial))]


class Ear(logging.Handler):
    """Hears everything that is logged or printed, exception chains and the records' own fields included."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._records: list[str] = []
        self._printed = io.StringIO()
        self._redirections = ExitStack()

    @property
    def heard(self) -> list[str]:
        """All of it, as text."""
        return [*self._records, self._printed.getvalue()]

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record as text."""
        chain = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
        self._records.append(f"{record.getMessage()} {chain} {record.stack_info or ''} {record.__dict__}")

    def __enter__(self) -> "Ear":
        self._redirections.enter_context(redirect_stdout(self._printed))
        self._redirections.enter_context(redirect_stderr(self._printed))
        root = logging.getLogger()
        self._level = root.level
        root.setLevel(logging.DEBUG)
        root.addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        root = logging.getLogger()
        root.removeHandler(self)
        root.setLevel(self._level)
        self._redirections.close()
