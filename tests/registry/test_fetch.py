"""hardtack fetch, and build from registries: resume, failover, several processes, full disks."""
import fcntl
import hashlib
import json
import os
import pty
import random
import shutil
import signal
import struct
import subprocess
import termios
import time

import registry as fake
from registries import DockerRegistry
from stage import PATIENCE, HARDTACK, case, wait_until

NO_WAY_OUT = {"HTTPS_PROXY": "http://127.0.0.1:1", "HTTP_PROXY": "http://127.0.0.1:1", "NO_PROXY": "127.0.0.1"}
ARM = "linux/arm64"


def wanted(image):
    """The digests that a build for arm64 needs."""
    return {image.manifests[ARM], image.configs[ARM], *image.layers[ARM]}


def forget(stage):
    shutil.rmtree(stage.cache, ignore_errors=True)


def locked(stage, registry, **more):
    """An image, a compose file that names it and its lock; an empty cache."""
    image = registry.add_image("a/b", "1", **more)
    stage.compose(f"{registry.host}/a/b:1")
    stage.hardtack("lock", "compose.yaml")
    forget(stage)
    registry.requests.clear()
    return image


def check_blobs(stage, digests):
    """Every one is there, and its bytes are what its name says."""
    assert digests <= stage.cached(), digests - stage.cached()
    for digest in digests:
        with open(os.path.join(stage.cache, "blobs", "sha256", digest[7:]), "rb") as file:
            assert "sha256:" + hashlib.sha256(file.read()).hexdigest() == digest


def partial_bytes(stage):
    folder = os.path.join(stage.cache, "partial")
    total = 0
    for name in os.listdir(folder) if os.path.isdir(folder) else ():
        try:
            total += os.path.getsize(os.path.join(folder, name))
        except FileNotFoundError:
            pass  # whole meanwhile, and renamed
    return total


@case
def fetch_says_what_will_travel_gets_it_once_and_then_asks_nobody(stage):
    with fake.FakeRegistry() as registry:
        image = locked(stage, registry, layers=[200_000, 300_000, 100_000])
        done = stage.hardtack("fetch", "compose.yaml", "--dry-run")
        assert "To fetch: 5 blobs" in done.err and registry.host in done.err and not registry.requests, done
        assert not stage.cached() and not partial_bytes(stage)
        done = stage.hardtack("fetch", "compose.yaml")
        check_blobs(stage, wanted(image))
        assert "layer 2/3" in done.err and f"from {registry.host}" in done.err, done
        for digest in image.layers[ARM]:
            assert registry.sent(digest) == len(registry.blobs[digest])
    done = stage.hardtack("fetch", "compose.yaml")  # the registry is gone
    assert "Nothing to fetch" in done.err, done
    events = [json.loads(line) for line in stage.hardtack("fetch", "compose.yaml", "--json").out.splitlines()]
    assert events[0]["event"] == "plan" and events[0]["blobs"] == 0 and events[-1]["exit"] == 0, events


@case
def fetch_gives_the_blobs_that_skopeo_gives(stage):
    with fake.FakeRegistry() as source, DockerRegistry(os.path.join(stage.folder, "registry")) as real:
        source.add_image("library/postgres", "17", layers=[300_000, 40_000], attest=False)
        source.add_image("acme/web", "1", seed=5, attest=False)
        for name in ("library/postgres:17", "acme/web:1"):
            real.push(f"docker://{source.host}/{name}", name)
        stage.compose(*(f"{real.host}/{name}" for name in ("library/postgres:17", "acme/web:1")))
        stage.hardtack("fetch", "compose.yaml", "--target", "linux-arm64", "--target", "linux-amd64")
        layout = os.path.join(stage.folder, "oci")
        for name in ("library/postgres:17", "acme/web:1"):
            subprocess.run(["skopeo", "--insecure-policy", "copy", "-q", "--all", "--preserve-digests", "--src-tls-verify=false",
                            f"docker://{real.host}/{name}", f"oci:{layout}:{name.split('/')[-1]}"], check=True, timeout=60)
    theirs = os.path.join(layout, "blobs", "sha256")
    assert {"sha256:" + name for name in os.listdir(theirs)} == stage.cached()
    for name in os.listdir(theirs):
        with open(os.path.join(theirs, name), "rb") as a, open(os.path.join(stage.cache, "blobs", "sha256", name), "rb") as b:
            assert a.read() == b.read(), name


