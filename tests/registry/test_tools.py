"""The stage itself: that the real registry and the fake one serve what skopeo reads, and that faults happen."""
import http.client
import json
import os
import subprocess
import urllib.request

import registry as fake
from registries import DockerRegistry
from stage import case


def skopeo(*argv):
    done = subprocess.run(["skopeo", "--insecure-policy", *argv], capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, f"skopeo {' '.join(argv)}: {done.stderr.decode()}"
    return done.stdout


@case
def skopeo_copies_from_the_fake_registry_into_the_real_one(stage):
    with fake.FakeRegistry() as source, DockerRegistry(os.path.join(stage.folder, "registry")) as real:
        image = source.add_image("library/postgres", "17", layers=[30_000, 20_000])
        skopeo("copy", "-q", "--all", "--preserve-digests", "--src-tls-verify=false", "--dest-tls-verify=false",
               f"docker://{source.host}/library/postgres:17", f"docker://{real.host}/library/postgres:17")
        raw = json.loads(skopeo("inspect", "--raw", "--tls-verify=false", f"docker://{real.host}/library/postgres:17"))
        found = [entry["digest"] for entry in raw["manifests"]]
        assert image.manifests["linux/arm64"] in found and len(found) == 4, raw


@case
def real_registry_wants_the_login_and_the_token(stage):
    users = {"me": "secret"}
    for name, more in (("tls", {"tls": True}), ("token", {"token": True})):
        with fake.FakeRegistry() as source, DockerRegistry(os.path.join(stage.folder, name), users=users, **more) as real:
            source.add_image("a/b", "1")
            skopeo("copy", "-q", "--all", "--preserve-digests", "--src-tls-verify=false", "--dest-tls-verify=false",
                   "--dest-creds", "me:secret", f"docker://{source.host}/a/b:1", f"docker://{real.host}/a/b:1")
            argv = ["inspect", "--raw", "--tls-verify=false", f"docker://{real.host}/a/b:1"]
            assert b"manifests" in skopeo(*argv[:1], "--creds", "me:secret", *argv[1:])
            try:
                skopeo(*argv[:1], "--creds", "me:wrong", *argv[1:])
            except AssertionError as refusal:
                assert "unauthorized" in str(refusal).lower(), refusal
            else:
                raise AssertionError("a wrong password was accepted")


@case
def fake_registry_resumes_and_cuts(stage):
    with fake.FakeRegistry() as registry:
        image = registry.add_image("a/b", "1", layers=[40_000])
        layer = image.layers["linux/amd64"][0]
        url = f"{registry.url}/v2/a/b/blobs/{layer}"
        whole = urllib.request.urlopen(url, timeout=10).read()
        rest = urllib.request.urlopen(urllib.request.Request(url, headers={"Range": "bytes=1000-"}), timeout=10)
        assert rest.status == 206 and rest.read() == whole[1000:]
        registry.fault(layer, "cut", times=1, after=500)
        try:
            assert len(urllib.request.urlopen(url, timeout=10).read()) < len(whole)
        except (OSError, http.client.IncompleteRead):
            pass
        assert registry.sent(layer) == len(whole) * 2 - 1000 + 500, registry.sent(layer)
