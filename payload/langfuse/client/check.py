#!/usr/bin/env python3
"""Says whether this Python, its packages and .env fit the Langfuse v2 server, then writes a trace with
the SDK and reads it back. Each thing that does not fit is named with its cause and what to do.

    python check.py [--lang en|zh] [--env FILE] [--without-langchain]

Exit codes (the smallest that applies): 0 all fits, the trace was read back; 1 Python or its packages do not
fit; 2 wrong usage; 3 .env or a proxy; 4 server not reached or not healthy; 5 server refuses the keys;
6 the trace was not stored. Standard library only, so that it runs where nothing is installed yet.
"""
import argparse
import base64
import importlib
import json
import logging
import os
import pathlib
import platform
import socket
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
import warnings
from typing import Optional

import client_env

OLDEST, NEWEST = (3, 9), (3, 14)  # what wheels/ has wheels for
PACKAGES, CONFIGURATION, SERVER, KEYS, TRACE = 1, 3, 4, 5, 6
TIMEOUT_S = 10
TRACE_S = 5  # the server answers once it has stored
CLOUD = "https://cloud.langfuse.com"

chinese = False
failed = set()  # codes


def say(mark, text, cause=None, remedy=None):
    print(f"{mark:<4}  {text}")
    for label, more in ((("原因：" if chinese else "cause:  "), cause), (("处理：" if chinese else "remedy: "), remedy)):
        if more:
            print(f"      {label}{more}")


def t(english, translated):
    return translated if chinese else english


def ok(text):
    say("ok", text)


def warn(text, cause, remedy):
    say("warn", text, cause, remedy)


def fail(code, text, cause, remedy):
    failed.add(code)
    say("FAIL", text, cause, remedy)


def install_line(langgraph=False):
    name = "requirements-langgraph.txt" if langgraph else "requirements.txt"
    here = pathlib.Path(__file__).resolve().parent
    python, before = f'"{sys.executable}"', ""
    if sys.prefix == sys.base_prefix:  # the system's Python: it refuses, or another program needs it as it is
        python, before = ".venv/bin/python", f"{python} -m venv .venv && "
    return f'{before}{python} -m pip install --no-index --find-links "{here / "wheels"}" -r "{here / name}"'


def version_of(distribution):
    """Installed version as text, or None."""
    try:
        from importlib import metadata
    except ImportError:  # before 3.8
        return None
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def major(version):
    return int(version.split(".")[0])


def check_python():
    now = sys.version_info[:2]
    name = f"{platform.python_implementation()} {platform.python_version()} ({sys.executable})"
    another = t("Make a virtual environment with CPython 3.9 to 3.14: python3.12 -m venv .venv",
                "请用 CPython 3.9 到 3.14 建立虚拟环境：python3.12 -m venv .venv")
    if now < OLDEST:
        fail(PACKAGES, name, t("langfuse 2 needs Python 3.9 or later.", "langfuse 2 需要 Python 3.9 或更高版本。"), another)
    elif now > NEWEST:
        fail(PACKAGES, name, t("It is newer than any Python that wheels/ has packages for.", "该版本比 wheels/ 中的软件包所支持的 Python 都新。"), another)
    elif platform.python_implementation() != "CPython":
        fail(PACKAGES, name, t("wheels/ has packages for CPython only.", "wheels/ 中只有 CPython 的软件包。"), another)
    else:
        ok(name)


def check_pydantic():
    """langfuse 2 is built on pydantic.v1, which needs pydantic 2.13 or later on Python 3.14."""
    version = version_of("pydantic")
    if not version:
        return
    try:
        v1 = importlib.import_module("pydantic.v1")

        class Probe(v1.BaseModel):
            name: Optional[str] = None

        Probe(name="x")
        ok(f"pydantic {version}, pydantic.v1")
    except Exception as error:
        fail(PACKAGES, t(f"pydantic {version}: pydantic.v1 does not work here", f"pydantic {version}：pydantic.v1 在此不可用"),
             t(f"langfuse 2 is built on it. On Python 3.14 it needs pydantic 2.13 or later. ({type(error).__name__}: {error})",
               f"langfuse 2 依赖它；在 Python 3.14 上需要 pydantic 2.13 或更高版本。（{type(error).__name__}: {error}）"),
             install_line())


