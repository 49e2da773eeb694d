"""One process a host that looks after the journal: replays it, and clears what is settled."""

import logging
import threading
import time
from collections.abc import Callable

from . import journal, replay

log = logging.getLogger("leads.keeper")

REPLAY_EVERY = 1.0  # seconds; a look at an empty journal costs some 0.1 ms
SWEEP_EVERY = 30.0


def keep(stop: threading.Event, alive: Callable[[], None]) -> None:
    """Until `stop` is set; `alive` is called at every turn.

    Nothing it meets ends it: it says so and goes on.
    """
    swept = 0.0
    while not stop.wait(REPLAY_EVERY):
        alive()
        try:
            replay.run()
            if time.monotonic() - swept >= SWEEP_EVERY:
                journal.sweep()
                swept = time.monotonic()
        except Exception as error:
            # Only the kind of it: its words may hold what a visitor wrote.
            log.error("looking after the journal failed: %s", type(error).__name__)
            stop.wait(REPLAY_EVERY)