# What the mirror does, on which paths, and what the person reads about it.
FAULTS = [
    ("blobs/", "html", {}, ""),
    ("blobs/", "empty", {}, ""),
    ("blobs/", "endless", {}, ""),
    ("blobs/", "flip", {}, "have the digest"),
    ("blobs/", "lie", {"length": 10}, ""),
    ("blobs/", "status", {"status": 404}, ""),
    ("blobs/", "status", {"status": 403}, "403"),
    ("blobs/", "status", {"status": 401}, "401"),
    ("blobs/", "status", {"status": 429, "headers": {"Retry-After": "3600"}}, "429"),
    ("manifests/", "html", {}, ""),
    ("manifests/", "empty", {}, ""),
    ("manifests/", "flip", {}, ""),
    ("manifests/", "status", {"status": 404}, ""),
]


@case
def a_mirror_that_misbehaves_changes_nothing_but_the_source(stage):
    with fake.FakeRegistry() as origin, fake.FakeRegistry() as mirror:
        image = locked(stage, origin, layers=[60_000, 50_000])
        mirror.add_image("a/b", "1", layers=[60_000, 50_000])
        mirror.add_image("x/y", "1", seed=77)
        other = mirror.add_image("x/z", "1", seed=78).manifests[ARM]
        for part, kind, settings, words in [*FAULTS, ("manifests/", "swap", {"with_": f"/v2/x/z/manifests/{other}"}, "")]:
            forget(stage)
            mirror.faults.clear()
            mirror.fault(part, kind, **settings)
            done = stage.hardtack("fetch", "compose.yaml", "--mirror", f"{origin.host}={mirror.host}")
            what = f"{part} {kind} {settings}\n{done!r}"
            check_blobs(stage, wanted(image))
            assert f"used instead: {origin.host}" in done.err and words in done.err, what
            assert mirror.host in done.err.split("used instead")[0], what
            assert not partial_bytes(stage), what


@case
def a_mirror_that_is_not_there_is_told_once_and_left(stage):
    with fake.FakeRegistry() as origin:
        image = locked(stage, origin, layers=[20_000] * 8)
        done = stage.hardtack("fetch", "compose.yaml", "--mirror", f"{origin.host}=127.0.0.1:1")
        check_blobs(stage, wanted(image))
        assert done.err.count("used instead") == 1, done


@case
def without_another_source_the_exit_code_says_what_to_do(stage):
    with fake.FakeRegistry() as registry:
        locked(stage, registry, layers=[60_000])
        for kind, settings, code, words in [
                ("html", {}, 7, ""), ("flip", {}, 7, "have the digest"), ("status", {"status": 404}, 6, ""),
                ("status", {"status": 401}, 5, "401"), ("status", {"status": 403}, 5, "403"),
                ("status", {"status": 429, "headers": {"Retry-After": "3600"}}, 5, "429"),
                ("status", {"status": 503}, 4, "503"), ("cut", {"after": 1000}, 4, "")]:
            registry.faults.clear()
            registry.fault("blobs/", kind, **settings)
            done = stage.hardtack("fetch", "compose.yaml", expect=None)
            assert done.code == code, f"{kind} {settings}: expected {code}\n{done!r}"
            assert words in done.err and registry.host in done.err and "Error: " in done.err and "→" in done.err, f"{kind}: {done!r}"


