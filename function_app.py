"""The app's table of contents, in the order of the flow: who starts a rotation, what it does, step by step."""

import azure.durable_functions as df

from activities import (
    find_neighbours,
    move_secret,
    read_metadata,
    regenerate_key,
    restore_version,
    swap_slot,
    verify_key,
    write_version,
)
from entities import parked_events, resource_lock
from orchestrations import rotate_secret
from triggers import is_alive, vault_events

app = df.DFApp()

app.register_functions(vault_events.bp)
app.register_functions(parked_events.bp)
app.register_functions(rotate_secret.bp)
app.register_functions(resource_lock.bp)
app.register_functions(read_metadata.bp)
app.register_functions(find_neighbours.bp)
app.register_functions(move_secret.bp)
app.register_functions(regenerate_key.bp)
app.register_functions(verify_key.bp)
app.register_functions(write_version.bp)
app.register_functions(swap_slot.bp)
app.register_functions(restore_version.bp)
app.register_functions(is_alive.bp)