def check_langfuse():
    """True if the SDK can be used."""
    version = version_of("langfuse")
    if not version:
        fail(PACKAGES, t("langfuse is not installed in this Python", "当前 Python 未安装 langfuse"),
             t("Another Python may have it: this is ", "可能装在了另一个 Python 里；当前是 ") + sys.executable, install_line())
        return False
    if major(version) != 2:
        fail(PACKAGES, t(f"langfuse {version} is installed, the server is v2", f"已安装 langfuse {version}，而服务端是 v2"),
             t("From version 3 on the SDK sends OpenTelemetry to /api/public/otel; a v2 server has no such page and answers 404. "
               "It has no langfuse.decorators either.",
               "SDK 从第 3 版起向 /api/public/otel 发送 OpenTelemetry；v2 服务端没有这个接口，会返回 404。它也没有 langfuse.decorators。"),
             install_line())
        return False
    try:
        importlib.import_module("langfuse.decorators")
    except Exception as error:
        fail(PACKAGES, t(f"langfuse {version} cannot be imported", f"langfuse {version} 无法导入"), f"{type(error).__name__}: {error}", install_line())
        return False
    ok(f"langfuse {version}")
    return True


def check_langchain():
    """The callback of langfuse 2 imports langchain.callbacks.base and langchain.schema."""
    langchain, core, langgraph = (version_of(name) for name in ("langchain", "langchain-core", "langgraph"))
    if not (langchain or core or langgraph):
        return
    observe = t("Or trace the nodes with @observe() (template.py) instead of the callback; that fits any version (then: --without-langchain).",
                "或者不用回调，在节点函数上使用 @observe()（见 template.py），任何版本都可以（此时加 --without-langchain）。")
    new = [f"{name} {version}" for name, version in (("langchain", langchain), ("langchain-core", core), ("langgraph", langgraph))
           if version and major(version) >= 1]
    if new:
        fail(PACKAGES, t(f"{', '.join(new)}: too new for the callback of langfuse 2", f"{', '.join(new)}：对 langfuse 2 的回调来说太新"),
             t("It imports langchain.callbacks.base and langchain.schema, which LangChain 1.0 removed. Its own message, "
               "\"Please install langchain\", names the wrong cause.",
               "回调会导入 langchain.callbacks.base 和 langchain.schema，LangChain 1.0 已删除它们。它自己的提示 “Please install langchain” 并不是真正的原因。"),
             install_line(True) + "\n      " + observe)
        return
    if not langchain:
        fail(PACKAGES, t("langchain is not installed, LangGraph is", "已安装 LangGraph，但没有安装 langchain"),
             t("The callback of langfuse 2 imports langchain itself, not only langchain-core.", "langfuse 2 的回调需要 langchain 本身，只有 langchain-core 不够。"),
             install_line(True) + "\n      " + observe)
        return
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            importlib.import_module("langfuse.callback")
        ok(f"langchain {langchain}, langgraph {langgraph or '-'}: langfuse.callback")
    except Exception as error:
        fail(PACKAGES, t("langfuse.callback cannot be imported", "langfuse.callback 无法导入"), f"{type(error).__name__}: {error}", install_line(True))