@case
def transient_failures_are_retried_where_they_are(stage):
    with fake.FakeRegistry() as registry:
        image = locked(stage, registry, layers=[500_000])
        layer = image.layers[ARM][0]
        registry.fault("blobs/", "status", times=2, status=502)
        registry.fault(layer[7:], "cut", times=3, after=100_000)
        registry.fault(layer[7:], "status", times=1, status=429, headers={"Retry-After": "1"})
        started = time.monotonic()
        done = stage.hardtack("fetch", "compose.yaml", "-v")
        check_blobs(stage, wanted(image))
        assert "asks to wait" in done.err and time.monotonic() - started >= 1, done
        assert registry.sent(layer) == len(registry.blobs[layer]), "a cut transfer goes on where it was cut"


@case
def a_server_that_ignores_ranges_sends_all_of_it_again(stage):
    with fake.FakeRegistry() as registry:
        image = locked(stage, registry, layers=[500_000])
        layer = image.layers[ARM][0]
        registry.fault(layer[7:], "cut", times=1, after=200_000)
        registry.fault(layer[7:], "norange")
        stage.hardtack("fetch", "compose.yaml")
        check_blobs(stage, wanted(image))
        assert registry.sent(layer) == 200_000 + len(registry.blobs[layer])


@case
def a_partial_file_that_the_disk_damaged_is_fetched_anew_once(stage):
    with fake.FakeRegistry() as registry:
        image = locked(stage, registry, layers=[400_000])
        layer = image.layers[ARM][0]
        os.makedirs(os.path.join(stage.cache, "partial"))
        with open(os.path.join(stage.cache, "partial", "sha256-" + layer[7:]), "wb") as file:
            file.write(b"\0" * 100_000)
        done = stage.hardtack("fetch", "compose.yaml", "-v")
        check_blobs(stage, wanted(image))
        size = len(registry.blobs[layer])
        assert registry.sent(layer) == size - 100_000 + size and "do not fit together" in done.err, done


@case
def redirects_to_a_cdn_do_not_take_the_login_along(stage):
    with fake.FakeRegistry(auth=("basic", "me", "pw")) as registry, fake.FakeRegistry(host="127.0.0.2") as cdn:
        with open(os.path.join(stage.home, "config.json"), "w", encoding="ascii") as file:
            json.dump({"auths": {registry.host: {"auth": "bWU6cHc="}}}, file)
        env = {"DOCKER_CONFIG": stage.home}
        image = registry.add_image("a/b", "1", layers=[30_000])
        stage.compose(f"{registry.host}/a/b:1")
        cdn.blobs.update(registry.blobs)
        registry.fault("blobs/", "redirect", to=f"http://{cdn.host}/v2/cdn/blobs/{{digest}}")
        stage.hardtack("fetch", "compose.yaml", env=env)
        check_blobs(stage, wanted(image))
        assert cdn.requests and not [r for r in cdn.requests if "Authorization" in r.headers]
        assert [r for r in registry.requests if "Authorization" in r.headers]


@case
def ten_kills_and_no_byte_travels_twice(stage):
    chance = random.Random(7)
    with fake.FakeRegistry() as registry:
        image = locked(stage, registry, layers=[1_500_000, 1_200_000, 900_000])
        for digest in image.layers[ARM]:
            registry.fault(digest[7:], "slow", rate=600_000)
        kills = 0
        for number in range(10):
            had = partial_bytes(stage)
            process = stage.start("fetch", "compose.yaml")
            if number % 2:  # in the transfer; the others as it begins
                wait_until(lambda had=had, process=process: partial_bytes(stage) > had or process.poll() is not None, "more bytes")
            time.sleep(chance.uniform(0.05, 0.3))
            kills += process.poll() is None
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=10)
        assert kills >= 9, f"only {kills} of the kills found it running"
        # The smallest may have come whole by then.
        whole = stage.cached() & set(image.layers[ARM])
        have = partial_bytes(stage) + sum(len(registry.blobs[d]) for d in whole)
        assert partial_bytes(stage) > 0 and len(whole) < 3
        registry.faults.clear()
        registry.requests.clear()
        stage.hardtack("fetch", "compose.yaml")
        check_blobs(stage, wanted(image))
        sizes = sum(len(registry.blobs[d]) for d in image.layers[ARM])
        sent = sum(registry.sent(d) for d in image.layers[ARM])
        assert sent == sizes - have, f"{sent} bytes travelled, {sizes - have} were missing"


