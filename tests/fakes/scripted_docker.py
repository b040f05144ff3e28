"""A docker command line that answers by script: for what no real engine does on demand.

Put the program docker beside this file (or a link to it, also as docker-compose) into a folder of its own, which is then the PATH. Beside it:

    scenario.json   what to play (below); missing: a healthy engine
    calls.jsonl     written: one argument vector a line
    state.json      written: images loaded, looks taken at the containers; the env file and project of the last up
    exec.jsonl      written: what `docker exec` would run, with the variables that it would hand over

It finds all this by its own path, because the stub gives its children a clean environment.

    engine      ready | down | denied | broken-context | silent | garbage | half    (half: exit 0, no Server);
                down becomes ready once a file "started" lies beside this one
    strangers   {project: [[container, directory it was made in]]}; names: {container: project}
    hosts       {endpoint: engine} for -H; contexts: {name: endpoint} for `context ls`
    endpoint (of the active context, whose name is context), id ("made-up": another one for each answer), os, arch, version, store (classic | containerd), driver, cpus, root_dir, product, memory, time (of the engine)
    compose     "2.40.3" (plugin); with standalone: "1.29.2" a docker-compose instead; null: none
    load        ok | die | early-ok | hang | flood | unpack-error | full | lies | wait (until a file "go" lies beside) | meet (until another load
                has begun); a list: of the first to begin, of the second, …; load_bytes: when
    hang        ["ps"]: this command says nothing; while it does, a file "hanging" lies beside
    garbage     {"command": ["version"], "text": "…"}: what this command answers, with exit 0
    refuse      {"stop": "…"}: what a command with this word in it (with all of several) says on stderr, with exit 1
    create      ok | fail
    images      {reference: {"Id":…, "Os":…, "Architecture":…, "RootFS": {"Layers": […]}}}, there from the start
    unreadable  {text: words}: while the env file has this text, every verb of compose ends with these words and touches nothing
    up          {"exit": 0, "stderr": ""}
    containers  frames, one a look (`ps`), the last one stays: [[{"service":…, "status":…, …}, …], …]
                env ["A=b"], ports {"80/tcp": [{"HostPort": "8080"}]}, name, started, health_output, restart (policy), mounts, one_off as well; or {project: frames} of what was last brought up
    owners      {"8088": "name project"}; podman: true: it does not know the filter that asks for them
    exec        what each `docker exec` does, the last stays: [{"exit": 0, "stdout": "", "stderr": "", "seconds": 0}, …]
    cp          ok | cut | fail | hang | wait (until a file "go" lies beside): what `docker cp CONTAINER:PATH -` gives; cp_in ok | full: what `docker cp -` answers
    volume_size "13B" of each volume, for `system df`
    attempts    [id, …] containers that a killed proof has left
    compose_logs, compose_log_errors  bytes (as latin-1) that `compose logs` writes to stdout, stderr
    networks    [id, …] of every project
    volumes     […]        logs, log_errors  text that `docker logs` writes to stdout, stderr; or {service: text}
"""
import binascii
import fcntl
import io
import json
import os
import signal
import sys
import time

NEVER = 3600
HERE, SCENARIO, STATE = "", {}, {}


def beside(name):
    return os.path.join(HERE, name)


