"""Logins as the verbs show them."""
import os
import signal
import subprocess
import time

import registry as fake
from asking import auth, config
from registries import make_ca
from stage import BUILD, ROOT, case


@case
def lock_uses_the_login_and_says_which_one_was_refused(stage):
    with fake.FakeRegistry(auth=("bearer", "me", "secret", 60)) as registry:
        registry.add_image("a/b", "1")
        stage.compose(f"{registry.host}/a/b:1")
        path = config(stage, auths={registry.host: auth("me", "secret")})
        stage.hardtack("lock", "compose.yaml")
        os.remove(os.path.join(stage.work, "hardtack.lock"))
        config(stage, auths={registry.host: auth("me", "wrong")})
        done = stage.hardtack("lock", "compose.yaml", expect=5)
        assert f"with the login from {path}" in done.err and "wrong" not in done.err, done.err


@case
def lock_warns_about_a_missing_helper_and_goes_on(stage):
    with fake.FakeRegistry(auth=("bearer", None, None, 60)) as registry:
        registry.add_image("a/b", "1")
        stage.compose(f"{registry.host}/a/b:1")
        config(stage, credsStore="desktop")
        done = stage.hardtack("lock", "compose.yaml")
        assert done.err.count("docker-credential-desktop") == 1, done.err


@case
def interrupt_of_lock_leaves_nothing_and_ends_at_once(stage):
    with fake.FakeRegistry() as registry:
        registry.add_image("a/b", "1")
        registry.fault("/v2/a/b/manifests/", "stall", after=10)
        stage.compose(f"{registry.host}/a/b:1")
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            registry.requests.clear()
            process = stage.start("lock", "compose.yaml")
            while not any(r.sent for r in list(registry.requests)) and process.poll() is None:
                time.sleep(0.02)
            began = time.monotonic()
            process.send_signal(number)
            _, err = process.communicate(timeout=20)
            assert process.returncode == code and time.monotonic() - began < 1, (process.returncode, err)
            assert sorted(os.listdir(stage.work)) == ["compose.yaml"], os.listdir(stage.work)
            assert "interrupted" in err or "terminated" in err, err


@case
def fetch_warns_about_a_helper_once_and_says_which_login_was_refused(stage):
    with fake.FakeRegistry(auth=("bearer", "me", "secret", 1)) as registry:
        registry.add_image("a/b", "1", layers=[100_000, 100_000, 100_000])
        stage.compose(f"{registry.host}/a/b:1")
        config(stage, credsStore="desktop", auths={registry.host: auth("me", "secret")})
        registry.fault("blobs/", "slow", rate=60_000)  # longer than a token lives
        done = stage.hardtack("fetch", "-j", "1", "compose.yaml")
        assert done.err.count("docker-credential-desktop") == 1, done.err
        assert len(registry.paths("/token")) >= 3, registry.paths("/token")
        assert [r.status for r in registry.requests if "/v2/a/" in r.path].count(401) <= 2
        path = config(stage, auths={registry.host: auth("me", "no")})
        done = stage.hardtack("fetch", "compose.yaml", env={"HARDTACK_CACHE": stage.cache + "2"}, expect=5)
        assert f"with the login from {path}" in done.err, done.err


@case
def interrupt_of_build_while_it_fetches_leaves_no_installer(stage):
    with fake.FakeRegistry() as registry:
        registry.add_image("a/b", "1", layers=[100_000])
        registry.fault("blobs/", "stall", after=1000)
        stage.compose(f"{registry.host}/a/b:1")
        process = stage.start("build", "compose.yaml")
        while not any(r.sent >= 1000 for r in list(registry.requests) if "blobs" in r.path) and process.poll() is None:
            time.sleep(0.02)
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
        assert process.returncode == 130 and time.monotonic() - began < 2, (process.returncode, err)
        assert sorted(os.listdir(stage.work)) == ["compose.yaml", "hardtack.lock"], os.listdir(stage.work)


@case
def the_mach_o_locks_over_tls_with_a_login(stage):
    ca, certificate, key = make_ca(os.path.join(stage.folder, "tls"))
    with fake.FakeRegistry(auth=("bearer", "me", "secret", 60), certificate=(certificate, key)) as registry:
        image = registry.add_image("a/b", "1")
        stage.compose(f"{registry.host}/a/b:1")
        config(stage, auths={registry.host: auth("me", "secret")})
        program = [os.path.join(ROOT, "tests", "machorun", "run"), os.path.join(BUILD, "darwin-arm64", "hardtack")]
        done = subprocess.run([*program, "lock", "compose.yaml", "--ca", ca], cwd=stage.work, env={**stage.env, "BUILD": BUILD},
                              capture_output=True, timeout=120, check=False)
        assert done.returncode == 0, done
        assert image.manifests["linux/arm64"] in stage.read("hardtack.lock")
