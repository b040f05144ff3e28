"""hardtack lock: tags to digests, over mirrors and the origin; whom it believes, what it refuses."""
import base64
import json
import os
import re
import signal
import socket
import time

import registry as fake
from registries import DockerRegistry, free_port
from stage import NO_WAY_OUT, PATIENCE, case


def pins(stage, name="hardtack.lock"):
    """(reference, platform) -> manifest digest, by a reader of our own."""
    found, text = {}, stage.read(name)
    for entry in re.split(r"(?m)^  - reference: ", text)[1:]:
        reference = entry.split("\n", 1)[0]
        platform = re.search(r"(?m)^    platform: (.+)$", entry)[1]
        found[reference, platform] = re.search(r"(?m)^    manifest:\n      digest: (.+)$", entry)[1]
    return found




@case
def lock_pins_the_platform_that_skopeo_pushed(stage):
    with fake.FakeRegistry() as source, DockerRegistry(os.path.join(stage.folder, "registry")) as real:
        image = source.add_image("library/postgres", "17", platforms=("linux/amd64", "linux/arm64/v8"), layers=[30_000, 20_000])
        listed = source.add_image("acme/web", "1", flavour="docker", seed=5)
        single = source.add_image("acme/one", "2", platforms="linux/arm64", seed=9)
        for name in ("library/postgres:17", "acme/web:1", "acme/one:2"):
            real.push(f"docker://{source.host}/{name}", name)
        stage.compose(*(f"{real.host}/{name}" for name in ("library/postgres:17", "acme/web:1", "acme/one:2")))
        done = stage.hardtack("lock", "compose.yaml")
        assert pins(stage) == {
            (f"{real.host}/library/postgres:17", "linux/arm64"): image.manifests["linux/arm64/v8"],
            (f"{real.host}/acme/web:1", "linux/arm64"): listed.manifests["linux/arm64"],
            (f"{real.host}/acme/one:2", "linux/arm64"): single.manifests["linux/arm64"]}, stage.read("hardtack.lock")
        assert done.out.count("\n") == 3 and image.manifests["linux/arm64/v8"] in done.out, done
        text = stage.read("hardtack.lock")
        assert f"digest: {image.index}" in text and "manifest.list.v2+json" in text and "seen_at" not in text, text
        for digest in image.layers["linux/arm64/v8"]:
            assert f"      - digest: {digest}\n        diff_id: sha256:" in text, text
        # The documents are in the cache, the layers are not yet.
        assert {image.index, image.manifests["linux/arm64/v8"], image.configs["linux/arm64/v8"]} <= stage.cached()
        assert not set(image.layers["linux/arm64/v8"]) & stage.cached()


@case
def lock_tells_every_image_that_nobody_has(stage):
    with fake.FakeRegistry() as registry:
        registry.add_image("a/b", "1")
        here = f"{registry.host}/a"
        stage.compose(f"{here}/missing:1", f"{here}/b:1", f"{here}/gone:2", f"{here}/away:3")
        done = stage.hardtack("lock", "compose.yaml", expect=6)
        for name in ("missing:1", "gone:2", "away:3"):
            assert done.err.count(f"a/{name}") == 2, f"{name}: why, and in the list: {done!r}"
        assert "(3)" in done.err and not os.path.exists(os.path.join(stage.work, "hardtack.lock")), done
        assert [request for request in registry.requests if "/a/b/" in request.path], "the one that is there was asked for too"
        stage.compose(f"{here}/missing:1", f"{here}/b:1")
        done = stage.hardtack("lock", "compose.yaml", expect=6)
        assert "(1)" not in done.err and done.err.count("Error: ") == 1, done