def check_env(path):
    """The values of .env, or None when there is nothing to go on with."""
    if not path.exists():
        fail(CONFIGURATION, t(f"{path} is missing", f"缺少 {path}"),
             t("The installer writes it; this folder was copied without it, or nothing is installed yet.", "它由离线安装包生成；此目录复制时漏掉了它，或者还没有安装。"),
             t("Run the installer, or fill in a copy of env.template (keys: the page Settings > API Keys).", "请运行离线安装包，或按 env.template 填写一份（密钥见网页 Settings > API Keys）。"))
        return None
    values = client_env.read(path)
    missing = [name for name in ("LANGFUSE_HOST", "LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY")
               if not values.get(name) or "..." in values[name] or "${" in values[name]]
    if missing:
        fail(CONFIGURATION, t(f"{path} does not say {', '.join(missing)}", f"{path} 中没有 {', '.join(missing)}"),
             t(f"Without keys the SDK sends nothing and only logs a warning; without a host it sends to {CLOUD}.",
               f"没有密钥时 SDK 什么都不发送，只记一条警告；没有地址时会发往 {CLOUD}。"),
             t("Take them from the installation: run the control program's `credentials`.", "请从安装目录取得：运行控制程序的 credentials。"))
        return None
    if values["LANGFUSE_PUBLIC_KEY"].startswith("sk-") or values["LANGFUSE_SECRET_KEY"].startswith("pk-"):
        fail(CONFIGURATION, t("the two keys are swapped", "两个密钥写反了"),
             t("Public keys begin with pk-lf-, secret keys with sk-lf-.", "公钥以 pk-lf- 开头，私钥以 sk-lf- 开头。"),
             t(f"Swap them in {path}.", f"请在 {path} 中对调。"))
        return None
    ok(f"{path}: {values['LANGFUSE_HOST']}")
    for name, value in sorted(values.items()):
        if name.startswith("LANGFUSE_") and os.environ.get(name, value) != value:
            warn(t(f"the shell has another {name} than .env", f"shell 中的 {name} 与 .env 不同"),
                 t("Programs that do not call client_env.load() take the shell's.", "没有调用 client_env.load() 的程序会使用 shell 中的值。"), f"unset {name}")
    return values


def goes_through_proxy(host):
    proxies = urllib.request.getproxies()
    return any(proxies.get(kind) for kind in ("http", "https", "all")) and not urllib.request.proxy_bypass(host)


def check_proxy(values, path):
    host = urllib.parse.urlsplit(values["LANGFUSE_HOST"]).hostname or ""
    before = goes_through_proxy(host)
    client_env.load(path)
    proxies = urllib.request.getproxies()
    socks = [f"{kind}_proxy={proxies[kind]}" for kind in ("http", "https", "all") if proxies.get(kind, "").startswith("socks")]
    if socks and not version_of("socksio"):
        fail(CONFIGURATION, t(f"{socks[0]}, and socksio is not installed", f"{socks[0]}，但没有安装 socksio"),
             t("The SDK's HTTP library stops at once when a SOCKS proxy is set, even if no request would use it.",
               "只要设置了 SOCKS 代理，SDK 的 HTTP 库就会立即报错，即使没有请求要走代理。"),
             "unset all_proxy ALL_PROXY\n      " + install_line())
    if goes_through_proxy(host):
        fail(CONFIGURATION, t(f"requests to {host} go through a proxy", f"访问 {host} 会经过代理"),
             t(f"A proxy is set and NO_PROXY does not name {host}; a proxy cannot reach this machine's own address.",
               f"设置了代理，而 NO_PROXY 中没有 {host}；代理无法访问本机地址。"),
             t(f"Add {host} to NO_PROXY in .env.", f"请在 .env 的 NO_PROXY 中加入 {host}。"))
    elif before:
        warn(t(f"the shell sends requests to {host} through a proxy; .env's NO_PROXY repairs it", f"shell 会让访问 {host} 的请求走代理；.env 的 NO_PROXY 可以纠正"),
             t("Programs that do not call client_env.load() would not reach the server.", "没有调用 client_env.load() 的程序将连不上服务端。"),
             f"export NO_PROXY={host},127.0.0.1 no_proxy={host},127.0.0.1")
    elif any(proxies.get(kind) for kind in ("http", "https", "all")):
        ok(t(f"a proxy is set, {host} is exempt", f"设置了代理，{host} 不经过代理"))


