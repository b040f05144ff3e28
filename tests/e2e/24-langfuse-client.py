"""The client folder as the installer hands it over: the SDKs are installed from it and write traces into the running
stack, all without a network, in a shell whose proxies and variables would lead astray."""
import json
import os
import shutil
import stat
import sys

import harness
import langfuse_stack as langfuse

FETCHED = os.path.join(harness.BUILD, "tests", "client")  # what tests/client/run.py --fetch-only leaves
STRAY = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9", "all_proxy": "socks5://127.0.0.1:9",
         "no_proxy": "example.com", "LANGFUSE_HOST": "http://127.0.0.1:9", "PYTHONDONTWRITEBYTECODE": "1"}


def project(t):
    """The payload with this machine's wheels and npm's packages in its client folder, where downloads go."""
    copy = t.path("langfuse")
    shutil.copytree(langfuse.PROJECT, copy)
    for name in ("wheels", "node/packages"):
        shutil.copytree(os.path.join(FETCHED, "client", name), os.path.join(copy, "client", name))
    return copy


def client(t, *names):
    return langfuse.folder(t, "client", *names)


def run(t, engine, *argv, where="", env=None):
    path = f"/usr/bin:/bin:{FETCHED}/tools/bin"
    return t.run([str(word) for word in argv], engine, cwd=client(t, where), env={**STRAY, "PATH": path, **(env or {})})


def stored(t, engine, done):
    """The trace whose address the program printed last, as the server has it; {} when it has none."""
    name = done.out.strip().rsplit("/", 1)[-1]
    status, text = langfuse.ask(t, engine, "GET", f"/api/public/traces/{name}", langfuse.keys(t))
    return json.loads(text) if status == 200 else {}


def install_packages(t, engine):
    """As client/README.md says for a Python without ensurepip."""
    done = run(t, engine, sys.executable, "-m", "venv", "--without-pip", ".venv")
    pip = next(name for name in os.listdir(client(t, "wheels")) if name.startswith("pip-"))
    if done.code == 0:
        done = run(t, engine, ".venv/bin/python", f"wheels/{pip}/pip", "install", "--quiet", "--no-index", "--find-links",
                   "wheels", "--no-compile", "-r", "requirements-langgraph.txt")
    t.need(done.code == 0, "requirements-langgraph.txt installs from wheels/ with the pip beside it", done)


def python_writes(t, engine):
    done = run(t, engine, ".venv/bin/python", "check.py")
    t.check(done.code == 0 and done.out.endswith("All fits.\n") and "read back" in done.out, "check.py: all fits", done)
    done = run(t, engine, ".venv/bin/python", "template.py")
    trace = stored(t, engine, done)
    t.check(done.code == 0 and trace.get("name") == "my_function" and len(trace["observations"]) == 1,
            "template.py: the SOP's template writes a trace with its generation", f"{done}\n{trace}")
    done = run(t, engine, ".venv/bin/python", "langgraph_example.py")
    names = {observation["name"] for observation in stored(t, engine, done).get("observations", [])}
    t.check(done.code == 0 and {"planner", "writer", "FakeListChatModel"} <= names,
            "langgraph_example.py: the graph's nodes and model are in the trace", f"{done}\n{names}")


def node_writes(t, engine):
    done = run(t, engine, "npm", "ci", "--offline", "--no-audit", "--no-fund", where="node")
    t.need(done.code == 0, "npm ci --offline takes npm's langfuse from node/packages", done)
    done = run(t, engine, "node", "example.mjs", where="node")
    t.check(done.code == 0 and stored(t, engine, done).get("output") == "It does.", "node example.mjs writes a trace", done)


def story(t):
    if not os.path.isdir(os.path.join(FETCHED, "client", "wheels")):
        raise harness.Skip("tests/client/run.py --fetch-only has not fetched the wheels")
    engine = t.bench.engine("v28")
    file = langfuse.build(t, project=project(t))
    done = t.installer(file, "install", "--yes", engine=engine)
    t.need(done.code == 0, "install --yes: 0", done)
    t.check(stat.S_IMODE(os.stat(client(t, ".env")).st_mode) == 0o600, "client/.env is for its owner only")
    install_packages(t, engine)
    python_writes(t, engine)
    node_writes(t, engine)
    done = t.installer(file, "stop", engine=engine)
    checked = run(t, engine, ".venv/bin/python", "check.py")
    t.check(done.code == 0 and checked.code == 4 and "Nothing listens there" in checked.out,
            "after stop check.py says 4: nothing listens", checked)
