"""check.py names each thing that does not fit, with the exit code it promises, in both languages."""
import pathlib
import shutil
import sys
import tempfile
import threading

import story_sdk
from servers import PUBLIC_KEY, SECRET_KEY, misbehaving, standin
from story_sdk import run, write_env

PACKAGES, USAGE, CONFIGURATION, SERVER, KEYS, TRACE = 1, 2, 3, 4, 5, 6
MAKING = threading.Lock()


def environment(options, name="check"):
    """A Python with requirements.txt; made once."""
    python = story_sdk.python_of(options, "here", name)
    with MAKING:
        if python.exists():
            return python
        uv, client = options.folder / "tools/bin/uv", options.folder / "client"
        run([uv, "venv", "--quiet", "--no-config", "--no-cache", "--offline", "--python", sys.executable, python.parent.parent])
        if name != "empty":
            run([uv, "pip", "install", "--quiet", "--no-config", "--cache-dir", options.folder / "uv-cache", "--offline", "--python", python, "--no-index",
                 "--find-links", client / "wheels", "--require-hashes", "-r", client / "requirements.txt"])
        if name == "without-socks":
            run([uv, "pip", "uninstall", "--quiet", "--no-config", "--python", python, "socksio"])
    return python


def pretend(options, name, files):
    """A folder for PYTHONPATH with these packages: {"langchain 1.5.0": None, "pydantic/v1.py": "…"}."""
    folder = options.folder / "pretended" / name
    shutil.rmtree(folder, ignore_errors=True)
    for path, text in files.items():
        if text is None:
            package, version = path.split()
            path, text = f"{package}-{version}.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n"
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return {"PYTHONPATH": str(folder)}


def check(options, code, *texts, mode=None, settings=None, python=None, arguments=(), shell=None, prelude=None, env=None, url=None):
    """Runs check.py and looks for its exit code and the texts; the secret must not be shown."""
    client = options.folder / "client"
    with misbehaving(mode) if mode else standin(**settings or {}) as server:
        path = pathlib.Path(tempfile.mkdtemp(dir=options.folder)) / ".env"
        if env is None:
            write_env(options, url or server.url, path)
        elif env:
            path.write_text(env.replace("URL", server.url))
        command = [python or environment(options)]
        if prelude:
            command += ["-c", f"import sys, runpy; {prelude}; sys.argv[0] = 'check.py'; sys.path.insert(0, ''); runpy.run_path('check.py', run_name='__main__')"]
        else:
            command += ["check.py"]
        output = run([*command, "--env", path, *arguments], {"PYTHONDONTWRITEBYTECODE": "1", **(shell or {})}, client, code)
    for text in texts:
        assert text in output, f"no {text!r} in:\n{output}"
    shutil.rmtree(path.parent)
    assert SECRET_KEY not in output, "the secret key is shown"
    failed = [line for line in output.splitlines() if line.startswith("FAIL")]
    assert bool(failed) == (code not in (0, USAGE)), output
    if failed:
        assert output.count("cause: ") + output.count("原因：") >= len(failed) <= output.count("remedy: ") + output.count("处理："), output
    return output


ENV = f"LANGFUSE_HOST=URL\nLANGFUSE_PUBLIC_KEY={PUBLIC_KEY}\nLANGFUSE_SECRET_KEY={SECRET_KEY}\n"
PROXY = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
V1_FAILS = "class BaseModel:\n    def __init_subclass__(cls):\n        raise TypeError('unable to infer type for attribute \"name\"')\n"


def python_too_old_or_too_new(options):
    check(options, PACKAGES, "FAIL", "3.9 or later", prelude="sys.version_info = (3, 8, 10, 'final', 0)")
    check(options, PACKAGES, "newer than any Python", prelude="sys.version_info = (3, 15, 0, 'final', 0)")
    check(options, PACKAGES, "CPython only", prelude="import platform; platform.python_implementation = lambda: 'PyPy'")


def langfuse_not_installed(options):
    check(options, PACKAGES, "langfuse is not installed in this Python", "--no-index", "requirements.txt", python=environment(options, "empty"))


def a_langfuse_of_the_opentelemetry_kind(options):
    for version in ("3.0.0", "4.18.0", "5.0.4"):
        shell = pretend(options, "otel", {f"langfuse {version}": None, "langfuse/__init__.py": ""})
        check(options, PACKAGES, f"langfuse {version} is installed, the server is v2", "OpenTelemetry", "/api/public/otel/v1/traces answers 404", shell=shell)


def pydantic_v1_that_does_not_work(options):
    shell = pretend(options, "pydantic", {"pydantic 2.12.0": None, "pydantic/__init__.py": "", "pydantic/v1.py": V1_FAILS})
    check(options, PACKAGES, "pydantic 2.12.0: pydantic.v1 does not work here", "Python 3.14", "unable to infer type", shell=shell)