@case
def lock_moves_no_pin_without_update_and_says_which_it_moved(stage):
    with fake.FakeRegistry() as registry:
        old = registry.add_image("a/b", "1")
        other = registry.add_image("a/c", "1", seed=3)
        stage.compose(f"{registry.host}/a/b:1", f"{registry.host}/a/c:1")
        stage.hardtack("lock", "compose.yaml")
        before = stage.read("hardtack.lock")
        new = registry.add_image("a/b", "1", seed=7)
        moved_too = registry.add_image("a/c", "1", seed=8)
        registry.requests.clear()
        done = stage.hardtack("lock", "compose.yaml")
        assert stage.read("hardtack.lock") == before and done.out == "" and not registry.requests, done
        stage.hardtack("lock", "compose.yaml", "--offline")
        # One image, then all.
        done = stage.hardtack("lock", "--update", f"{registry.host}/a/b")
        line = f"{registry.host}/a/b:1 (linux/arm64): {old.manifests['linux/arm64']} -> {new.manifests['linux/arm64']}\n"
        assert done.out == line, done
        assert other.manifests["linux/arm64"] in stage.read("hardtack.lock")
        done = stage.hardtack("lock", "compose.yaml", "--update", "--json")
        events = [json.loads(text) for text in done.out.splitlines()]
        moved = [event for event in events if event["event"] == "pin"]
        assert [(e["state"], e["old"], e["new"]) for e in moved] == [
            ("moved", other.manifests["linux/arm64"], moved_too.manifests["linux/arm64"])], events
        assert stage.hardtack("lock", "compose.yaml", "--update", f"{registry.host}/a/b:2", expect=2)
        assert stage.hardtack("lock", "compose.yaml", "--update", "postgres", expect=2)


@case
def lock_drops_what_no_service_uses_and_keeps_other_platforms(stage):
    with fake.FakeRegistry() as registry:
        registry.add_image("a/b", "1")
        registry.add_image("a/c", "1", seed=3)
        stage.compose(f"{registry.host}/a/b:1", f"{registry.host}/a/c:1")
        stage.hardtack("lock", "--target", "linux-amd64")
        stage.hardtack("lock", "--target", "darwin-arm64", "--target", "linux-arm64")
        assert len(pins(stage)) == 4
        stage.compose(f"{registry.host}/a/b:1")
        done = stage.hardtack("lock")
        assert done.out.count("removed") == 2, done
        assert sorted(pins(stage)) == [(f"{registry.host}/a/b:1", "linux/amd64"), (f"{registry.host}/a/b:1", "linux/arm64")]


@case
def lock_does_not_depend_on_the_order_of_services_or_the_state_of_the_cache(stage):
    with fake.FakeRegistry() as registry:
        for number, name in enumerate("cab"):
            registry.add_image(f"x/{name}", "1", seed=number)
        texts = set()
        for order in ("abc", "cba", "abc"):
            stage.compose(*(f"{registry.host}/x/{name}:1" for name in order))
            stage.hardtack("lock", env={"LC_ALL": "C.UTF-8"})
            texts.add(stage.read("hardtack.lock"))
            os.remove(os.path.join(stage.work, "hardtack.lock"))
        assert len(texts) == 1


@case
def lock_believes_the_origin_and_not_a_mirror_with_a_stale_tag(stage):
    with fake.FakeRegistry() as origin, fake.FakeRegistry() as mirror:
        fresh = origin.add_image("a/b", "1", seed=1)
        mirror.add_image("a/b", "1", seed=2)
        stage.compose(f"{origin.host}/a/b:1")
        done = stage.hardtack("lock", "--mirror", f"{origin.host}={mirror.host}")
        assert list(pins(stage).values()) == [fresh.manifests["linux/arm64"]]
        assert "seen_at" not in stage.read("hardtack.lock") and "warning" not in done.err.lower(), done


@case
def lock_says_when_the_origin_was_not_seen(stage):
    with fake.FakeRegistry() as mirror, fake.FakeRegistry() as second:
        mirror.add_image("library/postgres", "17")
        mirror.add_image("library/redis", "7", seed=4)
        mirror.fault("manifests/17", "status", status=403, times=1)
        second.add_image("library/postgres", "17", seed=6)
        stage.compose("postgres:17", "redis:7")
        rules = ["--mirror", f"docker.io={mirror.host}", "--mirror", f"docker.io={second.host}"]
        done = stage.hardtack("lock", *rules, env=NO_WAY_OUT)
        text = stage.read("hardtack.lock")
        # The first mirror refused postgres: the second is believed about it, the first about redis.
        assert f'seen_at: "{second.host}"' in text and f'seen_at: "{mirror.host}"' in text, text
        assert done.err.count("itself could not be asked") == 2 and "403" in done.err, done
        assert "only a mirror vouches for: 2" in done.err, done


