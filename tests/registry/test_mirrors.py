"""hardtack mirrors test: what each source of the project's images has, held against the pin."""
import json
import time

import registry as fake
from registries import free_port
from stage import NO_WAY_OUT, case


def contents(done):
    """(source, content) of each row, in order."""
    rows = [json.loads(line) for line in done.out.splitlines()]
    return [(row["source"], row["content"]) for row in rows if row["event"] == "mirror"]


@case
def mirrors_test_tells_every_kind_of_source_apart(stage):
    with fake.FakeRegistry() as origin, fake.FakeRegistry() as same, fake.FakeRegistry() as other, fake.FakeRegistry() as stale, \
            fake.FakeRegistry() as empty, fake.FakeRegistry() as pushed, fake.FakeRegistry() as login, \
            fake.FakeRegistry() as denied:
        for registry in (origin, same, stale):
            registry.add_image("a/b", "1", layers=[3_000_000])
        stale.add_image("a/b", "1", seed=4)
        other.add_image("a/b", "1", seed=5)
        pushed.add_image("a/b", "1", layers=[3_000_000], level=9)
        login.fault("/manifests/", "html")
        denied.fault("/manifests/", "status", status=403)
        dead = f"127.0.0.1:{free_port()}"
        stage.compose(f"{origin.host}/a/b:1")
        rules = []
        for place in (same.host, other.host, stale.host, empty.host, pushed.host, login.host, denied.host, dead):
            rules += ["--mirror", f"{origin.host}={place}"]
        done = stage.hardtack("mirrors", "test", "compose.yaml", "--json", *rules)
        assert contents(done) == [
            (same.host, "same"), (other.host, "different"), (stale.host, "stale-tag"), (empty.host, "absent"),
            (pushed.host, "re-pushed"), (login.host, "broken"), (denied.host, "refused"), (dead, "unreachable"),
            (origin.host, "same")], done
        rows = [json.loads(line) for line in done.out.splitlines() if '"mirror"' in line]
        assert rows[0]["bytes_per_s"] > 0 and rows[0]["elapsed_ms"] >= 0 and rows[-1]["origin"], rows
        # At most the end of a layer travels.
        assert sum(r.sent for r in same.requests if "/blobs/" in r.path) < 1_100_000 + 10_000
        text = stage.hardtack("mirrors", "test", *rules)
        assert "same image, pushed again (other digests)" in text.out and "not reachable: " in text.out, text
        text = stage.hardtack("mirrors", "test", "--lang", "zh", *rules)
        assert "无法连接：" in text.out, text
        # Nothing was written.
        assert not stage.cached()


@case
def mirrors_test_holds_sources_against_the_lock(stage):
    with fake.FakeRegistry() as origin, fake.FakeRegistry() as mirror:
        for registry in (origin, mirror):
            registry.add_image("a/b", "1")
        stage.compose(f"{origin.host}/a/b:1")
        stage.hardtack("lock")
        origin.add_image("a/b", "1", seed=3)
        done = stage.hardtack("mirrors", "test", "--json", "--mirror", f"{origin.host}={mirror.host}")
        assert contents(done) == [(mirror.host, "same"), (origin.host, "stale-tag")], done


@case
def mirrors_test_fails_when_an_image_is_nowhere(stage):
    with fake.FakeRegistry() as mirror:
        mirror.add_image("library/redis", "7")
        stage.compose("postgres:17", "redis:7")
        start = time.monotonic()
        rule = ["--mirror", f"docker.io={mirror.host}", "--json"]
        done = stage.hardtack("mirrors", "test", *rule, env=NO_WAY_OUT, expect=4)
        assert contents(done) == [(mirror.host, "absent"), ("docker.io", "unreachable"),
                                  (mirror.host, "found"), ("docker.io", "unreachable")], done
        assert time.monotonic() - start < 10
        stage.compose("redis:7")
        stage.hardtack("mirrors", "test", *rule, env=NO_WAY_OUT)
        stage.compose(f"{mirror.host}/x/y:1")
        stage.hardtack("mirrors", "test", expect=6)
        stage.hardtack("mirrors", "list", expect=2)
        stage.hardtack("mirrors", "test", "--offline", expect=2)
