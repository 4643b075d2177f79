"""Where a host keeps what must outlive it.

Documents by kind and key, changed in batches: `put` and `delete` collect, `commit` makes it so, all or nothing.
One episode is one commit, so a host that is killed finds either all of an episode or none of it. Without a file
nothing is kept, and the task hub's own dictionaries are all there is.
"""

import json
import sqlite3
from pathlib import Path
from typing import Any, Protocol

from .errors import HostError

Document = dict[str, Any]
_LOCK_PATIENCE = 1.0  # seconds; for a host that is about to end


class Store(Protocol):
    """What the task hub needs of a store."""

    def put(self, kind: str, key: str, document: Document) -> None:
        """Have a document written by the next commit, as it is now."""

    def delete(self, kind: str, key: str) -> None:
        """Have a document removed by the next commit."""

    def commit(self) -> None:
        """Write what has been collected, all or nothing."""

    def load(self, kind: str) -> dict[str, Document]:
        """Return all documents of a kind."""

    def close(self) -> None:
        """Write nothing any more."""


class MemoryStore:
    """Keeps nothing."""

    def put(self, kind: str, key: str, document: Document) -> None:
        """Do nothing."""

    def delete(self, kind: str, key: str) -> None:
        """Do nothing."""

    def commit(self) -> None:
        """Do nothing."""

    def load(self, kind: str) -> dict[str, Document]:
        """Return nothing."""
        return {}

    def close(self) -> None:
        """Do nothing."""


class SqliteStore:
    """Keeps documents in a SQLite file, which survives `kill -9` (WAL; a power cut may cost the last commits).

    The file is locked for as long as it is open: two hosts would do each other's work twice.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._connection = sqlite3.connect(
                path, timeout=_LOCK_PATIENCE, check_same_thread=False, isolation_level=None
            )
            self._connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.execute(
                "CREATE TABLE IF NOT EXISTS documents (kind TEXT, key TEXT, body TEXT, PRIMARY KEY (kind, key))"
            )
        except sqlite3.Error as error:
            busy = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
            told = "another host is using it" if busy else str(error)
            raise HostError(f"the state file {path} can't be used: {told}") from None
        self._changes: dict[tuple[str, str], str | None] = {}
        self._closed = False

    def put(self, kind: str, key: str, document: Document) -> None:
        """Have a document written by the next commit, as it is now."""
        self._changes[kind, key] = json.dumps(document, separators=(",", ":"))  # ASCII: half a surrogate pair survives

    def delete(self, kind: str, key: str) -> None:
        """Have a document removed by the next commit."""
        self._changes[kind, key] = None

    def commit(self) -> None:
        """Write what has been collected, all or nothing."""
        if not self._changes or self._closed:
            return
        self._connection.execute("BEGIN IMMEDIATE")
        for (kind, key), body in self._changes.items():
            if body is None:
                self._connection.execute("DELETE FROM documents WHERE kind = ? AND key = ?", (kind, key))
            else:
                self._connection.execute("REPLACE INTO documents VALUES (?, ?, ?)", (kind, key, body))
        self._connection.execute("COMMIT")
        self._changes.clear()

    def load(self, kind: str) -> dict[str, Document]:
        """Return all documents of a kind, in the order of their keys."""
        rows = self._connection.execute("SELECT key, body FROM documents WHERE kind = ? ORDER BY key", (kind,))
        return {key: json.loads(body) for key, body in rows}

    def close(self) -> None:
        """Write nothing any more."""
        self._closed = True
        self._connection.close()


def open_store(path: Path | None) -> Store:
    """Return a store for the file, or one that keeps nothing."""
    return MemoryStore() if path is None else SqliteStore(path)