@case
def lock_falls_back_to_the_next_source_whatever_the_mirror_does(stage):
    faults = [("status", {"status": 500}), ("html", {}), ("empty", {}), ("flip", {}), ("endless", {}), ("cut", {"after": 30}),
              ("status", {"status": 404}), ("status", {"status": 429}), ("lie", {"length": 10})]
    for kind, settings in faults:
        with fake.FakeRegistry() as bad, fake.FakeRegistry() as good:
            bad.add_image("library/postgres", "17")
            image = good.add_image("library/postgres", "17")
            bad.fault("/manifests/", kind, **settings)
            stage.compose("postgres:17")
            done = stage.hardtack("lock", "--mirror", f"docker.io={bad.host}", "--mirror", f"docker.io={good.host}",
                                  env=NO_WAY_OUT)
            assert list(pins(stage).values()) == [image.manifests["linux/arm64"]], (kind, settings, done)
            assert f"the mirror {bad.host} is of no use" in done.err, (kind, settings, done)
            os.remove(os.path.join(stage.work, "hardtack.lock"))


@case
def lock_takes_the_config_from_another_source_when_the_first_lost_it(stage):
    with fake.FakeRegistry() as origin, fake.FakeRegistry() as mirror:
        image = origin.add_image("a/b", "1")
        mirror.add_image("a/b", "1")
        origin.fault("/blobs/", "status", status=404)
        stage.compose(f"{origin.host}/a/b:1")
        stage.hardtack("lock", "--mirror", f"{origin.host}={mirror.host}")
        assert image.configs["linux/arm64"] in stage.read("hardtack.lock")


@case
def lock_reads_templates_with_the_platform_in_the_tag(stage):
    with fake.FakeRegistry() as mirror:
        image = mirror.add_image("ddn-k8s/docker.io/library/postgres", "17-linuxarm64", platforms="linux/arm64")
        stage.compose("postgres:17")
        rule = f"docker.io={mirror.host}/ddn-k8s/{{registry}}/{{repo}}:{{tag}}-{{os}}{{arch}}"
        stage.hardtack("lock", env={**NO_WAY_OUT, "HARDTACK_MIRRORS": rule})
        assert list(pins(stage).values()) == [image.manifests["linux/arm64"]]
        assert "seen_at: " in stage.read("hardtack.lock")


@case
def lock_honours_a_digest_in_the_reference(stage):
    with fake.FakeRegistry() as origin, fake.FakeRegistry() as mirror:
        image = origin.add_image("a/b", "1")
        mirror.add_image("a/b", "1")
        origin.fault("", "status", status=503)
        index, manifest = f"{origin.host}/a/b@{image.index}", f"{origin.host}/a/b:1@{image.manifests['linux/arm64']}"
        stage.compose(index, manifest)
        stage.hardtack("lock", "--mirror", f"{origin.host}={mirror.host}")
        assert set(pins(stage).values()) == {image.manifests["linux/arm64"]}
        text = stage.read("hardtack.lock")
        assert f"reference: {index}\n" in text and f"reference: {manifest}\n" in text and "seen_at" not in text, text


