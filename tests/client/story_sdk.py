"""Installs offline and writes traces with the real SDKs, as a person with this folder would."""
import contextlib
import os
import pathlib
import shutil
import subprocess

from servers import PUBLIC_KEY, SECRET_KEY, standin

TIMEOUT_S = 90


def run(arguments, env=None, cwd=None, expect=0):
    result = subprocess.run([str(a) for a in arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            timeout=TIMEOUT_S, env={**os.environ, **(env or {})}, cwd=cwd)
    assert result.returncode == expect, f"{' '.join(map(str, arguments))}: exit {result.returncode}, not {expect}\n{result.stdout}"
    return result.stdout


def write_env(options, url, path=None, **changes):
    """The rendered env.template, as the installer hands it over."""
    text = (options.payload / "client/env.template").read_text()
    values = {"LANGFUSE_HOSTNAME": url.split("/")[2].split(":")[0], "LANGFUSE_PORT": url.rsplit(":", 1)[1],
              "LANGFUSE_INIT_PROJECT_PUBLIC_KEY": PUBLIC_KEY, "LANGFUSE_INIT_PROJECT_SECRET_KEY": SECRET_KEY, **changes}
    for name, value in values.items():
        text = text.replace("${" + name + "}", value)
    assert "${" not in text, f"env.template asks for more than the test knows:\n{text}"
    path = path or options.folder / "client/.env"
    path.write_text(text)
    return path


def python_of(options, version, kind="base"):
    return options.folder / "envs" / f"{version}-{kind}" / "bin/python"


def handed_to(options, version):
    """A copy of the client folder for this Python: it has an .env of its own."""
    folder = options.folder / "handed" / version
    if not folder.exists():
        shutil.copytree(options.folder / "client", folder, ignore=shutil.ignore_patterns("wheels", "node", ".env"))
        (folder / "wheels").symlink_to(options.folder / "client/wheels")
    return folder


def install_with_pip(options, interpreter, version):
    """With the pip that is handed over, in an environment that has none: Debian's Python without ensurepip."""
    client = handed_to(options, version)
    python = python_of(options, version)
    run([interpreter, "-m", "venv", "--without-pip", python.parent.parent])
    pip = next((client / "wheels").glob("pip-*.whl")) / "pip"
    run([python, pip, "install", "--quiet", "--no-index", "--find-links", client / "wheels", "--require-hashes", "--no-compile", "-r", client / "requirements.txt"])


def install_langgraph(options, interpreter, version):
    client = handed_to(options, version)
    python = python_of(options, version, "langgraph")
    uv = options.folder / "tools/bin/uv"
    run([uv, "venv", "--quiet", "--no-config", "--no-cache", "--offline", "--python", interpreter, python.parent.parent])
    run([uv, "pip", "install", "--quiet", "--no-config", "--cache-dir", options.folder / "uv-cache", "--offline", "--python", python, "--no-index",
         "--find-links", client / "wheels", "--require-hashes", "-r", client / "requirements-langgraph.txt"])


def trace_of(server, text):
    """The trace whose URL the program printed, as the server has it."""
    urls = [line for line in text.splitlines() if "/trace/" in line or "/traces/" in line]
    assert urls and urls[-1].split()[-1].startswith(server.url), f"no URL of {server.url} in:\n{text}"
    return server.trace(urls[-1].rsplit("/", 1)[1])


@contextlib.contextmanager
def handed_over():
    """A server and the environment of a shell that would lead astray."""
    with standin() as server:
        yield server, {"http_proxy": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9", "all_proxy": "socks5://127.0.0.1:9",
                       "no_proxy": "example.com", "LANGFUSE_HOST": "http://127.0.0.1:9", "PYTHONDONTWRITEBYTECODE": "1"}


def template_writes_a_trace(options, version):
    client = handed_to(options, version)
    with handed_over() as (server, shell):
        write_env(options, server.url, client / ".env")
        trace = trace_of(server, run([python_of(options, version), "template.py"], shell, client))
        assert trace["name"] == "my_function", trace
        kinds = [(o["type"], o["name"]) for o in trace["observations"]]
        assert ("GENERATION", "ask_model") in kinds, kinds


def check_reads_it_back(options, version, kind):
    client = handed_to(options, version)
    with standin() as server:
        write_env(options, server.url, client / ".env")
        text = run([python_of(options, version, kind), "check.py"], {"PYTHONDONTWRITEBYTECODE": "1"}, client)
        assert "read back" in text and "FAIL" not in text and "warn" not in text and text.endswith("All fits.\n"), text
        assert trace_of(server, text)["input"]["python"].startswith(version), text


def langgraph_is_traced(options, version):
    client = handed_to(options, version)
    with handed_over() as (server, shell):
        write_env(options, server.url, client / ".env")
        text = run([python_of(options, version, "langgraph"), "langgraph_example.py"], shell, client)
        trace = trace_of(server, text)
        assert "Three things are enough." in text, text
        names = {o["name"] for o in trace["observations"]}
        assert {"planner", "writer", "FakeListChatModel"} <= names, f"{names}\n{text}"
        outputs = [o.get("output") for o in trace["observations"] if o["type"] == "GENERATION" and o["output"]]
        assert any("Hardtack" in str(output) for output in outputs), outputs


def node_writes_a_trace(options):
    node = options.folder / "client/node"
    shutil.rmtree(node / "node_modules", ignore_errors=True)
    run(["npm", "ci", "--offline", "--no-audit", "--no-fund", "--loglevel=error", "--cache", options.folder / "npm-cache"], cwd=node)
    with standin() as server:
        write_env(options, server.url)
        trace = trace_of(server, run(["node", "example.mjs"], cwd=node))
        assert trace["name"] == "node-example" and trace["output"] == "It does.", trace
        assert any(o["type"] == "GENERATION" for o in trace["observations"]), trace
        write_env(options, server.url, LANGFUSE_INIT_PROJECT_SECRET_KEY="sk-lf-wrong")
        assert "not stored" in run(["node", "example.mjs"], cwd=node, expect=1)


def tests(options, pythons):
    """Lists of tests: those of one Python in order, the lists side by side."""
    lists = [[("npm's langfuse 3.39.2 installs offline and writes a trace", lambda: node_writes_a_trace(options))]]
    for version, interpreter in sorted(pythons.items(), key=lambda item: int(item[0].split(".")[1])):
        lists.append([
            (f"{version}: requirements.txt installs offline with the pip that is handed over", lambda i=interpreter, v=version: install_with_pip(options, i, v)),
            (f"{version}: template.py writes a trace", lambda v=version: template_writes_a_trace(options, v)),
            (f"{version}: check.py finds that all fits", lambda v=version: check_reads_it_back(options, v, "base")),
            (f"{version}: requirements-langgraph.txt installs offline", lambda i=interpreter, v=version: install_langgraph(options, i, v)),
            (f"{version}: langgraph_example.py is traced", lambda v=version: langgraph_is_traced(options, v)),
            (f"{version}: check.py finds that LangGraph fits", lambda v=version: check_reads_it_back(options, v, "langgraph")),
        ])
    return lists
