"""No secret leaves: not in an argument vector, an output, a file that others may read. Docker says each of them with every failure."""
import os
import pty
import resource
import select
import signal
import stat
import subprocess
import tarfile
import termios
import threading
import time

from __main__ import HARDTACK, PATIENCE, installer_of, read, story  # pylint: disable=no-name-in-module

TYPED = "typed-$ecret 'x\" \\y#1"
PROJECT = {
    "compose.yaml": "services:\n  web:\n    image: hardtack/hello:1.0.0\n    restart: always\n    volumes: [\"data:/data\"]\n"
                    "    ports: [\"127.0.0.1:${PORT}:8080\"]\n    environment: {DB_PASSWORD: \"${DB_PASSWORD}\"}\n"
                    "volumes:\n  data:\n",
    "env.template": "PORT={{port 3000}}\nDB_PASSWORD={{secret hex 32}}\nGRAINS={{secret base64 24}}\n"
                    "ADMIN_PASSWORD={{ask \"Admin's password\"}}\n",
    "client/.env.template": "API_KEY=${DB_PASSWORD}\nLOGIN_TOKEN=${ADMIN_PASSWORD}\n",
    "hardtack.yaml": """hardtack: 1
name: vault
version: "%s"
compose: compose.yaml
env: env.template
files: [client/]
sop:
  - up
  - wait_healthy: {timeout: 5s}
  - wait_log: {service: web, match: "ready", timeout: 1s, required: false}
  - exec: {name: look, service: web, command: [sh, -c, 'look "$$TOKEN"'], env: {TOKEN: "${DB_PASSWORD}", GRAIN: "${GRAINS}"}}
  - message: {en: "See ${ADMIN_PASSWORD} and ${DB_PASSWORD}"}
backup:
  exec: {service: web, command: [sh, -c, dump], env: {PGPASSWORD: "${DB_PASSWORD}", ADMIN: "${ADMIN_PASSWORD}", GRAIN: "${GRAINS}"}}
  restore: {service: web, command: [sh, -c, fill], env: {PGPASSWORD: "${DB_PASSWORD}", ADMIN: "${ADMIN_PASSWORD}", GRAIN: "${GRAINS}"}}
""",
}
DATA = {"volumes": ["vault_data"], "running_before": True}


def vault(version):
    return installer_of("vault-" + version, {**PROJECT, "hardtack.yaml": PROJECT["hardtack.yaml"].replace("%s", version)})


def may_read(path):
    return os.stat(path).st_mode & 0o077


class Watch:
    """Looks at all command lines and at new files of the stage, while a verb runs."""

    def __init__(self, t, secrets):
        self.t, self.secrets, self.found, self.over = t, secrets, set(), threading.Event()
        self.thread = threading.Thread(target=self.look_on, daemon=True)
        self.thread.start()

    def look_on(self):
        own = str(os.getpid())
        while not self.over.wait(0.02):
            for process in os.listdir("/proc") if os.path.isdir("/proc") else []:
                if process.isdigit() and process != own:
                    self.look(f"/proc/{process}/cmdline", "a command line")

    def look(self, path, what):
        try:
            with open(path, "rb") as file:
                text = file.read()
        except OSError:
            return
        if any(secret.encode() in text for secret in self.secrets):
            self.found.add(f"{what}: {path}: {text[:300]!r}")

    def end(self):
        self.over.set()
        self.thread.join()
        return self.found


def exposed(t, secrets):
    """Files that hold a secret and that others could read; and what docker was called with."""
    found = [f"argv: {call}" for call in t.calls() if any(secret in word for secret in secrets for word in call)]
    for folder, _, names in os.walk(t.folder):
        for name in names:
            path = os.path.join(folder, name)
            if folder == t.bin or os.path.islink(path) or not stat.S_ISREG(os.stat(path).st_mode):
                continue
            with open(path, "rb") as file:
                text = file.read()
            if any(secret.encode() in text for secret in secrets) and may_read(path):
                found.append(f"mode {os.stat(path).st_mode:o}: {path}")
            if name in ("journal.jsonl", "receipt.json", "state.json", "fallback.json", "restore.json") and \
                    any(secret.encode() in text for secret in secrets):
                found.append(f"in {path}")
    return found


def clean(t, what, done, secrets):
    for form in secrets:
        t.check(form not in done.out + done.err, f"{what}: {form!r} is shown", done)
    t.check(not exposed(t, secrets), what, exposed(t, secrets))


@story
def a_password_is_typed_unseen(t):
    done = t.person(["--set", f"PORT={t.port}"], [("[Y/n]", b"y\n"), ("password: ", b"un-seen-one\n")], file=vault("1.0"))
    env = read(os.path.join(t.home, "hardtack", "vault", ".env"))
    t.check(done.code == 0 and "un-seen-one" in env, "it is taken", done)
    t.check("un-seen-one" not in done.out, "and not shown", done)


