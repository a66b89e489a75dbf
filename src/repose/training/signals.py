"""Signals that ask a run to stop are kept until the step is over and the state is safe."""

import os
import signal
from types import FrameType, TracebackType

STOPPING = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)


class StopSignals:
    """Catch SIGTERM, SIGINT (Ctrl-C) and SIGUSR1 inside a `with` block.

    Attributes:
        received: Name of the first signal that came, or "" while none has. A second Ctrl-C
            interrupts at once, for whoever does not want to wait.
    """

    def __init__(self) -> None:
        self.received = ""
        self._before: dict[int, object] = {}

    def __enter__(self) -> "StopSignals":
        """Take over the handlers."""
        for number in STOPPING:
            self._before[number] = signal.signal(number, self._keep)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the handlers back; a signal that came after the last look is theirs."""
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        if self.received and kind is None:
            os.kill(os.getpid(), signal.Signals[self.received])

    def _keep(self, number: int, _frame: FrameType | None) -> None:
        if self.received and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.received = self.received or signal.Signals(number).name
