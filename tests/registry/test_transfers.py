"""Transfers without the verbs: every fault with its exit code and text, proxies, rates, interrupts."""
import os
import signal
import socket
import threading
import time

import registry as fake
from asking import ask, auth, config, start, statuses
from proxy import FakeProxy, FakeSocks
from registries import make_ca
from stage import case

# fault, its settings, exit code, failure, part of the text
BLOB_FAULTS = [
    ("cut", {"after": 1000}, 4, "transient 0", "the connection ended early"),
    ("stall", {"after": 1000}, 4, "transient 0", "nothing came for"),
    ("lie", {"length": 10 ** 9}, 7, "wrong 0", "sends more than the"),
    ("endless", {}, 7, "wrong 0", "sends more than the"),
    ("html", {}, 7, "wrong 0", "what came is a web page"),
    ("empty", {}, 7, "wrong 0", "what came is empty"),
    ("status", {"status": 200, "body": b"short"}, 4, "transient 0", " ended a/b@"),
    ("status", {"status": 401, "body": b"<h1>who are you?</h1>"}, 5, "unauthorized 0", "asks for a login"),
    ("status", {"status": 403, "body": b'{"errors":[{"code":"DENIED","message":"only the allow-list"}]}'}, 5, "forbidden 0",
     "(403): only the allow-list"),
    ("status", {"status": 403, "body": b"not in\nthe white list\x1b[31m"}, 5, "forbidden 0", "(403): not in the white list\\x1b[31m"),
    ("status", {"status": 404}, 6, "missing 0", " has no a/b@"),
    ("status", {"status": 429, "headers": {"Retry-After": "7"}, "body": b'{"errors":[{"code":"TOOMANYREQUESTS","message":"slow down"}]}'},
     5, "limited 7000", "for the next 7 seconds (429): slow down"),
    ("status", {"status": 429, "headers": {"RateLimit-Remaining": "0;w=21600"}}, 5, "limited 0", "it counts over 360 minutes (429)"),
    ("status", {"status": 429}, 5, "limited 0", "for now (429)"),
    ("status", {"status": 500}, 4, "transient 0", "has trouble of its own (500)"),
    ("status", {"status": 503, "headers": {"Retry-After": "2"}}, 4, "transient 2000", "(503)"),
    ("status", {"status": 418}, 4, "wrong 0", "answers 418"),
    ("redirect", {"to": "http://registry.example/x"}, 4, "wrong 0", "registry.example would be asked in plain http"),
    ("redirect", {"to": "ftp://127.0.0.1/x"}, 3, "wrong 0", "not an http address"),
    ("redirect", {"to": "{path}"}, 4, "wrong 0", "more than 5 redirects"),
]


def add_layer(registry, size=300_000):
    image = registry.add_image("a/b", "1", layers=[size])
    layer = image.layers["linux/amd64"][0]
    return layer, len(registry.blobs[layer])


@case
def every_fault_of_a_blob_has_its_code_and_text(stage):
    with fake.FakeRegistry() as registry:
        layer, size = add_layer(registry)
        for kind, settings, code, failure, text in BLOB_FAULTS:
            registry.faults.clear()
            registry.fault(layer, kind, **settings)
            done = ask(stage, "--stall", 600, "--size", size, "blob", registry.host, "a/b", layer, expect=code)
            assert f"failure {failure}\n" in done.err and text in done.err, f"{kind} {settings}\n{done.err}"
            assert len(done.out) <= size


@case
def faults_are_told_in_chinese_too(stage):
    with fake.FakeRegistry() as registry:
        registry.fault("/manifests/", "status", status=429, headers={"Retry-After": "30"})
        done = ask(stage, "manifest", registry.host, "a/b", "1", env={"LANG": "zh_CN.UTF-8"}, expect=5)
        assert "30 秒后才能再试（429）" in done.err and "镜像源" in done.err, done.err


