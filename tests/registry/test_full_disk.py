"""The disk is full from each kind of writing step on, for every verb of the builder that writes (fakes/full_disk.py)."""
import os
import shutil

import full_disk
import registry as fake
import stage as stages
from stage import Done, case


def full_at_each_step(stage, *words, whole):
    """Each time: 9 and what to do, nothing half, and with room again 0. whole(path): a file that is only there whole, is it?"""
    kept = os.path.join(stage.folder, "kept")
    for folder in (stage.home, stage.work, stage.cache):
        if os.path.isdir(folder):
            shutil.copytree(folder, os.path.join(kept, os.path.basename(folder)))
    disk = full_disk.FullDisk([stage.home, stage.work, stage.cache])

    def run(full_at=None):
        for folder in (stage.home, stage.work, stage.cache):
            shutil.rmtree(folder, ignore_errors=True)
            if os.path.isdir(os.path.join(kept, os.path.basename(folder))):
                shutil.copytree(os.path.join(kept, os.path.basename(folder)), folder)
        done = disk.run([stages.HARDTACK, *words], full_at=full_at, cwd=stage.work, env=stage.env, stdin=-3, capture_output=True, timeout=60)
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    done = run()
    assert done.code == 0, done
    steps = list(disk.steps)
    assert steps, f"{words[0]} writes nothing"
    for step in full_disk.kinds(steps):
        done = run(step)
        what = f"{words[0]}, full at {step}"
        assert disk.full, f"{what}: never met in {disk.steps}"
        assert done.code == 9 and "No space left" in done.err and "→" in done.err, f"{what}: {done!r}"
        files = [os.path.join(path, name) for top in (stage.home, stage.work, stage.cache) for path, _, names in os.walk(top) for name in names]
        assert not [path for path in files if path.endswith(".tmp")], f"{what}: {files}"
        assert not [path for path in files if "/partial/" in path and os.path.getsize(path) == 0], f"{what}: an empty partial file: {files}"
        for path in files:
            assert whole(path), f"{what}: {path} is half\n{done!r}"
        stage.hardtack(*words)
    shutil.rmtree(kept)
    print(f"     {words[0]}: {len(full_disk.kinds(steps))} kinds of {len(steps)} writing steps")


def is_whole(stage):
    def whole(path):
        if path.startswith(os.path.join(stage.cache, "blobs")):
            return stage.hardtack("cache", "verify", expect=None).code == 0
        if path.endswith(("hardtack.lock", ".pem")):
            with open(path, "rb") as file:
                return file.read().endswith(b"\n")
        if "linux-" in os.path.basename(path) and not path.endswith((".sha256", ".sig", ".txt")):
            return stage.hardtack("verify", path, expect=None).code == 0
        return os.path.getsize(path) > 0 or path.endswith("/in-use") or "/proofs/" in path
    return whole


@case
def a_disk_that_is_full_at_any_step_of_lock_fetch_and_build(stage):
    with fake.FakeRegistry() as origin:
        origin.add_image("a/b", "1", layers=[30_000, 40_000])
        stage.compose(f"{origin.host}/a/b:1")
        full_at_each_step(stage, "lock", "compose.yaml", whole=is_whole(stage))
        full_at_each_step(stage, "fetch", "compose.yaml", whole=is_whole(stage))
        full_at_each_step(stage, "build", "compose.yaml", "--target", "linux-amd64", "-o", "out/", whole=is_whole(stage))
        full_at_each_step(stage, "build", "compose.yaml", "--target", "linux-amd64", "-o", "linux-one", whole=is_whole(stage))


@case
def a_disk_that_is_full_at_any_step_of_keygen_sign_extract_and_init(stage):
    with fake.FakeRegistry() as origin:
        origin.add_image("a/b", "1", layers=[30_000])
        stage.compose(f"{origin.host}/a/b:1")
        stage.hardtack("build", "compose.yaml", "--target", "linux-amd64", "-o", "linux-one")
        full_at_each_step(stage, "keygen", "key.pem", whole=is_whole(stage))
        full_at_each_step(stage, "sign", "linux-one", "--key", "key.pem", whole=is_whole(stage))
        full_at_each_step(stage, "extract", "linux-one", "unpacked", whole=lambda path: True)
        full_at_each_step(stage, "init", "made", "--from", "compose.yaml", whole=is_whole(stage))
