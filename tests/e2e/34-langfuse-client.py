"""The payload as it is, its downloads fetched from upstream by hardtack; then the client folder as the installer hands
it over: the SDKs are installed from it and write traces into the running stack, all without a network, in a shell whose
proxies and variables would lead astray."""
import json
import os
import stat
import sys

import harness
import images
import langfuse_stack as langfuse

TOOLS = os.path.join(harness.BUILD, "tests", "client", "tools", "bin")  # of tests/client/run.py --tools-only
CACHE = os.path.join(harness.BUILD, "tests", "client", "cache")  # 142 MiB, fetched once
STRAY = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9", "all_proxy": "socks5://127.0.0.1:9",
         "no_proxy": "example.com", "LANGFUSE_HOST": "http://127.0.0.1:9", "PYTHONDONTWRITEBYTECODE": "1"}


def build(t):
    """With the network, of which only the servers of the downloads are asked: the images come from an archive."""
    os.makedirs(t.path("dist"))
    # The payload takes npm's packages from a mirror; here from wherever this machine's npm takes them. The hash decides.
    asked = t.run(["npm", "config", "get", "registry"], env={"PATH": f"{TOOLS}:{os.environ['PATH']}"})
    t.need(asked.code == 0 and asked.out.startswith("https://"), "npm knows its registry", asked)
    environment = {"HARDTACK_CACHE": CACHE, **{name: os.environ[name] for name in os.environ if name.lower().endswith("_proxy")}}
    done = t.hardtack("build", langfuse.copied(t, "langfuse", downloads=True), "--target", "linux-amd64", "-o", t.path("dist") + "/",
                      "--image-archive", images.langfuse_archive("oci"),
                      "--mirror", "registry.npmmirror.com=" + asked.out.strip()[len("https://"):].rstrip("/"), env=environment)
    t.need(done.code == 0, "build fetches every download and packs it", done)
    return done.out.strip()


def client(t, *names):
    return langfuse.folder(t, "client", *names)


def run(t, engine, *argv, where="", env=None):
    path = f"/usr/bin:/bin:{TOOLS}"
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
    engine = t.bench.engine("v28")
    file = build(t)
    done = t.installer(file, "install", "--yes", engine=engine)
    t.need(done.code == 0, "install --yes: 0", done)
    t.check(len(os.listdir(client(t, "wheels"))) > 100 and len(os.listdir(client(t, "node", "packages"))) == 3,
            "the wheels of every platform and npm's packages are handed over", os.listdir(client(t)))
    t.check(stat.S_IMODE(os.stat(client(t, ".env")).st_mode) == 0o600, "client/.env is for its owner only")
    install_packages(t, engine)
    python_writes(t, engine)
    node_writes(t, engine)
    done = t.installer(file, "stop", engine=engine)
    checked = run(t, engine, ".venv/bin/python", "check.py")
    t.check(done.code == 0 and checked.code == 4 and "Nothing listens there" in checked.out,
            "after stop check.py says 4: nothing listens", checked)