@case
def lock_lists_the_platforms_that_exist(stage):
    with fake.FakeRegistry() as registry:
        registry.add_image("a/b", "1", platforms=("linux/amd64", "linux/arm/v7"))
        registry.add_image("a/one", "1", platforms="linux/amd64")
        stage.compose(f"{registry.host}/a/b:1")
        done = stage.hardtack("lock", expect=6)
        assert "not for linux/arm64" in done.err and "linux/amd64, linux/arm/v7." in done.err, done
        assert "compose.yaml:3: service s0" in done.err, done
        stage.hardtack("lock", "--platform", "linux/arm/v7")
        stage.hardtack("lock", "--platform", "s0=linux/amd64")
        assert {platform for _, platform in pins(stage)} == {"linux/arm", "linux/amd64"}
        stage.compose(f"{registry.host}/a/one:1")
        done = stage.hardtack("lock", expect=6)
        assert "There is: linux/amd64." in done.err, done
        stage.hardtack("lock", "--platform", "s9=linux/amd64", expect=2)


@case
def lock_trusts_the_config_and_not_the_label(stage):
    with fake.FakeRegistry() as registry:
        image = registry.add_image("a/b", "1", attest=False)
        index = json.loads(registry.manifests["a/b", image.index][1])
        for entry in index["manifests"]:
            entry["platform"]["architecture"] = "arm64"
        index["manifests"] = index["manifests"][:1]
        registry.manifest("a/b", index, fake.OCI + "index.v1+json", "1")
        stage.compose(f"{registry.host}/a/b:1")
        done = stage.hardtack("lock", expect=7)
        assert "is labelled linux/arm64, but its config says linux/amd64" in done.err, done
        assert not os.path.exists(os.path.join(stage.work, "hardtack.lock"))


@case
def lock_refuses_what_cannot_be_packed(stage):
    with fake.FakeRegistry() as registry:
        image = registry.add_image("a/b", "1", platforms="linux/arm64")
        manifest = json.loads(registry.manifests["a/b", image.manifests["linux/arm64"]][1])
        cases = []

        def change(tag, why, **changes):
            registry.manifest("a/b", {**manifest, **changes}, fake.OCI + "manifest.v1+json", tag)
            cases.append((tag, why))
        layer = manifest["layers"][0]
        change("zstd", "compressed with zstd", layers=[{**layer, "mediaType": fake.OCI + "layer.v1.tar+zstd"}])
        change("foreign", "foreign layer",
               layers=[{**layer, "mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"}])
        change("unknown", "unknown media type", layers=[{**layer, "mediaType": "application/x"}])
        change("chart", "artifact", artifactType="application/vnd.cncf.helm.config.v1+json")
        change("layers", "names 1 layers", layers=[layer, layer])
        change("both", "at once", manifests=[])
        change("one", "schema 1", schemaVersion=1, fsLayers=[])
        for tag, why in cases:
            stage.compose(f"{registry.host}/a/b:{tag}")
            done = stage.hardtack("lock", expect=3)
            assert why in done.err, (tag, done)


@case
def lock_tells_a_missing_tag_from_a_dead_registry_and_a_login(stage):
    with fake.FakeRegistry() as registry, fake.FakeRegistry(auth=("basic", "me", "secret")) as closed:
        registry.add_image("a/b", "1")
        stage.compose(f"{registry.host}/a/b:2")
        done = stage.hardtack("lock", expect=6)
        assert f"{registry.host} has no a/b:2" in done.err, done
        stage.compose(f"{closed.host}/a/b:1")
        stage.hardtack("lock", expect=5)
        stage.compose(f"127.0.0.1:{free_port()}/a/b:1")
        stage.hardtack("lock", expect=4)
        # Of several sources each has its reason; the code is the origin's.
        stage.compose("postgres:17")
        done = stage.hardtack("lock", "--mirror", f"docker.io={registry.host}", env=NO_WAY_OUT, expect=4)
        assert f"{registry.host} has no library/postgres:17" in done.err and "no source serves postgres:17" in done.err, done