@case
def two_processes_share_the_work(stage):
    with fake.FakeRegistry() as registry:
        image = locked(stage, registry, layers=[400_000] * 5)
        for digest in image.layers[ARM]:
            registry.fault(digest[7:], "slow", rate=800_000)
        processes = [stage.start("fetch", "compose.yaml", "-j", "2") for _ in range(2)]
        ends = [(p.communicate(timeout=60), p.returncode) for p in processes]
        assert [code for _, code in ends] == [0, 0], ends
        check_blobs(stage, wanted(image))
        for digest in image.layers[ARM]:
            assert registry.sent(digest) == len(registry.blobs[digest]), "a blob travelled twice"


@case
def who_waits_takes_over_from_one_that_is_killed(stage):
    with fake.FakeRegistry() as registry:
        image = locked(stage, registry, layers=[1_000_000])
        layer = image.layers[ARM][0]
        registry.fault(layer[7:], "slow", times=1, rate=50_000)  # twenty seconds of it
        first = stage.start("fetch", "compose.yaml")
        wait_until(lambda: partial_bytes(stage) > 0, "its first bytes")
        second = stage.start("fetch", "compose.yaml")
        said = ""
        while "another hardtack is fetching it" not in said:
            line = second.stderr.readline()
            assert line, f"it ended without a word of the other one\n{said}"
            said += line
        first.kill()
        first.communicate(timeout=10)
        said += second.stderr.read()
        assert second.wait() == 0, said
        second.stdout.close()
        second.stderr.close()
        check_blobs(stage, wanted(image))


@case
def a_full_disk_is_told_before_the_first_byte_and_keeps_what_came(stage):
    with fake.FakeRegistry() as registry:
        image = locked(stage, registry, layers=[3_000_000])
        os.makedirs(stage.cache)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", stage.cache], check=True, timeout=20)
        try:
            done = stage.hardtack("fetch", "compose.yaml", expect=9)
            assert "HARDTACK_CACHE" in done.err and not registry.sent(image.layers[ARM][0]), done
            subprocess.run(["mount", "-o", "remount,size=8m", stage.cache], check=True, timeout=20)
            # Somebody else fills it meanwhile.
            registry.fault(image.layers[ARM][0][7:], "slow", rate=3_000_000)
            process = stage.start("fetch", "compose.yaml")
            wait_until(lambda: partial_bytes(stage) > 200_000, "some of it: a torn first write is taken back")
            with open(os.path.join(stage.cache, "filler"), "wb", buffering=0) as file:
                try:
                    while file.write(b"\0" * 65536):
                        pass
                except OSError:
                    pass
            _, err = process.communicate(timeout=60)
            assert process.returncode == 9 and "What has arrived is kept" in err, f"{process.returncode}\n{err}"
            have = partial_bytes(stage)
            assert have > 0
            os.unlink(os.path.join(stage.cache, "filler"))
            registry.faults.clear()
            registry.requests.clear()
            stage.hardtack("fetch", "compose.yaml")
            check_blobs(stage, wanted(image))
            assert registry.sent(image.layers[ARM][0]) == len(registry.blobs[image.layers[ARM][0]]) - have
        finally:
            subprocess.run(["umount", stage.cache], check=True, timeout=20)


@case
def offline_touches_no_network_and_names_what_is_missing(stage):
    with fake.FakeRegistry() as registry:
        image = locked(stage, registry, layers=[30_000])
        done = stage.hardtack("fetch", "compose.yaml", "--offline", expect=6)
        assert "a/b:1" in done.err and "hardtack fetch" in done.err and not registry.requests, done
        done = stage.hardtack("build", "compose.yaml", "--offline", "-o", "x", expect=6)
        assert not registry.requests and not os.path.exists(os.path.join(stage.work, "x")), done
        stage.hardtack("fetch", "compose.yaml")
        check_blobs(stage, wanted(image))
        registry.requests.clear()
        stage.hardtack("build", "compose.yaml", "--offline", "-o", "x")
        assert not registry.requests


