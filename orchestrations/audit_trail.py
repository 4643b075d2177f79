"""Writes what an orchestration has to say into the audit trail: the one module here that may log.

An orchestration's episodes are replayed, so a record is written only where nothing is. One whose answer got lost runs
again and writes it twice; nothing the orchestration decides depends on it.
"""

import logging

import azure.durable_functions as df

from rotation.audit import LOGGER, Record

_audit = logging.getLogger(LOGGER)


def write(context: df.DurableOrchestrationContext, *records: Record) -> None:
    """Write records, unless this is a replay."""
    if context.is_replaying:
        return
    for record in records:
        _audit.log(record.level, record.line)
