"""What a run costs, in questions to docker: each is a process of some 50 ms. Counted, not timed. See run."""
from __main__ import installer_of, story  # pylint: disable=no-name-in-module

AGAIN_MOST = 16   # with everything present: engine 4, project 2, images 5, look 2, up 1, look 2
FIRST_MOST = 20   # the first time, with an application that is ready when `up` returns
SERVICES = 12


def files(count):
    """count services of one image, each with a port and a name of its own."""
    services = "".join(f"  s{number}:\n    image: \"hardtack/hello:1.0.0\"\n    restart: always\n    container_name: fixed-{number}\n"
                       f"    ports: [\"127.0.0.1:${{PORT_{number}:-0}}:8080\"]\n" for number in range(count))
    return {"hardtack.yaml": "hardtack: 1\nname: many\nversion: 1.0.0\ncompose: compose.yaml\n", "compose.yaml": "services:\n" + services}


def questions(t, before):
    return [" ".join(call[1:4]) for call in t.calls()[before:]]


@story
def a_second_install_asks_docker_little(t):
    t.play(containers=[[{"service": "web", "health": "healthy", "ports": {"8080/tcp": [{"HostPort": str(t.port)}]}}]])
    t.install()
    before = len(t.calls())
    done = t.run("install", "--yes")
    asked = questions(t, before)
    t.check(done.code == 0 and len(asked) <= AGAIN_MOST, f"at most {AGAIN_MOST} questions", asked)


@story
def what_a_run_asks_does_not_grow_with_the_services(t):
    ports = [43100 + number for number in range(SERVICES)]
    settings = [word for number, port in enumerate(ports) for word in ("--set", f"PORT_{number}={port}")]
    t.play(containers=[[{"service": f"s{number}", "name": f"fixed-{number}", "health": "healthy", "ports": {"8080/tcp": [
        {"HostIp": "127.0.0.1", "HostPort": str(port)}]}} for number, port in enumerate(ports)]])
    file = installer_of(f"services-{SERVICES}", files(SERVICES))
    done = t.run("install", "--yes", *settings, file=file)
    t.check(done.code == 0 and len(t.calls()) <= FIRST_MOST, f"the first time at most {FIRST_MOST} questions", (done, questions(t, 0)))
    before = len(t.calls())
    done = t.run("install", "--yes", *settings, file=file)
    asked = questions(t, before)
    t.check(done.code == 0 and len(asked) <= AGAIN_MOST, f"then at most {AGAIN_MOST}", (done, asked))


@story
def what_has_run_for_long_is_not_waited_for(t):
    """Without a healthcheck a service must have stayed up for a moment: by the engine's clock it has."""
    t.play(containers=[[{"service": "web", "started": "2026-01-01T00:00:00.5Z"}]], time="2026-01-01T00:00:05.25+00:00")
    t.install()
    before = len(t.calls())
    done = t.run("install", "--yes")
    looks = [call for call in t.calls()[before:] if call[1:3] == ["container", "inspect"]]
    t.check(done.code == 0 and len(looks) == 3, "three looks: preflight, before up, after it", (done, looks))
    t.play(containers=[[{"service": "web", "started": "2026-01-01T00:00:00.5Z", "restarts": 1}]], time="2026-01-01T00:00:05.25+00:00")
    before = len(t.calls())
    done = t.run("install", "--yes")
    looks = [call for call in t.calls()[before:] if call[1:3] == ["container", "inspect"]]
    t.check(done.code == 0 and len(looks) > 3, "one that has restarted shows what it can do", (done, looks))