def a_langchain_of_1(options):
    shell = pretend(options, "langchain", {"langchain 1.5.0": None, "langchain_core 1.8.2": None, "langgraph 1.2.22": None})
    check(options, PACKAGES, "langchain 1.5.0, langchain-core 1.8.2, langgraph 1.2.22: too new", "@observe()", "requirements-langgraph.txt", shell=shell)
    check(options, 0, "All fits.", shell=shell, arguments=["--without-langchain"])


def langgraph_without_langchain(options):
    shell = pretend(options, "langgraph", {"langchain_core 0.3.86": None, "langgraph 0.6.11": None})
    check(options, PACKAGES, "langchain is not installed, LangGraph is", shell=shell)


def no_env_no_keys_swapped_keys(options):
    check(options, CONFIGURATION, ".env is missing", env="")
    check(options, CONFIGURATION, "does not say LANGFUSE_PUBLIC_KEY, LANGFUSE_SECRET_KEY", env="LANGFUSE_HOST=URL\nLANGFUSE_PUBLIC_KEY=pk-lf-...\n")
    check(options, CONFIGURATION, "does not say LANGFUSE_HOST", "cloud.langfuse.com", env=ENV.replace("LANGFUSE_HOST=URL", ""))
    check(options, CONFIGURATION, "swapped", env="LANGFUSE_HOST=URL\nLANGFUSE_PUBLIC_KEY=sk-lf-1\nLANGFUSE_SECRET_KEY=pk-lf-1\n")


def a_proxy_in_the_way(options):
    check(options, CONFIGURATION, "requests to 127.0.0.1 go through a proxy", "NO_PROXY", env=ENV + "NO_PROXY=example.com\n", shell=PROXY)
    check(options, 0, "NO_PROXY repairs it", "All fits.", shell=PROXY)
    check(options, 0, "127.0.0.1 is exempt", shell={**PROXY, "no_proxy": "127.0.0.1"})


def a_socks_proxy(options):
    shell = {"all_proxy": "socks5://127.0.0.1:9"}
    check(options, 0, "All fits.", shell=shell)
    python = environment(options, "without-socks")
    check(options, CONFIGURATION, "socksio is not installed", shell=shell, python=python)
    output = run([python, "template.py"], {"PYTHONDONTWRITEBYTECODE": "1", **shell}, options.folder / "client", 1)
    assert "socksio" in output, f"then check.py would be wrong:\n{output}"


def another_host_in_the_shell(options):
    check(options, 0, "the shell has another LANGFUSE_HOST than .env", shell={"LANGFUSE_HOST": "https://cloud.langfuse.com"})


def server_stopped_unknown_or_silent(options):
    check(options, SERVER, "is not reached", "Nothing listens there", "LANGFUSE_PORT", url="http://127.0.0.1:9")
    check(options, SERVER, "The host name is not known here", env=ENV.replace("URL", "http://langfuse.invalid:3000"))
    check(options, SERVER, "did not answer within", mode="hangs")


def server_ready_but_broken(options):
    check(options, SERVER, "answers 500", "proves nothing", settings={"SALT": ""})
    check(options, SERVER, "answers 503", "its database does not answer", mode="no-database")
    check(options, SERVER, "another program has the port", mode="other-program")
    check(options, 0, "the server is 3.225.4, this folder is for v2", mode="v3")


def keys_of_another_installation(options):
    check(options, KEYS, "the server refuses the keys (401)", "another installation", env=ENV.replace("pk-lf-1", "pk-lf-2"))


def events_that_are_refused(options):
    check(options, TRACE, "the trace was not stored (reading it back: 404)", "disk full", mode="refuses-events")


def the_smallest_code_of_several(options):
    output = check(options, PACKAGES, python=environment(options, "empty"), env=ENV.replace("pk-lf-1", "pk-lf-2"))
    assert output.count("FAIL") == 2, output


def wrong_usage(options):
    check(options, USAGE, "usage:", arguments=["--nonsense"])


def chinese(options):
    check(options, 0, "一切正常。", "密钥有效", shell={"LANG": "zh_CN.UTF-8"})
    shell = pretend(options, "chinese", {"langfuse 5.0.4": None, "langfuse/__init__.py": ""})
    output = check(options, PACKAGES, "原因：", "处理：", "已安装 langfuse 5.0.4，而服务端是 v2", arguments=["--lang", "zh"], shell=shell)
    assert "cause" not in output, output
    check(options, KEYS, "服务端拒绝了密钥（401）", arguments=["--lang", "zh"], env=ENV.replace("pk-lf-1", "pk-lf-2"))


def tests(options):
    stories = (python_too_old_or_too_new, langfuse_not_installed, a_langfuse_of_the_opentelemetry_kind, pydantic_v1_that_does_not_work, a_langchain_of_1,
               langgraph_without_langchain, no_env_no_keys_swapped_keys, a_proxy_in_the_way, a_socks_proxy, another_host_in_the_shell,
               server_stopped_unknown_or_silent, server_ready_but_broken, keys_of_another_installation, events_that_are_refused,
               the_smallest_code_of_several, wrong_usage, chinese)
    return [(f"check.py: {story.__name__.replace('_', ' ')}", lambda story=story: story(options)) for story in stories]