@case
def lock_says_the_remedy_for_the_mirror_when_the_origin_is_out_of_reach(stage):
    with fake.FakeRegistry(auth=("basic", "me", "secret")) as closed, fake.FakeRegistry() as empty, \
            DockerRegistry(os.path.join(stage.folder, "tls"), tls=True) as private:
        stage.compose("postgres:17")
        for hosts, code, words in (((closed.host,), 5, f"docker login {closed.host}"),
                                   ((empty.host, closed.host), 5, f"docker login {closed.host}"),
                                   ((private.host,), 4, "--ca FILE")):
            rules = [word for host in hosts for word in ("--mirror", f"docker.io={host}")]
            done = stage.hardtack("lock", *rules, env=NO_WAY_OUT, expect=code)
            assert words in done.err.splitlines()[-1], done
        # The server said nothing more: no colon with nothing behind it.
        empty.fault("manifests/", "status", status=403)
        done = stage.hardtack("lock", "--mirror", f"docker.io={empty.host}", env=NO_WAY_OUT, expect=5)
        assert "(403): it gives no reason" in done.err, done


@case
def lock_never_shows_a_login_that_was_put_into_an_address(stage):
    stage.compose("postgres:17")
    for arguments, env in ((["--mirror", "docker.io=http://me:hunter2@mirror.example"], {}),
                           ([], {"HARDTACK_MIRRORS": "docker.io=me:hunter2@mirror.example"})):
        done = stage.hardtack("lock", *arguments, env=env, expect=2)
        assert "docker login" in done.err and "hunter2" not in done.err, done
    for proxy in ("gopher://me:hunter2@127.0.0.1:1", "http://me:hunter2@127.0.0.1:port"):
        done = stage.hardtack("lock", env={"HTTPS_PROXY": proxy}, expect=4)
        assert "the proxy's address is malformed" in done.err and "hunter2" not in done.err, done


@case
def lock_gives_a_silent_origin_a_few_seconds_once(stage):
    with socket.socket() as silent, fake.FakeRegistry() as mirror:
        silent.bind(("127.0.0.1", 0))
        silent.listen(16)
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        images = [f"{host}/a/{name}:1" for name in "bcd"]
        for number, name in enumerate("bcd"):
            mirror.add_image(f"a/{name}", "1", seed=number)
        stage.compose(*images)
        done = stage.hardtack("lock", "--mirror", f"{host}={mirror.host}", "--plain-http", host, timeout_s=14)
        assert len(pins(stage)) == 3 and done.err.count("itself could not be asked") == 3, done


@case
def lock_offline_wants_everything_locked(stage):
    stage.compose("postgres:17")
    done = stage.hardtack("lock", "--offline", expect=4)
    assert "not locked yet: postgres:17 (linux/arm64)" in done.err, done


@case
def lock_records_downloads_and_learns_the_hash_that_nobody_wrote(stage):
    with fake.FakeRegistry() as registry:
        registry.add_image("a/b", "1")
        registry.files["/x.whl"] = b"wheel" * 1000
        known = fake.digest_of(b"other")[7:]
        stage.compose(f"{registry.host}/a/b:1")
        stage.write("hardtack.yaml", "hardtack: 1\nname: stage\ndownloads:\n"
                    f"  - {{url: '{registry.url}/x.whl', to: wheels/}}\n"
                    f"  - {{url: 'https://files.example/y.whl', to: wheels/, sha256: {known}}}\n")
        stage.hardtack("lock")
        text = stage.read("hardtack.lock")
        digest = fake.digest_of(registry.files["/x.whl"])
        assert f'url: "{registry.url}/x.whl"\n    sha256: {digest[7:]}\n    size: 5000\n' in text, text
        assert f'url: "https://files.example/y.whl"\n    sha256: {known}\n' in text, text
        assert digest in stage.cached()
        registry.files["/x.whl"] = b"moved"
        assert stage.hardtack("lock").out == ""
        assert "-> " + fake.digest_of(b"moved")[7:] in stage.hardtack("lock", "--update").out


@case
def lock_ends_at_once_on_an_interrupt_and_writes_nothing(stage):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(16)
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        stage.compose(f"{host}/a/b:1")
        process = stage.start("lock", "--plain-http", host)
        silent.settimeout(20 * PATIENCE)
        asked = silent.accept()[0]  # it waits for an answer now
        process.send_signal(signal.SIGINT)
        start = time.monotonic()
        out, err = process.communicate(timeout=20 * PATIENCE)
        asked.close()
        assert process.returncode == 130 and time.monotonic() - start < 3 * PATIENCE, (process.returncode, out, err)
        assert not os.path.exists(os.path.join(stage.work, "hardtack.lock"))


