"""killer: takes processes away, at random, again and again."""

import os
import random
import signal
import threading


class Killer:
    """Kills a random handler every so many seconds: with Killer(stack, 0.2) as killer: ..."""

    def __init__(self, stack, every, program=None):
        self.stack, self.every, self.program, self.kills = stack, every, program, 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        while not self._stop.wait(self.every):
            handlers = self.stack.handlers(self.program)
            if handlers and kill(random.choice(handlers)):
                self.kills += 1

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()


def kill(pid, how=signal.SIGKILL):
    """False where it is gone already."""
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        return False
    return True