def ask(values, path, data=None, authorised=True):
    """(status, text) of a request, never through a proxy. Raises OSError when there is no answer."""
    request = urllib.request.Request(values["LANGFUSE_HOST"].rstrip("/") + path, data=data)
    if authorised:
        pair = f"{values['LANGFUSE_PUBLIC_KEY']}:{values['LANGFUSE_SECRET_KEY']}"
        request.add_header("Authorization", "Basic " + base64.b64encode(pair.encode()).decode())
    if data is not None:
        request.add_header("Content-Type", "application/json")
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=TIMEOUT_S) as answer:
            return answer.status, answer.read(1 << 20).decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read(1 << 20).decode("utf-8", "replace")


def parsed(text):
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def check_server(values):
    """True if a healthy Langfuse answers."""
    host = values["LANGFUSE_HOST"]
    look = t("Run the control program's `status`, then `start`; `doctor` says what is wrong.", "请运行控制程序的 status，再运行 start；doctor 会指出问题所在。")
    try:
        status, text = ask(values, "/api/public/health?failIfDatabaseUnavailable=true", authorised=False)
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ConnectionRefusedError):
            cause = t("Nothing listens there: Langfuse is stopped, or has another port (LANGFUSE_PORT in the installation's .env).",
                      "该端口没有程序监听：Langfuse 未启动，或使用了其他端口（见安装目录 .env 的 LANGFUSE_PORT）。")
        elif isinstance(reason, socket.gaierror):
            cause = t("The host name is not known here.", "本机无法解析该主机名。")
        elif isinstance(reason, socket.timeout):
            cause = t(f"It took the connection and did not answer within {TIMEOUT_S} s.", f"连接已建立，但 {TIMEOUT_S} 秒内没有回答。")
        else:
            cause = f"{type(reason).__name__}: {reason}"
        fail(SERVER, t(f"{host} is not reached", f"无法访问 {host}"), cause, look)
        return False
    version = parsed(text).get("version")
    if status == 200 and version:
        ok(f"{host}: Langfuse {version}")
        if not str(version).startswith("2."):
            warn(t(f"the server is {version}, this folder is for v2", f"服务端是 {version}，而此目录用于 v2"),
                 t("langfuse 2 may still work with it.", "langfuse 2 或许仍可使用。"), t("Take the client folder of that installation.", "请使用该安装自带的 client 目录。"))
        return True
    if status == 503:
        cause = t("Langfuse runs, its database does not answer.", "Langfuse 在运行，但它的数据库没有响应。")
    elif status == 500:
        cause = t("Langfuse started wrongly: \"Ready\" in its log proves nothing. A variable is missing or invalid (NEXTAUTH_URL, NEXTAUTH_SECRET, SALT, ENCRYPTION_KEY).",
                  "Langfuse 启动不正常：日志中的 “Ready” 不能说明问题。有环境变量缺失或无效（NEXTAUTH_URL、NEXTAUTH_SECRET、SALT、ENCRYPTION_KEY）。")
    else:
        cause = t("What answers there is not Langfuse: another program has the port.", "那里的程序不是 Langfuse：端口被其他程序占用。")
    fail(SERVER, t(f"{host} answers {status} to the health question", f"{host} 对健康检查返回 {status}"), cause, look)
    return False


def check_keys(values):
    status, text = ask(values, "/api/public/projects")
    if status == 200:
        names = [project.get("name", "?") for project in parsed(text).get("data", []) if isinstance(project, dict)]
        ok(t("the keys are accepted", "密钥有效") + (f": {', '.join(names)}" if names else ""))
        return True
    if status in (401, 403):
        fail(KEYS, t(f"the server refuses the keys ({status})", f"服务端拒绝了密钥（{status}）"),
             t("They belong to another installation, or were changed after the database was made: the server keeps the first ones.",
               "密钥属于另一个安装，或在数据库建立之后被改过：服务端只认最初的那一对。"),
             t("Take those of this installation (control program: `credentials`), or make new ones on the page Settings > API Keys.",
               "请使用本安装的密钥（控制程序：credentials），或在网页 Settings > API Keys 新建。"))
    else:
        fail(SERVER, t(f"/api/public/projects answers {status}", f"/api/public/projects 返回 {status}"), text[:200], t("Run the control program's `doctor`.", "请运行控制程序的 doctor。"))
    return False