@case
def lock_speaks_chinese_about_mirrors(stage):
    with fake.FakeRegistry() as empty, fake.FakeRegistry() as mirror:
        mirror.add_image("library/postgres", "17")
        stage.compose("postgres:17")
        rules = ["--mirror", f"docker.io={empty.host}", "--mirror", f"docker.io={mirror.host}"]
        done = stage.hardtack("lock", "--lang", "zh", *rules, env=NO_WAY_OUT)
        assert f"镜像源 {empty.host} 不可用" in done.err and "无法访问仓库 docker.io 本身" in done.err, done


@case
def lock_works_with_a_private_ca_and_a_login(stage):
    with fake.FakeRegistry() as source, \
            DockerRegistry(os.path.join(stage.folder, "registry"), tls=True, users={"me": "secret"}) as real:
        image = source.add_image("acme/web", "1")
        real.push(f"docker://{source.host}/acme/web:1", "acme/web:1")
        stage.compose(f"{real.host}/acme/web:1")
        stage.hardtack("lock", expect=4)
        stage.hardtack("lock", "--ca", real.ca, expect=5)
        docker, config = os.path.join(stage.home, ".docker"), os.path.join(stage.home, ".config", "hardtack")
        os.makedirs(docker)
        os.makedirs(config)
        with open(os.path.join(docker, "config.json"), "w", encoding="ascii") as file:
            json.dump({"auths": {real.host: {"auth": base64.b64encode(b"me:secret").decode()}}}, file)
        with open(os.path.join(config, "config.yaml"), "w", encoding="ascii") as file:
            file.write(f"ca: {real.ca}\n")
        stage.hardtack("lock")
        assert list(pins(stage).values()) == [image.manifests["linux/arm64"]]
        assert "secret" not in stage.read("hardtack.lock")


@case
def lock_finds_the_platform_in_an_index_without_labels_and_refuses_an_index_in_an_index(stage):
    with fake.FakeRegistry() as registry:
        image = registry.add_image("a/b", "1", attest=False)
        index = json.loads(registry.manifests["a/b", image.index][1])
        bare = {**index, "manifests": [{k: v for k, v in e.items() if k != "platform"} for e in index["manifests"]]}
        registry.manifest("a/b", bare, fake.OCI + "index.v1+json", "bare")
        outer = {**index, "manifests": [{"mediaType": fake.OCI + "index.v1+json", "digest": image.index,
                                         "size": len(registry.manifests["a/b", image.index][1]),
                                         "platform": {"os": "linux", "architecture": "arm64"}}]}
        registry.manifest("a/b", outer, fake.OCI + "index.v1+json", "nested")
        stage.compose(f"{registry.host}/a/b:bare")
        stage.hardtack("lock")
        assert list(pins(stage).values()) == [image.manifests["linux/arm64"]]
        stage.compose(f"{registry.host}/a/b:nested")
        assert "index inside an index" in stage.hardtack("lock", expect=3).err


@case
def lock_survives_documents_that_lie_about_their_sizes(stage):
    with fake.FakeRegistry() as registry:
        image = registry.add_image("a/b", "1", attest=False)
        index = json.loads(registry.manifests["a/b", image.index][1])
        for size, code in ((1, 7), (10**15, 7)):
            for entry in index["manifests"]:
                entry["size"] = size
            registry.manifest("a/b", index, fake.OCI + "index.v1+json", "1")
            stage.compose(f"{registry.host}/a/b:1")
            stage.hardtack("lock", expect=code)
        manifest = json.loads(registry.manifests["a/b", image.manifests["linux/arm64"]][1])
        for size, code in ((1, 7), (10**15, 3), (0, 3)):
            manifest["config"]["size"] = size
            registry.manifest("a/b", manifest, fake.OCI + "manifest.v1+json", "1")
            stage.hardtack("lock", expect=code)