@case
def build_locks_fetches_and_packs_in_one_go_and_the_second_needs_nobody(stage):
    with fake.FakeRegistry() as origin, fake.FakeRegistry() as mirror:
        for registry in (origin, mirror):
            image = registry.add_image("a/b", "1", layers=[200_000, 100_000])
        stage.compose(f"{origin.host}/a/b:1")
        done = stage.hardtack("build", "compose.yaml", "-o", "one", "--mirror", f"{origin.host}={mirror.host}", "-j", "1")
        assert done.out == "one\n" and "hardtack.lock" in done.err, done
        assert all(mirror.sent(d) and not origin.sent(d) for d in image.layers[ARM])
        lock = stage.read("hardtack.lock")
        forget(stage)
        stage.hardtack("build", "compose.yaml", "-o", "two", "-j", "4")
    stage.hardtack("build", "compose.yaml", "-o", "three", env=NO_WAY_OUT)
    assert stage.read("hardtack.lock") == lock
    names = [os.path.join(stage.work, n) for n in ("one", "two", "three")]
    first, second, third = (open(n, "rb").read() for n in names)
    assert first == second == third, "mirror, order or cache have changed the output"
    stage.hardtack("verify", "one")


@case
def a_tag_that_moved_does_not_move_what_is_locked(stage):
    with fake.FakeRegistry() as registry:
        image = locked(stage, registry, layers=[30_000])
        registry.add_image("a/b", "1", layers=[30_000], seed=99)
        stage.hardtack("fetch", "compose.yaml")
        check_blobs(stage, wanted(image))


@case
def an_image_that_a_mirror_pushed_again_is_used_and_told(stage):
    with fake.FakeRegistry() as mirror:
        with fake.FakeRegistry() as origin:
            locked(stage, origin, layers=[80_000, 70_000])
        again = mirror.add_image("a/b", "1", layers=[80_000, 70_000], level=9)
        done = stage.hardtack("fetch", "compose.yaml", "--mirror", f"{origin.host}={mirror.host}")
        assert "in other wrapping" in done.err and again.manifests[ARM] in done.err, done
        check_blobs(stage, wanted(again))
        stage.hardtack("build", "compose.yaml", "-o", "x", "--mirror", f"{origin.host}={mirror.host}")
    stage.hardtack("build", "compose.yaml", "-o", "y", "--offline")
    with open(os.path.join(stage.work, "x"), "rb") as x, open(os.path.join(stage.work, "y"), "rb") as y:
        assert x.read() == y.read()


@case
def an_archive_spares_the_way_of_what_it_has(stage):
    with fake.FakeRegistry() as registry:
        image = locked(stage, registry, layers=[200_000, 100_000])
        layout = os.path.join(stage.work, "image.tar")
        subprocess.run(["skopeo", "--insecure-policy", "copy", "-q", "--override-arch", "arm64", "--override-os", "linux",
                        "--src-tls-verify=false", f"docker://{registry.host}/a/b:1", f"oci-archive:{layout}:a"],
                       check=True, timeout=60)
        registry.requests.clear()
        stage.hardtack("fetch", "compose.yaml", "--image-archive", "image.tar")
        check_blobs(stage, wanted(image))
        assert not registry.paths("blobs/"), registry.paths()


DOWNLOADS = """hardtack: 1
name: stage
compose: compose.yaml
downloads:
  - {{url: "http://{host}/files/one.whl", to: client/wheels/{hash}}}
  - {{url: "http://{host}/files/two%2B1.whl?x=1", to: client/wheels/}}
"""