@story
def a_broken_env_file_is_not_quoted(t):
    done = t.run("install", "--yes", "--set", f"PORT={t.port}", "--set", "ADMIN_PASSWORD=well kept", file=vault("1.0"))
    t.check(done.code == 0, "installed", done)
    path = os.path.join(t.home, "hardtack", "vault", ".env")
    lines = read(path)
    with open(path, "a", encoding="utf-8") as file:
        file.write("OPEN='never closed\n")
    t.play(**DATA, unreadable={"OPEN='": f"failed to read .env: unterminated quoted value near {lines}"})
    grains = next(line.split("=", 1)[1].strip("'\"") for line in lines.splitlines() if line.startswith("GRAINS="))
    done = t.run("stop", file=vault("1.0"))
    t.check(done.code == 0 and "GRAINS=****" in done.err.replace("'", "").replace('"', "") and grains not in done.err
            and "well kept" not in done.err, "masked", done)


@story
def no_secret_leaves_by_any_verb_that_fails(t):
    given = os.path.join(t.folder, "typed")
    with open(given, "w", encoding="utf-8") as file:
        file.write(TYPED)
    os.chmod(given, 0o600)
    done = t.run("install", "--yes", "--set", f"PORT={t.port}", "--set", f"ADMIN_PASSWORD=@{given}", file=vault("1.0"))
    t.check(done.code == 0, "installed", done)
    home = os.path.join(t.home, "hardtack", "vault")
    env = dict(line.split("=", 1) for line in read(os.path.join(home, ".env")).splitlines() if "=" in line)
    secrets = [env["DB_PASSWORD"], env["GRAINS"].strip("'\""), TYPED]
    clean(t, "install", done, secrets)
    t.check(not may_read(os.path.join(home, "client", ".env")), "client/.env is private")
    spill = "it failed with " + "; ".join(f"NAME{n}: {secret} !" for n, secret in enumerate(secrets))
    watch = Watch(t, secrets)
    kept = os.path.join(t.folder, "kept.tar")
    t.play(**DATA, exec=[{"stdout": "rows"}])
    done = t.run("backup", kept, file=vault("1.0"))
    t.check(done.code == 0 and not may_read(kept), "a backup by the hook", done)
    clean(t, "backup", done, secrets)
    with tarfile.open(kept) as archive:
        for entry in ("backup.json", "receipt.json", "index.json"):
            text = archive.extractfile("hardtack-backup/" + entry).read().decode()
            t.check(not any(secret in text for secret in secrets), f"{entry} of the backup", text)
    sick = [[{"service": "web", "status": "exited", "exit": 3, "error": spill, "health_output": spill, "env": [
        "DB_PASSWORD=" + secrets[0]]}]]
    ill = [[{"service": "web", "health": "unhealthy", "health_output": spill, "error": spill}]]
    worlds = {"well": {}, "sick": {"containers": sick}, "ill": {"containers": ill}, "exec": {"exec": [{"exit": 7, "stdout": spill, "stderr": spill}]},
              **{word: {"refuse": {word: spill}} for word in ("stop", "up", "down")}}
    for count, (name, verb) in enumerate((name, verb) for names, *verb in TRIALS for name in names.split()):
        t.play(**{**DATA, **worlds[name], "logs": "line\n" + spill, "log_errors": spill})
        arguments = [word.format(new=os.path.join(t.folder, f"new{count}"), kept=kept) for word in verb[1:]]
        done = t.run(*arguments, *(["--json"] if count % 2 else []), file=vault(verb[0]), timeout=120)
        t.check((done.code == 0) == (name in ("well", "down")), f"{name}: {verb}: it fails (docker itself takes down)", done)
        clean(t, f"{name}: {verb}", done, secrets)
    found = watch.end()
    t.check(not found, "command lines", found)


no_secret_leaves_by_any_verb_that_fails.native = True  # under machorun it would say the same

# What fails, each in turn, then the version of the program and its words.
TRIALS = [("sick exec", "1.0", "install", "--yes"), ("up", "1.0", "start", "-v"), ("stop", "1.0", "stop"), ("sick", "1.0", "status"),
          ("ill", "1.0", "doctor", "--report", "{new}.tar"), ("exec", "1.0", "smoke"), ("exec", "1.0", "backup", "{new}.backup"),
          ("up exec sick", "1.0", "restore", "--yes", "--timeout", "2", "{kept}"), ("up exec", "2.0", "install", "--yes", "--timeout", "2"),
          ("up", "1.0", "rollback", "--yes"), ("well", "1.0", "restore", "--yes", "{kept}"), ("well", "1.0", "credentials"),
          ("down", "1.0", "uninstall", "--yes"), ("well", "1.0", "uninstall", "--yes", "--purge-data")]