def read_json(name, fallback):
    try:
        with open(beside(name), encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return fallback


def save_state():
    """Whole or not at all: another docker may be reading it."""
    part = f"{beside('state.json')}.{os.getpid()}"
    with open(part, "w", encoding="utf-8") as file:
        json.dump(STATE, file)
    os.replace(part, beside("state.json"))


def setting(name, fallback):
    return SCENARIO.get(name, fallback)


def fail(text, code=1):
    sys.stdout.flush()
    print(text, file=sys.stderr)
    sys.exit(code)


def engine_state():
    if sys.argv[1:2] == ["-H"]:
        return setting("hosts", {}).get(sys.argv[2], "down")
    engine = setting("engine", "ready")
    return "ready" if engine == "down" and os.path.exists(beside("started")) else engine


def need_engine():
    """What the CLI says when it does not get through: the words of 20.10 to 28."""
    engine = engine_state()
    if engine == "down":
        fail("Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?")
    if engine == "denied":
        fail("permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: "
             "Get \"http://%2Fvar%2Frun%2Fdocker.sock/v1.24/version\": dial unix /var/run/docker.sock: connect: "
             "permission denied")
    if engine == "silent":
        time.sleep(NEVER)
    if engine == "garbage":
        print("Welcome to \x1b[31mour company's wrapper\x1b[0m {not json")
        sys.exit(0)


def version():
    need_engine()
    server = {"Os": setting("os", "linux"), "Arch": setting("arch", "amd64"), "Version": setting("version", "28.5.2"),
              "ApiVersion": "1.51"}
    if "{{.Server.Os}}" in sys.argv:
        return print(server["Os"])
    answer = {"Client": {"Version": "28.5.2"}, "Server": server}
    if engine_state() == "half":
        answer["Server"] = None
    return print(json.dumps(answer))


def engine_id():
    """"made-up": another one for each answer, as Podman's."""
    return os.urandom(8).hex() if setting("id", "") == "made-up" else setting("id", "ONE")


def info():
    need_engine()
    if "{{.ID}}" in sys.argv:
        return print(engine_id())
    containerd = setting("store", "classic") == "containerd"
    status = [["driver-type", "io.containerd.snapshotter.v1"]] if containerd else [["Backing Filesystem", "extfs"]]
    print(json.dumps({"Driver": setting("driver", "overlayfs" if containerd else "overlay2"), "DriverStatus": status,
                      "DockerRootDir": setting("root_dir", "/nonexistent/docker"), "MemTotal": setting("memory", 8 << 30), "NCPU": setting("cpus", 4),
                      "OperatingSystem": setting("product", "Fake Linux"), "ID": engine_id(), "SystemTime": setting("time", "")}))


def context():
    if sys.argv[2] == "ls":
        return print("\n".join(f"{name} {endpoint}" for name, endpoint in setting("contexts", {}).items()))
    if setting("engine", "ready") == "broken-context":
        fail("unable to resolve docker endpoint: context \"nosuch\": context not found: open /x/meta.json: "
             "no such file or directory")
    return print(setting("context", "default") + " " + setting("endpoint", "unix:///var/run/docker.sock"))


# ---- images ----

def images():
    return {**setting("images", {}), **STATE["images"]}


def image_inspect(references):
    """Those that are there, in order; a line for each of the others, as 28 calls them."""
    need_engine()
    found = [images().get(short_name(name)) or images().get(name) for name in references]
    print(json.dumps([one for one in found if one]))
    missing = [short_name(name) for name, one in zip(references, found) if not one]
    if missing:
        fail("\n".join(f"Error response from daemon: No such image: {name}" for name in missing))


def short_name(reference):
    for prefix in ("docker.io/library/", "docker.io/"):
        if reference.startswith(prefix):
            return reference[len(prefix):]
    return reference


def read_archive(bytes_read):
    """What a real classic store would register, by tag: id = config digest, diff_ids from the config. None: no whole archive."""
    import hashlib  # these two would be most of the time that a start takes
    import tarfile
    found = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(bytes_read)) as archive:
            for image in json.load(archive.extractfile("manifest.json")):
                raw = archive.extractfile(image["Config"]).read()
                config = json.loads(raw)
                for layer in image["Layers"]:
                    archive.extractfile(layer).read()
                for tag in image["RepoTags"]:
                    found[tag] = {
                        "Id": "sha256:" + hashlib.sha256(raw).hexdigest(), "RepoTags": [tag],
                        "Os": config["os"], "Architecture": config["architecture"],
                        "RootFS": {"Type": "layers", "Layers": config["rootfs"]["diff_ids"]}}
    except (tarfile.TarError, KeyError, EOFError):
        return None
    return found