def check_opentelemetry(values):
    """Shows what an SDK of version 3 or later meets."""
    status, _ = ask(values, "/api/public/otel/v1/traces", data=b"{}")
    if status == 404:
        say("note", t("/api/public/otel/v1/traces answers 404: that is what the installed SDK would meet.", "/api/public/otel/v1/traces 返回 404：已安装的 SDK 遇到的正是它。"))


class Complaints(logging.Handler):
    """The SDK sends in the background and only logs what went wrong."""

    def __init__(self):
        super().__init__()
        self.texts = []

    def emit(self, record):
        if record.levelno >= logging.WARNING:
            self.texts.append(record.getMessage())


def refusals(values):
    """What the server says against an event. The SDK's own log leaves it out."""
    event = {"id": str(uuid.uuid4()), "type": "trace-create", "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()),
             "body": {"id": str(uuid.uuid4()), "name": "client check"}}
    status, text = ask(values, "/api/public/ingestion", data=json.dumps({"batch": [event]}).encode())
    if status != 207:
        return [f"/api/public/ingestion: {status}"]
    return [f"{e.get('status')} {e.get('message')}: {e.get('error')}" for e in parsed(text).get("errors", []) if isinstance(e, dict)]


def check_trace(values):
    from langfuse import Langfuse

    complaints = Complaints()
    logging.getLogger("langfuse").addHandler(complaints)
    logging.getLogger("backoff").setLevel(logging.CRITICAL)
    name = f"check-{uuid.uuid4()}"
    sdk = Langfuse(max_retries=1, timeout=TIMEOUT_S)
    sdk.trace(id=name, name="client check", input={"python": platform.python_version()})
    sdk.flush()
    deadline, status = time.monotonic() + TRACE_S, 0
    while status != 200 and time.monotonic() < deadline:
        status, text = ask(values, f"/api/public/traces/{name}")
        if status != 200:
            time.sleep(0.2)
    if status == 200 and parsed(text).get("id") == name:
        ok(t("a trace was written with the SDK and read back", "已用 SDK 写入一条 trace并读回") + f": {values['LANGFUSE_HOST'].rstrip('/')}/trace/{name}")
        return
    fail(TRACE, t(f"the trace was not stored (reading it back: {status})", f"trace 没有存下来（读回时返回 {status}）"),
         "; ".join(refusals(values) or complaints.texts) or t("Neither the SDK nor the server complained.", "SDK 和服务端都没有报错。"), t("Run the control program's `doctor`.", "请运行控制程序的 doctor。"))


def main():
    global chinese
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--lang", choices=("en", "zh"))
    parser.add_argument("--env", type=pathlib.Path, default=client_env.HERE / ".env")
    parser.add_argument("--without-langchain", action="store_true", help="do not look at LangChain and LangGraph")
    options = parser.parse_args()
    names = [os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
    language = options.lang or next((name for name in names if name), None) or ""
    chinese = language.startswith("zh")
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    check_python()
    check_pydantic()
    usable = check_langfuse()
    if not options.without_langchain:
        check_langchain()
    values = check_env(options.env)
    if values:
        check_proxy(values, options.env)
        if check_server(values) and check_keys(values):
            if usable and CONFIGURATION not in failed:
                check_trace(values)
            elif version_of("langfuse") and not usable:
                check_opentelemetry(values)
    if not failed:
        print(t("All fits.", "一切正常。"))
    return min(failed, default=0)


if __name__ == "__main__":
    sys.exit(main())
