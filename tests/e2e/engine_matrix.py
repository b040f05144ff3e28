#!/usr/bin/env python3
"""make e2e-engines: one installation's whole life on every engine that can be had, without network. Needs root.

    ENGINES=v28c-2.26,v20-1.29 tests/e2e/engine_matrix.py        these rows, by default all
    tests/e2e/engine_matrix.py --alone ROW                       this one in this process, its lines as they come

A row is an engine, its image store and a compose; a step is a verb's promise, with the rows of a real PostgreSQL compared
and the images held against the digests that they were made with. The table goes to the terminal and, with the versions
that the engines themselves tell, to build/tests/engine-matrix.json. MUST_RUN=1: what cannot run is a failure.
"""
import datetime
import json
import os
import signal
import sys
import traceback

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import harness  # noqa: E402
import engine as engines  # noqa: E402  (found by way of harness)
import engine_life  # noqa: E402
import moby  # noqa: E402
import podman  # noqa: E402
import podman_life  # noqa: E402
import slots  # noqa: E402

MACHO = "-macho"
# The longest first, so that the last one running is a short one.
ROWS = ("v28c-2.40" + MACHO, "v20-1.29", "v26-2.26", "v26c-2.26", "v28-2.26", "v28-2.40", "v28c-2.26", "v28c-2.40", "v29-2.40",
        "v29c-2.40", "podman", "podman-cli")
RESULTS = os.path.join(harness.BUILD, "tests", "engine-matrix")


def make_engine(row):
    name = row.removesuffix(MACHO)
    if name in podman.NAMES:
        return podman.Podman(name)
    return moby.Moby(name) if name.split("-")[0] in moby.NAMES else engines.Engine(name)


class Row:
    """A row's steps and what came of them."""

    def __init__(self, name, bench):
        self.name, self.bench = name, bench
        self.t = harness.Story(name, bench)
        self.record = {"row": name, "program": "Mach-O" if name.endswith(MACHO) else "ELF", "steps": {}, "notes": []}

    def step(self, name, action, *arguments):
        """Carries out a step; the row ends when one fails without which the rest means nothing."""
        before = self.t.failed
        try:
            action(*arguments)
        finally:
            self.record["steps"][name] = "ok" if self.t.failed == before and not sys.exc_info()[0] else "FAILED"

    def run(self):
        try:
            engine = make_engine(self.name)
            if os.geteuid() != 0:
                raise harness.Skip("a Docker engine needs root")
            try:
                engine.start()
            except engines.EngineError as error:
                raise harness.Skip(str(error)) from error
            self.bench.engines[self.name] = engine
            self.record["versions"] = engine_life.versions(engine)
            life = podman_life.PodmanLife if isinstance(engine, podman.Podman) else engine_life.Life
            life(self.t, engine, self.record).steps(self.step)
        except harness.Skip as reason:
            must = os.environ.get("MUST_RUN") == "1"
            self.t.say("FAIL" if must else "SKIP", f"cannot run here: {reason}")
            self.t.failed += must
            self.record["skipped"] = str(reason)
        except harness.Abandon:
            pass  # the failed check has been told
        except Exception:  # pylint: disable=broad-except
            self.t.fail("the row ends without an error of its own", traceback.format_exc())
        self.record.update(passed=self.t.passed, failed=self.t.failed)
        os.makedirs(RESULTS, exist_ok=True)
        with open(os.path.join(RESULTS, self.name + ".json"), "w", encoding="utf-8") as out:
            json.dump(self.record, out, indent=1, ensure_ascii=False)
        return self.t.passed, self.t.failed


def alone(name):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the engine is stopped
    with harness.Bench() as bench:
        passed, failed = Row(name, bench).run()
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


def read(name):
    try:
        with open(os.path.join(RESULTS, name + ".json"), encoding="utf-8") as text:
            return json.load(text)
    except (OSError, ValueError):
        return {"row": name, "steps": {}, "died": True}


def table(records):
    columns = engine_life.STEPS
    width = max(len(record["row"]) for record in records)
    yield " " * width + "  " + "  ".join(columns)
    for record in records:
        steps = record["steps"]
        missing = "died" if record.get("died") else "skipped" if record.get("skipped") else "-"
        cells = (steps.get(name, missing if not steps else "-").ljust(len(name)) for name in columns)
        yield f"{record['row']:{width}}  " + "  ".join(cells).rstrip()


def main(argv):
    if len(argv) == 2 and argv[0] == "--alone" and argv[1] in ROWS:
        return alone(argv[1])
    wanted = [name for name in os.environ.get("ENGINES", "").replace(",", " ").split() if name]
    unknown = [name for name in wanted if name not in ROWS]
    if argv or unknown:
        sys.exit(f"engine_matrix.py: no row {', '.join(argv + unknown)}: there are {', '.join(ROWS)}")
    names = [name for name in ROWS if not wanted or name in wanted]
    for name in names:
        if os.path.exists(os.path.join(RESULTS, name + ".json")):
            os.unlink(os.path.join(RESULTS, name + ".json"))
    passed, failed = slots.run_all(__file__, names, int(os.environ.get("JOBS") or 2))
    records = [read(name) for name in names]
    path = RESULTS + ".json"
    with open(path, "w", encoding="utf-8") as out:
        json.dump({"schema": 1, "date": datetime.date.today().isoformat(), "rows": records}, out, indent=1, ensure_ascii=False)
    print("\n".join(["", *table(records), "", path, f"{passed} passed, {failed} failed"]), flush=True)
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.exit(main(sys.argv[1:]))