@case
def downloads_are_locked_fetched_and_packed(stage):
    with fake.FakeRegistry() as registry, fake.FakeRegistry() as mirror:
        locked(stage, registry, layers=[20_000])
        one, two = os.urandom(50_000), os.urandom(40_000)
        for place in (registry, mirror):
            place.files.update({"/files/one.whl": one, "/files/two%2B1.whl?x=1": two})
        right = hashlib.sha256(one).hexdigest()
        stage.write("hardtack.yaml", DOWNLOADS.format(host=registry.host, hash=f", sha256: {right}"))
        stage.hardtack("build", ".", "-o", "x")
        assert hashlib.sha256(two).hexdigest() in stage.read("hardtack.lock")
        stage.hardtack("extract", "x", "out")
        for name, data in (("one.whl", one), ("two+1.whl", two)):
            with open(os.path.join(stage.work, "out", "hardtack", "files", "client", "wheels", name), "rb") as file:
                assert file.read() == data
        # Changed behind our back: the lock's hash counts, a mirror that has the old one serves it.
        registry.files["/files/two%2B1.whl?x=1"] = b"other"
        forget(stage)
        stage.hardtack("fetch", ".", expect=7)
        forget(stage)
        stage.hardtack("fetch", ".", "--mirror", f"{registry.host}=http://{mirror.host}")
        assert "sha256:" + hashlib.sha256(two).hexdigest() in stage.cached()
        stage.hardtack("build", ".", "-o", "y", "--offline")


@case
def verify_takes_damaged_blobs_out_and_fetch_gets_them_again(stage):
    with fake.FakeRegistry() as registry:
        image = locked(stage, registry, layers=[100_000])
        stage.hardtack("fetch", "compose.yaml")
        for digest in (image.layers[ARM][0], image.configs[ARM], image.manifests[ARM]):
            path = os.path.join(stage.cache, "blobs", "sha256", digest[7:])
            with open(path, "r+b") as file:
                file.seek(50)
                file.write(b"damage")
            done = stage.hardtack("build", "compose.yaml", "-o", "x", expect=7)
            assert "hardtack cache verify" in done.err, done
            done = stage.hardtack("cache", "verify", expect=7)
            assert done.out == digest + "\n", done
            stage.hardtack("build", "compose.yaml", "-o", "x")
        stage.hardtack("cache", "verify")


@case
def the_record_of_a_proof_excuses_no_damage_and_a_wrong_one_counts_for_nothing(stage):
    with fake.FakeRegistry() as registry:
        image = locked(stage, registry, layers=[100_000])
        stage.hardtack("build", "compose.yaml", "-o", "first")
        digest = image.layers[ARM][0][7:]
        record, blob = os.path.join(stage.cache, "proofs", "sha256-" + digest), os.path.join(stage.cache, "blobs", "sha256", digest)
        with open(record, "rb") as file:
            right = file.read()
        size = int(right.split(b"unpacked ")[1].split()[0])
        body = right[:right.index(b"sum ")].replace(b"unpacked %d\n" % size, b"unpacked %d\n" % (size + 1))
        forged = body + b"sum " + hashlib.sha256(body).hexdigest().encode() + b"\n"
        for wrong in (b"", right[:-9], right.replace(b"unpacked ", b"unpacked 9"), right.replace(digest.encode(), b"0" * 64), None):
            if wrong is None:
                os.unlink(record)
            else:
                with open(record, "wb") as file:
                    file.write(wrong)
            stage.hardtack("build", "compose.yaml", "-o", "again", "--offline")
            assert stage.read("again.sha256").split()[0] == stage.read("first.sha256").split()[0]
            with open(record, "rb") as file:
                assert file.read() == right, wrong
        with open(record, "wb") as file:
            file.write(forged)
        stage.hardtack("build", "compose.yaml", "--verify-against", "first")
        with open(blob, "r+b") as file:
            file.seek(50)
            file.write(b"damage")
        for known in (True, False):
            if not known:
                os.unlink(record)
            done = stage.hardtack("build", "compose.yaml", "-o", "x", "--offline", expect=7)
            assert "hardtack cache verify" in done.err and digest in done.err, done
            assert not os.path.exists(os.path.join(stage.work, "x")), done
        assert not os.path.exists(record)