class Job:
    """A program as a shell's job at a terminal: in a process group of its own, which Ctrl-Z stops."""

    def __init__(self, t, argv):
        told, tell = os.pipe()
        self.shell, self.master = pty.fork()
        self.seen = b""
        if self.shell == 0:
            signal.signal(signal.SIGTTOU, signal.SIG_IGN)
            job = os.fork()
            if job == 0:
                os.setpgid(0, 0)
                os.tcsetpgrp(0, os.getpid())
                for number in (signal.SIGTTOU, signal.SIGINT, signal.SIGQUIT):  # a background shell ignores the latter
                    signal.signal(number, signal.SIG_DFL)
                os.chdir("/")
                resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
                os.execve(argv[0], argv, {**t.env, "TERM": "xterm"})
            os.write(tell, b"%d" % job)
            code = os.waitstatus_to_exitcode(os.waitpid(job, 0)[1])
            os.write(tell, b"echo" if termios.tcgetattr(0)[3] & termios.ECHO else b"none")
            os._exit(code & 255)
        self.pid = int(os.read(told, 32))
        self.told = told
        os.close(tell)

    def wait(self, true, seconds=30):
        """Until this is so; what is shown meanwhile is in seen."""
        until = time.monotonic() + seconds * PATIENCE
        while time.monotonic() < until and not true():
            if select.select([self.master], [], [], 0.05)[0]:
                try:
                    self.seen += os.read(self.master, 65536)
                except OSError:
                    return true()
        return true()

    def asked(self, question, times=1):
        return self.wait(lambda: self.seen.count(question) >= times)

    def stopped(self):
        return self.wait(lambda: subprocess.run(["ps", "-o", "stat=", "-p", str(self.pid)], capture_output=True,
                                                check=False).stdout.startswith(b"T"), 10)

    def echoes(self):
        return bool(termios.tcgetattr(self.master)[3] & termios.ECHO)

    def type(self, keys):
        os.write(self.master, keys)

    def end(self):
        ended = select.poll()
        ended.register(self.master, 0)
        if not self.wait(lambda: ended.poll(0)):
            os.kill(self.pid, signal.SIGKILL)
        self.left = os.read(self.told, 32)  # how it left the terminal
        os.close(self.told)
        os.close(self.master)
        return os.waitstatus_to_exitcode(os.waitpid(self.shell, 0)[1])


@story
def whatever_ends_a_password_s_question_the_terminal_echoes_again(t):
    for argv, question in (([*vault("1.0"), "--set", f"PORT={t.port}"], b"password: "),
                           ([HARDTACK, "keygen", os.path.join(t.folder, "k.pem")], b"passphrase for")):
        for key in (b"\x03", b"\x1c"):  # Ctrl-C, Ctrl-backslash
            job = Job(t, argv)
            if argv[0] != HARDTACK:
                job.asked(b"[Y/n]")
                job.type(b"y\n")
            t.check(job.asked(question) and job.wait(lambda: not job.echoes(), 5), f"{question}: asked", job.seen)
            job.type(key)
            t.check(job.end() != 0 and job.left == b"echo", f"{question}, {key}", (job.left, job.seen))


@story
def a_stop_at_a_password_gives_the_terminal_back_and_hides_it_again(t):
    job = Job(t, [*vault("1.0"), "--set", f"PORT={t.port}"])
    question = b"password: "
    job.asked(b"[Y/n]")
    job.type(b"\x1a")
    t.check(job.stopped() and job.echoes(), "stopped at a plain question", job.seen)
    os.kill(job.pid, signal.SIGCONT)
    t.check(job.asked(b"[Y/n]", 2), "it is put again", job.seen)
    job.type(b"y\n")
    for times in (1, 2):
        t.check(job.asked(question, times) and job.wait(lambda: not job.echoes(), 5), f"asked {times}: no echo", job.seen)
        job.type(b"half-")
        job.type(b"\x1a")
        t.check(job.stopped() and job.echoes(), f"stopped {times}: the shell's terminal echoes", job.seen)
        os.kill(job.pid, signal.SIGCONT)
    t.check(job.asked(question, 3) and job.wait(lambda: not job.echoes(), 5), "put again, no echo", job.seen)
    job.type(b"un-seen-one\n")
    t.check(job.end() == 0 and b"un-seen" not in job.seen and b"half" not in job.seen, "nothing typed is shown", job.seen)
    t.check("ADMIN_PASSWORD=un-seen-one" in read(os.path.join(t.home, "hardtack/vault/.env")), "what was typed at last counts")


@story
def an_end_at_a_question_has_a_line_of_its_own(t):
    for key in (b"\x03", b"\x04"):
        done = t.person([], [("Go on? [Y/n]: ", key)])
        line = [line for line in done.out.splitlines() if "Go on?" in line]
        t.check(done.code == 130 and line and "Error" not in line[-1] and "Error" in done.out, f"{key}", done)