def take_images(found):
    with open(beside("loading.lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two may load at once
        STATE["images"] = read_json("state.json", STATE)["images"]
        for tag, image in found.items():
            STATE["images"][short_name(tag)] = image
            print("Loaded image: " + short_name(tag))
        save_state()


def load():
    need_engine()
    mode, at = setting("load", "ok"), setting("load_bytes", 4096)
    with open(beside("loads"), "a", encoding="ascii") as begun:
        begun.write("x")
        begun.flush()
        number = begun.tell()
    if isinstance(mode, list):
        mode = mode[min(number, len(mode)) - 1]
    if mode == "die":
        sys.stdin.buffer.read(at)
        os.kill(os.getpid(), signal.SIGKILL)
    if mode == "early-ok":
        sys.stdin.buffer.read(at)
        sys.exit(0)
    if mode == "hang":
        hang()
    if mode == "full":
        sys.stdin.buffer.read(at)
        fail("Error processing tar file(exit status 1): write /layer: no space left on device")
    if mode == "wait":
        while not os.path.exists(beside("go")):
            time.sleep(0.05)
    if mode == "meet":
        while os.path.getsize(beside("loads")) < 2:
            time.sleep(0.05)
    if mode == "flood":
        for _ in range(4096):
            sys.stderr.write("\x1b[2J noise " * 256 + "\n")
    everything = sys.stdin.buffer.read()
    if mode == "lies":
        print("Loaded image: everything")
        return
    found = read_archive(everything)
    if found is None:
        fail("Error processing tar file(exit status 1): unexpected EOF")
    take_images(found)
    if mode == "unpack-error":
        print("Error unpacking image x: apply layer error: failed to extract layer sha256:d72a: NotFound")


def create(reference):
    need_engine()
    if short_name(reference) not in images():
        fail(f"Error: No such image: {reference}")
    if setting("create", "ok") != "ok":
        fail("Error response from daemon: failed to extract layer sha256:d72a: content digest sha256:0983: not found")
    print("c" * 64)


# ---- containers ----

def frame():
    frames = setting("containers", [])
    if isinstance(frames, dict):
        frames = frames.get(STATE.get("project"), [])
    before = setting("running_before", False) and not STATE.get("removed")
    if not frames or (STATE["up"] == 0 and not before):
        return []
    return frames[min(max(STATE["looks"] - 1, 0), len(frames) - 1)]


def identity(container):
    words = (container["service"] + container.get("id", "")).encode()
    return "".join(f"{binascii.crc32(b'%d ' % part + words):08x}" for part in range(8))


def strangers(project=None):
    """Containers that were made in other directories: of a project, or all."""
    known = setting("strangers", {})
    return [{"service": name, "name": name, "directory": folder}
            for one in ([project] if project else known) for name, folder in known.get(one, [])]


def own_port(port):
    """As the engine would say it of the running stack: a port stands in .env."""
    if not STATE["up"] or not STATE.get("env_file"):
        return None
    try:
        with open(STATE["env_file"], encoding="utf-8") as file:
            values = [line.rstrip("\n").split("=", 1)[-1] for line in file]
    except PermissionError:  # played for a user; an engine is root
        return None
    return f"{STATE['project']}-web-1 {STATE['project']}" if port in values else None


def execute(arguments):
    need_engine()
    names = []
    while arguments[0] == "-e":
        names.append(arguments[1])
        arguments = arguments[2:]
    with open(beside("exec.jsonl"), "a", encoding="utf-8") as file:
        file.write(json.dumps({"container": arguments[0], "argv": arguments[1:],
                               "env": {name: os.environ.get(name) for name in names}}) + "\n")
    answers = setting("exec", [{}])
    answer = answers[min(STATE.get("execs", 0), len(answers) - 1)]
    STATE["execs"] = STATE.get("execs", 0) + 1
    save_state()
    time.sleep(answer.get("seconds", 0))
    sys.stdout.write(answer.get("stdout", ""))
    sys.stderr.write(answer.get("stderr", ""))
    sys.exit(answer.get("exit", 0))


def ps(arguments):
    need_engine()
    filters = " ".join(arguments)
    if "hardtack.proof" in filters:
        return print("\n".join(setting("attempts", [])))
    if "publish=" in filters and setting("podman", False):
        fail("Error response from daemon: publish is an invalid filter")
    if "{{.Ports}}" in filters and "publish=" not in filters:
        return print("\n".join(f"{owner} 0.0.0.0:1{port}->{port}/tcp, 127.0.0.1:{port}->80/tcp, {port}/udp"
                               for port, owner in setting("owners", {}).items()))
    if {"-q", "-aq"} & set(arguments) and ("publish=" in filters or "name=" in filters):  # several filters: any of them
        found = [word for word in arguments if word.startswith("publish=") and any(
            setting("owners", {}).get(str(port)) or own_port(str(port)) for port in range(
                *[int(end) + more for more, end in enumerate(word.split("=")[1].split("/")[0].split("-"))]))]
        found += [word for word in arguments if word.startswith("name=") and any(
            word.split("=")[1] in name for name in setting("names", {}))]
        return print("a" * 12) if found else None
    if "publish=" in filters:
        port = filters.split("publish=")[1].split()[0]
        owner = setting("owners", {}).get(port) or own_port(port)
        if owner:
            print(owner)
        return None
    if "hardtack.helper=" in filters or "volume=" in filters:
        return None
    if "working_dir" in filters:
        project = filters.split("project=")[1].split()[0]
        return print("\n".join(f"{name} {folder}" for name, folder in setting("strangers", {}).get(project, [])))
    if "hardtack.helper" in filters:
        return None
    if "name=" in filters:
        wanted = filters.split("name=")[1].split()[0]
        return print("\n".join(f"{name} {project}" for name, project in setting("names", {}).items() if wanted in name))
    if "-q" in arguments:
        ours = [] if STATE.get("stopped") else frame()
        return print("\n".join(identity(one) for one in ours if one.get("status", "running") in ("running", "restarting", "paused")))
    if STATE["up"]:
        STATE["looks"] += 1
        save_state()
    for container in frame() + strangers(filters.split("project=")[1].split()[0] if "project=" in filters else None):
        print(identity(container))
    return None


def container_inspect(ids):
    need_engine()
    found = []
    for container in frame() + strangers():
        if identity(container) not in ids:
            continue
        status = container.get("status", "running")
        state = {"Status": status, "Running": status in ("running", "restarting"), "Restarting": status == "restarting",
                 "OOMKilled": container.get("oom", False), "ExitCode": container.get("exit", 0),
                 "Error": container.get("error", ""), "StartedAt": container.get("started", "2026-01-01T00:00:00Z")}
        if "health" in container:
            state["Health"] = {"Status": container["health"],
                               "Log": [{"ExitCode": 1, "Output": container.get("health_output", "")}]}
        found.append({"Id": identity(container), "Name": "/" + container.get("name", "p-" + container["service"] + "-1"), "Image": "sha256:00",
                      "RestartCount": container.get("restarts", 0), "State": state,
                      "Mounts": container.get("mounts", []),
                      "NetworkSettings": {"Ports": container.get("ports", {})},
                      "HostConfig": {"RestartPolicy": {"Name": container.get("restart", "")}, "PortBindings": container.get("bindings", {})},
                      "Config": {"Env": container.get("env", []),
                                 "Labels": {"com.docker.compose.service": container["service"],
                                            "com.docker.compose.project.working_dir": container.get("directory", ""),
                                            "com.docker.compose.oneoff": str(container.get("one_off", False))}}})
    print(json.dumps(found))


def logs(identifier):
    """Each stream of `docker logs`, for all containers or by service."""
    for name, stream in (("logs", sys.stdout), ("log_errors", sys.stderr)):
        text = setting(name, "")
        if isinstance(text, dict):
            text = next((text.get(one["service"], "") for one in frame() if identity(one) == identifier), "")
        if text:
            print(text, file=stream)


def volumes(of):
    """A list: of every project; or {project: list}."""
    known = setting("volumes", [])
    print("\n".join(known if isinstance(known, list) else known.get(of.split("=")[-1], [])))


def volume(verb, name):
    """inspect, create and rm: each volume is its project's (PROJECT_KEY)."""
    need_engine()
    gone = STATE.setdefault("volumes_gone", [])
    if verb == "inspect":
        if name in gone:
            print("[]")
            fail(f"Error response from daemon: get {name}: no such volume")
        project, _, key = name.partition("_")
        return print(json.dumps([{"Name": name, "Driver": "local", "Options": None, "Labels": {
            "com.docker.compose.project": project, "com.docker.compose.volume": key}}]))
    if verb == "rm":
        gone.append(name)
    elif name in gone:
        gone.remove(name)
    return save_state()


def copy(source, target):
    need_engine()
    if source == "-":
        sys.stdin.buffer.read(4096)
        if setting("cp_in", "ok") == "full":
            fail("Error response from daemon: write /hardtack-volume/x: no space left on device")
        sys.stdin.buffer.read()
        return
    if not source.endswith("/hardtack-volume"):
        fail(f"Error response from daemon: Could not find the file {source} in container")
    if setting("cp", "ok") == "fail":
        fail("Error response from daemon: driver failed")
    if setting("cp", "ok") == "hang":
        time.sleep(NEVER)
    while setting("cp", "ok") == "wait" and not os.path.exists(beside("go")):
        time.sleep(0.05)
    import tarfile
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        folder = tarfile.TarInfo("hardtack-volume")
        folder.type = tarfile.DIRTYPE
        archive.addfile(folder)
        archive.addfile(tarfile.TarInfo("hardtack-volume/file"))
    data = out.getvalue()
    sys.stdout.buffer.write(data[:1024] if setting("cp", "ok") == "cut" else data)


def refuse_env_file(arguments):
    """As v2 does, whatever the verb: it reads first (with other words, 1.29 too)."""
    if "--env-file" not in arguments:
        return
    with open(arguments[arguments.index("--env-file") + 1], encoding="utf-8") as file:
        values = file.read()
    for text, words in setting("unreadable", {}).items():
        if text in values:
            fail(words, 15)


def compose(arguments):
    have = setting("compose", "2.40.3")
    if arguments[0] == "version":
        print(have)
        return
    verb = next(word for word in ("up", "stop", "start", "down", "logs", "config") if word in arguments)
    refuse_env_file(arguments)
    if verb == "config":
        with open(arguments[arguments.index("-f") + 1], "rb") as file:
            if b"\0" in file.read():
                fail("yaml: control characters are not allowed", 15)
    if verb == "up":
        answer = setting("up", {})
        if answer.get("exit", 0):
            STATE["up"] += answer.get("made", 0)
            save_state()
            fail(answer.get("stderr", "compose failed"), answer["exit"])
        STATE["up"] += 1
        STATE["stopped"] = STATE["removed"] = False
        STATE["project"] = arguments[arguments.index("-p") + 1]
        STATE["env_file"] = arguments[arguments.index("--env-file") + 1] if "--env-file" in arguments else None
    elif verb == "down":
        STATE["up"], STATE["removed"] = 0, True
    elif verb == "stop":
        STATE["stopped"] = True
    elif verb == "logs":
        for name, stream in (("compose_logs", sys.stdout), ("compose_log_errors", sys.stderr)):
            stream.buffer.write(setting(name, "").encode("latin-1"))
    save_state()


def hang():
    """Until somebody ends it: clocks that a test plays go by the file."""
    def end(*_):
        if os.path.exists(beside("hanging")):  # two may hang at once
            os.unlink(beside("hanging"))
        os._exit(1)
    signal.signal(signal.SIGTERM, end)
    with open(beside("hanging"), "w", encoding="ascii"):
        pass
    time.sleep(NEVER)


def dispatch(argv):
    plain = argv[2:] if argv[:1] == ["-H"] else argv
    wanted = setting("hang", None)
    if wanted and plain[:1] == wanted[:1] and set(wanted) <= set(plain):
        hang()
    garbage = setting("garbage", None)
    if garbage and argv[:len(garbage["command"])] == garbage["command"]:
        sys.stdout.write(garbage["text"])
        return None
    for word, text in setting("refuse", {}).items():
        if set(word.split()) <= set(argv):
            fail(text)
    if os.path.basename(sys.argv[0]) == "docker-compose":
        if not setting("standalone", False):
            fail("no", 127)
        return compose(argv)
    if argv[0] == "-H":
        argv = argv[2:]
    if argv[0] == "compose":
        if setting("compose", "2.40.3") is None or setting("standalone", False):
            fail("docker: 'compose' is not a docker command.\nSee 'docker --help'")
        return compose(argv[1:])
    if argv[:2] == ["image", "inspect"]:
        return image_inspect(argv[2:])
    if argv[:2] == ["container", "inspect"]:
        return container_inspect(argv[2:])
    if argv[:2] == ["image", "rm"]:
        STATE["images"].pop(short_name(argv[2]), None)
        return save_state()
    if argv[:2] == ["volume", "ls"]:
        return volumes(argv[-1])
    if argv[0] == "volume":
        return volume(argv[1], argv[-1])
    if argv[0] == "cp":
        return copy(argv[1], argv[2])
    if argv[:2] == ["system", "df"]:
        known = setting("volumes", [])
        return print("\n".join(f"{name} {setting('volume_size', '13B')}" for name in known))
    if argv[0] == "network":
        return print("\n".join(setting("networks", []))) if argv[1] == "ls" else None
    if argv[0] in ("stop", "start"):
        STATE["stopped"] = argv[0] == "stop"
        return save_state()
    plain = {"version": version, "info": info, "context": context, "load": load}
    if argv[0] in plain:
        return plain[argv[0]]()
    if argv[0] == "create":
        return create(argv[-2])
    if argv[0] == "ps":
        return ps(argv)
    if argv[0] == "exec":
        return execute(argv[1:])
    if argv[0] == "logs":
        return logs(argv[-1])
    if argv[:2] == ["rm", "-f"] and argv[-1] != "c" * 64:  # the project's, no helper
        STATE["up"], STATE["removed"] = 0, True
        return save_state()
    if argv[0] == "rm":
        return None
    return fail(f"fake docker: no answer to {argv}", 125)


def main():
    global HERE, SCENARIO, STATE
    HERE = os.path.dirname(os.path.abspath(sys.argv[0]))
    SCENARIO = read_json("scenario.json", {})
    STATE = read_json("state.json", {"images": {}, "looks": 0, "up": 0})
    with open(beside("calls.jsonl"), "a", encoding="utf-8") as calls:
        calls.write(json.dumps([os.path.basename(sys.argv[0])] + sys.argv[1:]) + "\n")
    dispatch(sys.argv[1:])