@case
def manifests_that_are_none_are_refused(stage):
    with fake.FakeRegistry() as registry:
        image = registry.add_image("a/b", "1")
        other = registry.add_image("c/d", "1", seed=7)
        path = f"/v2/a/b/manifests/{image.index}"
        for kind, settings, text in (
            ("html", {}, "what came is a web page"),
            ("empty", {}, "what came is empty"),
            ("status", {"status": 200, "body": b"[]"}, "what came is no manifest"),
            ("flip", {}, "what came"),
            ("swap", {"with_": f"/v2/c/d/manifests/{other.index}"}, "what came has another digest"),
        ):
            registry.faults.clear()
            registry.fault(path, kind, **settings)
            done = ask(stage, "manifest", registry.host, "a/b", image.index, expect=7)
            assert "failure wrong" in done.err and text in done.err and not done.out, done.err
        registry.faults.clear()
        old = registry.manifest("a/b", {"schemaVersion": 1, "name": "a/b", "fsLayers": []},
                                "application/vnd.docker.distribution.manifest.v1+prettyjws", "old")
        done = ask(stage, "manifest", registry.host, "a/b", "old", expect=3)
        assert "schema 1" in done.err and old
        registry.fault("/manifests/1", "status", status=200, body=b"{}" + b" " * (5 << 20))
        ask(stage, "manifest", registry.host, "a/b", "1", expect=7)


@case
def range_is_obeyed_ignored_or_refused(stage):
    with fake.FakeRegistry() as registry:
        layer, size = add_layer(registry)
        data = registry.blobs[layer]
        arguments = ("--size", size, "--offset", 1000, "blob", registry.host, "a/b", layer)
        done = ask(stage, *arguments)
        assert done.out == data[1000:] and "restarted 0" in done.err
        registry.fault(layer, "norange", times=1)
        done = ask(stage, *arguments)
        assert done.out == data and "restarted 1" in done.err
        registry.fault(layer, "status", times=1, status=416)
        done = ask(stage, *arguments)
        assert done.out == data and "restarted 1" in done.err
        registry.fault(layer, "status", times=1, status=206, headers={"Content-Range": f"bytes 0-99/{size}"}, body=data[:100])
        done = ask(stage, *arguments, expect=7)
        assert "what came is another part of it" in done.err and not done.out
        registry.files["/file"] = data
        assert ask(stage, "--offset", 5, "file", registry.url + "/file").out == data[5:]


@case
def nobody_there_is_a_network_failure(stage):
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts, and says nothing
        host = "127.0.0.1:%d" % silent.getsockname()[1]
        began = time.monotonic()
        done = ask(stage, "--connect", 400, "--stall", 400, "ping", host, expect=4)
        assert time.monotonic() - began < 5 and "failure transient" in done.err, done.err
    done = ask(stage, "ping", "127.0.0.1:1", expect=4)
    assert "127.0.0.1:1 cannot be reached" in done.err
    done = ask(stage, "--connect", 5000, "ping", "registry.invalid", expect=4)
    assert "registry.invalid cannot be reached" in done.err, done.err


def answer_with(listener, data):
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        with client:
            client.recv(65536)
            client.sendall(data)


@case
def server_that_speaks_no_http_is_no_source(stage):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=answer_with, args=(listener, b"220 mail.example ESMTP\r\n"), daemon=True).start()
        host = "127.0.0.1:%d" % listener.getsockname()[1]
        done = ask(stage, "--plain", host, "manifest", host, "a/b", "1", expect=4)
        assert f"{host} does not speak HTTP" in done.err and "failure wrong" in done.err, done.err
        listener.shutdown(socket.SHUT_RDWR)


@case
def plain_http_is_for_loopback_and_for_hosts_that_were_named(stage):
    with fake.FakeRegistry() as registry, FakeProxy({"registry.example:80": registry.host}) as proxy:
        registry.add_image("a/b", "1")
        env = {"HTTP_PROXY": proxy.url}
        ask(stage, "--plain", "registry.example", "manifest", "registry.example", "a/b", "1", env=env)
        done = ask(stage, "file", "http://registry.example/x", env=env, expect=3)
        assert "registry.example would be asked in plain http" in done.err and "--plain-http registry.example" in done.err
        assert len(proxy.requests) == 1


@case
def redirect_never_leads_from_https_to_http(stage):
    ca, certificate, key = make_ca(os.path.join(stage.folder, "tls"))
    with fake.FakeRegistry() as plain, fake.FakeRegistry(certificate=(certificate, key)) as registry:
        layer, size = add_layer(registry)
        plain.files["/x"] = registry.blobs[layer]
        registry.fault(layer, "redirect", to=plain.url + "/x")
        done = ask(stage, "--ca", ca, "--size", size, "blob", registry.host, "a/b", layer, expect=4)
        assert "leads from https to plain http" in done.err and not plain.requests, done.err
        registry.faults.clear()
        assert ask(stage, "--ca", ca, "--size", size, "blob", registry.host, "a/b", layer).out == registry.blobs[layer]