@case
def gc_keeps_what_a_lock_names_and_what_is_used(stage):
    with fake.FakeRegistry() as registry:
        image = locked(stage, registry, layers=[100_000])
        stage.hardtack("fetch", "compose.yaml")
        stray = os.path.join(stage.cache, "blobs", "sha256", hashlib.sha256(b"x").hexdigest())
        with open(stray, "wb") as file:
            file.write(b"x")
        done = stage.hardtack("cache", "gc", "--keep", "hardtack.lock", "--dry-run")
        assert os.path.exists(stray) and done.out.count("\n") == 1, done
        registry.fault("blobs/", "slow", rate=100_000 // PATIENCE)
        layer = os.path.join(stage.cache, "blobs", "sha256", image.layers[ARM][0][7:])
        os.unlink(layer)
        user = stage.start("fetch", "compose.yaml")
        wait_until(lambda: partial_bytes(stage) > 0, "a byte of it")
        done = stage.hardtack("cache", "gc", "--keep", "hardtack.lock", expect=11)
        assert "another hardtack" in done.err and os.path.exists(stray), done
        assert user.wait(30 * PATIENCE) == 0, user.communicate()
        user.communicate()
        stage.hardtack("cache", "gc", "--keep", "hardtack.lock")
        assert not os.path.exists(stray)
        check_blobs(stage, wanted(image))
        os.utime(layer, (0, 0))
        stage.hardtack("cache", "gc", "--older-than", "5")
        assert not os.path.exists(layer) and image.manifests[ARM] in stage.cached()
        stage.hardtack("cache", "gc", "--max-size", "1")
        assert not stage.cached()


@case
def an_interrupt_ends_a_fetch_at_once_and_keeps_what_came(stage):
    with fake.FakeRegistry() as registry:
        image = locked(stage, registry, layers=[1_000_000])
        registry.fault(image.layers[ARM][0][7:], "slow", rate=300_000 // PATIENCE)  # else a starved machine gets all of it first
        process = stage.start("fetch", "compose.yaml")
        wait_until(lambda: partial_bytes(stage) > 0, "a byte of it")
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20 * PATIENCE)
        assert process.returncode == 130 and time.monotonic() - started < 3 * PATIENCE, f"{process.returncode}\n{err}"
        assert partial_bytes(stage) > 0


@case
def a_limited_rate_is_held_over_all_transfers(stage):
    with fake.FakeRegistry() as registry:
        image = locked(stage, registry, layers=[300_000] * 3)
        started = time.monotonic()
        stage.hardtack("fetch", "compose.yaml", "--limit-rate", "400K")
        took = time.monotonic() - started
        check_blobs(stage, wanted(image))
        assert took > 1.5, f"900 KB at 400 KB/s took {took:.1f} s"


@case
def a_terminal_shows_the_rate_and_the_time_left(stage):
    with fake.FakeRegistry() as registry:
        image = locked(stage, registry, layers=[1_500_000, 200_000])
        registry.fault(image.layers[ARM][0][7:], "slow", rate=600_000)
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(stage.work)
            os.execve(HARDTACK, [HARDTACK, "fetch", "compose.yaml"], {**stage.env, "TERM": "xterm", "COLUMNS": "120"})
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 140, 0, 0))
        shown = b""
        while True:
            try:
                part = os.read(terminal, 65536)
            except OSError:
                break
            if not part:
                break
            shown += part
        os.close(terminal)
        screen = shown.decode("utf-8", "replace")
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, screen
        assert "KiB/s" in screen and " s left" in screen and "layer 1/2" in screen and "█" in screen, screen
        assert "Fetched 1.6 MiB" in screen, screen
        check_blobs(stage, wanted(image))
