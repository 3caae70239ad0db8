"""The first thing that the command runs: Ctrl-C ends it without a traceback, also while the rest is still loaded."""

from __future__ import annotations

import gc
import signal


def main() -> None:
    """Load and run the command; Ctrl-C is heard in the ordinary way only while something stands ready to answer it."""
    # What is loaded stays: to look through it for waste, again and again while it grows, took a fifth of the start.
    # The menu lets the collector begin once the command is there.
    gc.disable()
    # Whoever started us in the background may have it ignored, and then it stays so.
    heard = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if heard:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from ligament.cli.main import main as run  # noqa: PLC0415 - loading takes a moment, in which somebody may press it

    try:
        run(interruptible=heard)
    finally:
        if heard:
            # Python would print where it was, while it only puts things away.
            signal.signal(signal.SIGINT, signal.SIG_DFL)


if __name__ == "__main__":
    main()