@case
def proxy_gets_its_login_and_the_registry_gets_its_own(stage):
    with fake.FakeRegistry(auth=("basic", "me", "registry-pw")) as registry, \
            FakeProxy({"registry-1.docker.io:80": registry.host}, login="you:proxy-pw") as proxy:
        registry.add_image("library/a", "1")
        config(stage, auths={"https://index.docker.io/v1/": auth("me", "registry-pw")})
        arguments = ("--plain", "registry-1.docker.io", "manifest", "registry-1.docker.io", "library/a", "1")
        ask(stage, *arguments, env={"HTTP_PROXY": proxy.url})
        assert statuses(registry, "/manifests/") == [401, 200]
        assert not [r for r in registry.requests if "Proxy-Authorization" in r.headers]
        done = ask(stage, *arguments, env={"HTTP_PROXY": proxy.url.replace("proxy-pw", "wrong-pw")}, expect=4)
        assert f"registry-1.docker.io through the proxy {proxy.host}: the proxy asks for a login" in done.err, done.err
        assert "wrong-pw" not in done.err and "you" not in done.err.replace("your", "")


@case
def https_goes_through_a_tunnel_unless_no_proxy_says_otherwise(stage):
    ca, certificate, key = make_ca(os.path.join(stage.folder, "tls"))
    with fake.FakeRegistry(certificate=(certificate, key)) as registry, \
            FakeProxy({"registry.example:443": registry.host}, login="you:proxy-pw") as proxy:
        registry.add_image("a/b", "1")
        arguments = ("--connect", 3000, "--ca", ca, "manifest", "registry.example", "a/b", "1")
        # The certificate is localhost's: that we get so far proves the tunnel, and that nobody is believed in it.
        done = ask(stage, *arguments, env={"HTTPS_PROXY": proxy.url}, expect=4)
        assert "it is for another host" in done.err and proxy.requests[0][:2] == ("CONNECT", "registry.example:443")
        done = ask(stage, *arguments, env={"HTTPS_PROXY": proxy.url, "NO_PROXY": "x,.example"}, expect=4)
        assert "registry.example cannot be reached" in done.err and len(proxy.requests) == 1, done.err
        done = ask(stage, *arguments, env={"ALL_PROXY": proxy.url.replace("proxy-pw", "no")}, expect=4)
        assert f"through the proxy {proxy.host}" in done.err and "407" in done.err and ":no@" not in done.err, done.err
        # Loopback never goes by proxy.
        proxy.requests.clear()
        ask(stage, "--ca", ca, "manifest", registry.host, "a/b", "1", env={"ALL_PROXY": proxy.url})
        assert not proxy.requests


@case
def socks_proxy_resolves_the_names(stage):
    with fake.FakeRegistry() as registry, FakeSocks({"registry.example:80": registry.host}) as proxy:
        registry.add_image("a/b", "1")
        arguments = ("--plain", "registry.example", "--plain", "other.example", "manifest")
        ask(stage, *arguments, "registry.example", "a/b", "1", env={"ALL_PROXY": proxy.url})
        assert proxy.requests == [(1, "registry.example:80", "")]
        done = ask(stage, *arguments, "other.example", "a/b", "1", env={"ALL_PROXY": proxy.url}, expect=4)
        assert f"other.example through the proxy {proxy.host} cannot be reached" in done.err, done.err


@case
def rate_is_shared_by_all_connections(stage):
    with fake.FakeRegistry() as registry:
        layer, size = add_layer(registry, 150_000)
        began = time.monotonic()
        ask(stage, "--threads", 4, "--limit-rate", 400_000, "--size", size, "blob", registry.host, "a/b", layer)
        took = time.monotonic() - began
        assert 1.2 < took < 4, took


@case
def interrupt_ends_a_transfer_within_a_second(stage):
    with fake.FakeRegistry() as registry:
        layer, size = add_layer(registry)
        registry.fault(layer, "stall", after=1000)
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            registry.requests.clear()
            process = start(stage, "--threads", 3, "--size", size, "blob", registry.host, "a/b", layer)
            while sum(r.sent >= 1000 for r in list(registry.requests)) < 3 and process.poll() is None:
                time.sleep(0.02)
            began = time.monotonic()
            process.send_signal(number)
            _, err = process.communicate(timeout=20)
            assert process.returncode == code and time.monotonic() - began < 1, (process.returncode, err)
            assert b"failure local" in err, err
