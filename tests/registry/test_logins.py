"""Logins: anonymous tokens, basic, bearer with refresh, config.json, credential helpers; and where no login may go."""
import contextlib
import os
import socket
import subprocess
import time

import registry as fake
from asking import ask, auth, config, helper, start, statuses
from registries import DockerRegistry, make_ca, run
from stage import case

@contextlib.contextmanager
def weak_server(certificate, key):
    """A TLS server that uses keys and hashes which today's defaults refuse; it only shakes hands."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    server = subprocess.Popen(["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", certificate, "-key", key, "-www",
                               "-cipher", "DEFAULT:@SECLEVEL=0", "-quiet"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.02)
        yield f"127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait(10)


SECRET = "s3cret:with@signs"


@case
def anonymous_token_is_asked_for_once_by_eight_threads(stage):
    with fake.FakeRegistry(auth=("bearer", None, None, 60)) as registry:
        image = registry.add_image("library/a", "1", layers=[20_000])
        layer = image.layers["linux/amd64"][0]
        size = len(registry.blobs[layer])
        ask(stage, "--threads", 8, "--times", 3, "--size", size, "blob", registry.host, "library/a", layer)
        assert registry.sent(layer) == 24 * size
        assert len(registry.paths("/token")) == 1, registry.paths("/token")
        assert "scope=repository%3Alibrary%2Fa%3Apull" in registry.paths("/token")[0]


@case
def token_is_renewed_before_it_ends(stage):
    with fake.FakeRegistry(auth=("bearer", None, None, 2)) as registry:
        registry.add_image("a/b", "1")
        ask(stage, "--times", 7, "--pause", 500, "manifest", registry.host, "a/b", "1")
        assert len(registry.paths("/token")) >= 3
        assert statuses(registry, "/manifests/").count(401) == 1, statuses(registry, "/manifests/")


@case
def token_that_ended_early_is_renewed_after_a_401(stage):
    with fake.FakeRegistry(auth=("bearer", None, None, 60)) as registry:
        registry.add_image("a/b", "1")
        process = start(stage, "--times", 2, "--pause", 1000, "manifest", registry.host, "a/b", "1")
        while 200 not in statuses(registry, "/manifests/") and process.poll() is None:
            time.sleep(0.02)
        registry.tokens.clear()  # as after a restart of the server
        out, err = process.communicate(timeout=20)
        assert process.returncode == 0, err
        assert statuses(registry, "/manifests/") == [401, 200, 401, 200] and len(registry.paths("/token")) == 2


@case
def login_of_config_json_is_sent_and_never_shown(stage):
    for kind in (("basic", "me", SECRET), ("bearer", "me", SECRET, 60)):
        with fake.FakeRegistry(auth=kind) as registry:
            registry.add_image("a/b", "1")
            path = config(stage, auths={registry.host: auth("me", SECRET)})
            ask(stage, "manifest", registry.host, "a/b", "1")

            config(stage, auths={registry.host: auth("me", "wrong-" + SECRET)})
            done = ask(stage, "manifest", registry.host, "a/b", "1", expect=5)
            assert "failure unauthorized" in done.err and f"with the login from {path}" in done.err, done.err
            assert f"docker login {registry.host}" in done.err and SECRET not in done.err
            assert auth("me", "wrong-" + SECRET)["auth"] not in done.err

            config(stage, auths={})
            done = ask(stage, "manifest", registry.host, "a/b", "1", expect=5)
            assert f"without a login (none for {registry.host} in {path})" in done.err, done.err

            config(stage, auths={f"https://{registry.host}/v1/": {"username": "me", "password": SECRET}})
            ask(stage, "manifest", registry.host, "a/b", "1")


@case
def wrong_password_is_not_tried_by_every_thread(stage):
    with fake.FakeRegistry(auth=("bearer", "me", SECRET, 60)) as registry:
        registry.add_image("a/b", "1")
        config(stage, auths={registry.host: auth("me", "wrong")})
        ask(stage, "--threads", 8, "manifest", registry.host, "a/b", "1", expect=5)
        assert len(registry.paths("/token")) == 1, registry.paths("/token")


@case
def identity_token_is_exchanged_by_post(stage):
    with fake.FakeRegistry(auth=("bearer", "me", SECRET, 60)) as registry:
        registry.add_image("a/b", "1")
        registry.identity_token = "refresh+me/="
        config(stage, auths={registry.host: {"auth": "", "identitytoken": "refresh+me/="}})
        ask(stage, "manifest", registry.host, "a/b", "1")
        assert [r.method for r in registry.requests if r.path == "/token"] == ["POST"]
        config(stage, auths={registry.host: {"identitytoken": "other"}})
        done = ask(stage, "manifest", registry.host, "a/b", "1", expect=5)
        assert "other" not in done.err.replace("another", ""), done.err


@case
def credential_helper_gets_the_host_on_stdin(stage):
    with fake.FakeRegistry(auth=("basic", "me", SECRET)) as registry:
        registry.add_image("a/b", "1")
        log = os.path.join(stage.folder, "log")
        env = helper(stage, "test", f'echo "$# $1 $(cat) $EXTRA ${{HARDTACK_KEY_PASSPHRASE-none}}" >>{log}\n'
                     f'echo \'{{"ServerURL":"x","Username":"me","Secret":"{SECRET}"}}\'\n')
        config(stage, credHelpers={registry.host: "test"}, auths={registry.host: {}})
        ask(stage, "--times", 3, "--threads", 4, "manifest", registry.host, "a/b", "1",
            env={**env, "EXTRA": "kept", "HARDTACK_KEY_PASSPHRASE": "nothing for a helper"})
        with open(log, encoding="utf-8") as file:
            assert file.read() == f"1 get {registry.host} kept none\n"

        config(stage, credsStore="test")
        ask(stage, "manifest", registry.host, "a/b", "1", env=env)


@case
def credential_helper_hands_over_an_identity_token(stage):
    with fake.FakeRegistry(auth=("bearer", "me", SECRET, 60)) as registry:
        registry.add_image("a/b", "1")
        registry.identity_token = "refresh-me"
        env = helper(stage, "test", 'cat >/dev/null; echo \'{"Username":"<token>","Secret":"refresh-me"}\'\n')
        config(stage, credsStore="test")
        ask(stage, "manifest", registry.host, "a/b", "1", env=env)


@case
def helper_that_is_missing_or_fails_is_named_and_public_images_come_all_the_same(stage):
    with fake.FakeRegistry(auth=("bearer", None, None, 60)) as registry:
        registry.add_image("a/b", "1")
        config(stage, credsStore="desktop")
        done = ask(stage, "manifest", registry.host, "a/b", "1")
        assert "notice: config.json names docker-credential-desktop for logins" in done.err, done.err

        env = helper(stage, "desktop", 'echo "keychain is locked" >&2; echo secret-on-stdout; exit 3\n')
        done = ask(stage, "manifest", registry.host, "a/b", "1", env=env)
        assert "docker-credential-desktop fails with exit code 3: keychain is locked" in done.err
        assert "secret-on-stdout" not in done.err

        env = helper(stage, "desktop", 'echo "credentials not found in native keychain"; exit 1\n')
        assert "notice" not in ask(stage, "manifest", registry.host, "a/b", "1", env=env).err

        env = helper(stage, "desktop", 'echo "no JSON, but a secret"\n')
        done = ask(stage, "manifest", registry.host, "a/b", "1", env=env)
        assert "its answer is not a login" in done.err and "a secret" not in done.err


@case
def helper_without_the_login_leaves_it_to_auths(stage):
    with fake.FakeRegistry(auth=("basic", "me", SECRET)) as registry:
        registry.add_image("a/b", "1")
        env = helper(stage, "empty", 'echo "credentials not found in native keychain"; exit 1\n')
        config(stage, credsStore="empty", auths={registry.host: auth("me", SECRET)})
        ask(stage, "manifest", registry.host, "a/b", "1", env=env)


@case
def malformed_config_json_is_refused_by_name(stage):
    path = config(stage)
    with open(path, "w", encoding="utf-8") as file:
        file.write('{"auths": {')
    done = ask(stage, "ping", "127.0.0.1:1", expect=3)
    assert path in done.err and "DOCKER_CONFIG" in done.err
    other = os.path.join(stage.folder, "other")
    os.makedirs(other)
    ask(stage, "ping", "127.0.0.1:1", env={"DOCKER_CONFIG": other}, expect=4)


@case
def login_stays_behind_when_a_redirect_leads_elsewhere(stage):
    with fake.FakeRegistry(auth=("basic", "me", SECRET)) as registry, fake.FakeRegistry() as cdn:
        image = registry.add_image("a/b", "1", layers=[50_000])
        layer = image.layers["linux/arm64"][0]
        cdn.files["/cdn/" + layer] = registry.blobs[layer]
        registry.fault(layer, "redirect", to=cdn.url + "/cdn/{digest}")
        config(stage, auths={registry.host: auth("me", SECRET), cdn.host: auth("me", SECRET)})
        done = ask(stage, "manifest", registry.host, "a/b", "1")
        arguments = ("--times", 2, "--size", len(registry.blobs[layer]), "blob", registry.host, "a/b", layer)
        assert ask(stage, *arguments).out == registry.blobs[layer]
        assert cdn.requests and not [r for r in cdn.requests if "Authorization" in r.headers], done.err
        assert all("Range" not in r.headers for r in cdn.requests)

        # What a CDN asks for is not answered with the registry's login.
        cdn.auth, cdn.files = ("basic", "me", SECRET), {}
        registry.faults.clear()
        registry.fault(layer, "redirect", to=cdn.url + f"/v2/a/b/blobs/{layer}")
        ask(stage, *arguments, expect=5)
        assert not [r for r in cdn.requests if "Authorization" in r.headers]


@case
def login_stays_here_when_the_token_server_has_no_encryption(stage):
    with fake.FakeRegistry(auth=("bearer", "me", SECRET, 60)) as registry:
        registry.add_image("a/b", "1")
        registry.realm = "http://token.example/token"
        config(stage, auths={registry.host: auth("me", SECRET)})
        done = ask(stage, "manifest", registry.host, "a/b", "1", expect=5)
        assert "token.example without encryption: it stays here" in done.err, done.err
        config(stage)
        done = ask(stage, "manifest", registry.host, "a/b", "1", expect=3)
        assert "token.example would be asked in plain http" in done.err, done.err


@case
def token_server_that_answers_nonsense_is_no_source(stage):
    with fake.FakeRegistry(auth=("bearer", None, None, 60)) as registry:
        registry.add_image("a/b", "1")
        for body in (b"", b"<html>", b"[]", b'{"token": ""}', b'{"token": 7}', b'{"token": "a\\r\\nX-Evil: 1"}'):
            registry.faults.clear()
            registry.fault("/token", "status", status=200, body=body)
            done = ask(stage, "manifest", registry.host, "a/b", "1", expect=7)
            assert "failure wrong" in done.err and "no token" in done.err, done.err
        registry.faults.clear()
        registry.fault("/token", "status", status=429, headers={"Retry-After": "3"})
        assert "failure limited 3000" in ask(stage, "manifest", registry.host, "a/b", "1", expect=5).err
        registry.faults.clear()
        registry.fault("/token", "status", status=503)
        assert "failure transient" in ask(stage, "manifest", registry.host, "a/b", "1", expect=4).err
        registry.faults.clear()
        registry.fault("/token", "status", status=200, body=b'{"access_token": "abc", "expires_in": 0}')
        ask(stage, "manifest", registry.host, "a/b", "1", expect=5)
        assert [r.headers["Authorization"] for r in registry.requests[-1:]] == ["Bearer abc"]


@case
def file_of_a_web_server_gets_basic_auth_and_no_tokens(stage):
    with fake.FakeRegistry(auth=("basic", "me", SECRET)) as registry:
        registry.files["/wheels/x.whl"] = b"bytes"
        registry.fault(  # files are public in the fake: this one asks
            "/wheels/x.whl", "status", status=401, times=1, headers={"WWW-Authenticate": 'Basic realm="files"'})
        config(stage, auths={registry.host: auth("me", SECRET)})
        assert ask(stage, "file", registry.url + "/wheels/x.whl").out == b"bytes"
        assert [("Authorization" in r.headers) for r in registry.requests] == [False, True]
        registry.fault("/wheels/x.whl", "status", status=401, headers={"WWW-Authenticate": f'Bearer realm="{registry.url}/token"'})
        ask(stage, "file", registry.url + "/wheels/x.whl", expect=5)
        assert not registry.paths("/token")
        done = ask(stage, "file", f"http://me:{SECRET.replace(':', '').replace('@', '')}@{registry.host}/x", expect=3)
        assert "an address with a login in it" in done.err and "s3cret" not in done.err


@case
def docker_registry_takes_our_basic_login_over_tls(stage):
    folder = os.path.join(stage.folder, "registry")
    with fake.FakeRegistry() as source, DockerRegistry(folder, tls=True, users={"me": SECRET}) as real:
        image = source.add_image("a/b", "1", layers=[200_000])
        real.push(f"docker://{source.host}/a/b:1", "a/b:1")
        config(stage, auths={real.host: auth("me", SECRET)})
        layer = image.layers["linux/amd64"][0]
        size = len(source.blobs[layer])
        got = ask(stage, "--ca", real.ca, "--size", size, "--offset", 777, "blob", real.host, "a/b", layer)
        assert got.out == source.blobs[layer][777:] and "restarted 0" in got.err
        index = ask(stage, "--ca", real.ca, "manifest", real.host, "a/b", "1")
        assert index.out == source.manifests["a/b", image.index][1] and image.index in index.err
        ask(stage, "manifest", real.host, "a/b", "1", env={"SSL_CERT_FILE": real.ca})
        done = ask(stage, "manifest", real.host, "a/b", "1", expect=4)
        assert "certificate is refused: nobody whom this machine trusts has signed it" in done.err, done.err
        config(stage, auths={real.host: auth("me", "wrong")})
        ask(stage, "--ca", real.ca, "manifest", real.host, "a/b", "1", expect=5)
        config(stage)
        ask(stage, "--ca", real.ca, "manifest", real.host, "a/b", "1", expect=5)


@case
def docker_registry_takes_our_tokens(stage):
    folder = os.path.join(stage.folder, "registry")
    with fake.FakeRegistry() as source, DockerRegistry(folder, token=True, users={"me": SECRET}) as real:
        image = source.add_image("a/b", "1", layers=[100_000])
        real.push(f"docker://{source.host}/a/b:1", "a/b:1")
        config(stage, auths={real.host: auth("me", SECRET)})
        layer = image.layers["linux/amd64"][0]
        issued = len(real.issuer.issued)
        ask(stage, "--threads", 6, "--size", len(source.blobs[layer]), "blob", real.host, "a/b", layer)
        assert len(real.issuer.issued) == issued + 1
        done = ask(stage, "manifest", real.host, "a/b", "2", expect=6)
        assert "failure missing" in done.err
        config(stage, auths={real.host: auth("me", "wrong")})
        assert "unauthorized" in ask(stage, "manifest", real.host, "a/b", "1", expect=5).err


@case
def certificate_that_is_for_another_host_or_weak_or_over_is_refused(stage):
    _, certificate, key = make_ca(os.path.join(stage.folder, "tls"))
    ca = os.path.join(stage.folder, "tls", "ca.pem")
    with fake.FakeRegistry(certificate=(certificate, key), host="127.0.0.2") as registry:
        registry.add_image("a/b", "1")
        done = ask(stage, "--ca", ca, "manifest", registry.host, "a/b", "1", expect=4)
        assert "it is for another host" in done.err and "failure wrong" in done.err, done.err
    # What is too weak, or over, is refused whoever signed it.
    tls = os.path.join(stage.folder, "tls")
    for name, request, sign, text in (
        ("short", ["rsa:1024"], ["-days", "3"], "its key is too short"),
        ("sha1", ["rsa:2048"], ["-days", "3", "-sha1"], "its signature's hash is too weak"),
        ("over", ["rsa:2048"], ["-days", "-1"], "it has expired"),
    ):
        key, certificate = os.path.join(tls, name + ".key"), os.path.join(tls, name + ".pem")
        asked = run("openssl", "req", "-newkey", *request, "-nodes", "-subj", "/CN=localhost", "-keyout", key)
        run("openssl", "x509", "-req", "-CA", ca, "-CAkey", os.path.join(tls, "ca.key"), "-CAcreateserial", *sign,
            "-extfile", os.path.join(tls, "extensions"), "-out", certificate, input=asked)
        with weak_server(certificate, key) as host:
            done = ask(stage, "--ca", ca, "ping", host, expect=4)
            assert text in done.err, f"{name}\n{done.err}"
    done = ask(stage, "--ca", os.path.join(stage.folder, "missing"), "ping", "127.0.0.1:1", expect=3)
    assert "--ca" in done.err
    done = ask(stage, "manifest", "registry.example", "a/b", "1", env={"SSL_CERT_FILE": "/nowhere.pem"}, expect=3)
    assert "https needs certificates: " in done.err and "/nowhere.pem" in done.err, done.err
