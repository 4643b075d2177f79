"""The app's table of contents, in the order of the flow: who starts a rotation, what it does, step by step."""

import azure.durable_functions as df

from activities import (
    add_key_version,
    announce_version,
    await_certificate,
    begin_sweep,
    check_certificate,
    check_key,
    copy_version,
    find_ageing,
    find_consumers,
    find_drift,
    find_due,
    find_neighbours,
    find_pinned_users,
    find_replicas,
    find_stuck,
    find_window,
    find_working,
    move_reference,
    move_secret,
    read_metadata,
    refresh_consumer,
    regenerate_key,
    remove_pending,
    request_certificate,
    restore_version,
    start_renewals,
    start_replications,
    start_rotations,
    swap_slot,
    tell_rotation,
    verify_key,
    write_version,
)
from entities import parked_events, resource_lock
from orchestrations import (
    refresh_consumers,
    renew_certificate,
    replicate_secret,
    restore_secret,
    rotate_key,
    rotate_secret,
    sweep_vaults,
)
from triggers import http_api, is_alive, purge_history, status_page, sweep, vault_events

app = df.DFApp()

app.register_functions(vault_events.bp)
app.register_functions(parked_events.bp)

# One version of one secret.
app.register_functions(rotate_secret.bp)
app.register_functions(resource_lock.bp)
app.register_functions(read_metadata.bp)
app.register_functions(find_neighbours.bp)
app.register_functions(move_secret.bp)
app.register_functions(regenerate_key.bp)
app.register_functions(verify_key.bp)
app.register_functions(write_version.bp)
app.register_functions(announce_version.bp)
app.register_functions(find_window.bp)
app.register_functions(swap_slot.bp)

# Going back.
app.register_functions(restore_secret.bp)
app.register_functions(restore_version.bp)

# What follows a new version: those who use it, and its copies.
app.register_functions(refresh_consumers.bp)
app.register_functions(find_consumers.bp)
app.register_functions(refresh_consumer.bp)
app.register_functions(move_reference.bp)
app.register_functions(tell_rotation.bp)
app.register_functions(replicate_secret.bp)
app.register_functions(find_replicas.bp)
app.register_functions(copy_version.bp)

# Certificates and keys, which Key Vault keeps itself.
app.register_functions(renew_certificate.bp)
app.register_functions(check_certificate.bp)
app.register_functions(request_certificate.bp)
app.register_functions(await_certificate.bp)
app.register_functions(rotate_key.bp)
app.register_functions(check_key.bp)
app.register_functions(add_key_version.bp)
app.register_functions(find_pinned_users.bp)

# What events have missed.
app.register_functions(sweep.bp)
app.register_functions(sweep_vaults.bp)
app.register_functions(begin_sweep.bp)
app.register_functions(find_due.bp)
app.register_functions(find_stuck.bp)
app.register_functions(find_ageing.bp)
app.register_functions(start_renewals.bp)
app.register_functions(find_drift.bp)
app.register_functions(start_replications.bp)
app.register_functions(start_rotations.bp)
app.register_functions(find_working.bp)
app.register_functions(remove_pending.bp)
app.register_functions(purge_history.bp)

# People.
app.register_functions(http_api.bp)
app.register_functions(status_page.bp)
app.register_functions(is_alive.bp)
