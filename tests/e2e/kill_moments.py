#!/usr/bin/env python3
"""make kill-moments: installations killed at N random moments of a seed, each completed, with figures. Needs root."""
import os
import signal
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness  # noqa: E402
import kill  # noqa: E402


def main():
    count, seed = int(os.environ.get("N") or 50), int(os.environ.get("SEED") or 1)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the engine is stopped
    with harness.Bench() as bench:
        t = harness.Story("kill-moments", bench)
        book = kill.Guestbook(t, bench.engine(os.environ.get("ENGINE") or "v28"))
        began = time.monotonic()
        t.need(book.install().code == 0, "install: 0")
        longest = time.monotonic() - began
        book.write()
        stands = kill.random_moments(book, count, seed, longest)
        print(f"{count} moments of seed {seed} in {time.monotonic() - began:.0f} s, an installation takes {longest:.1f} s, "
              f"{len(book.kept)} rows at the end; the journal stood at:")
        for stand in sorted(stands, key=stands.get, reverse=True):
            print(f"  {stands[stand]:4} {stand}")
    print(f"{t.passed} passed, {t.failed} failed")
    return 1 if t.failed else 0


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main())
