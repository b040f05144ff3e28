"""What cannot work is refused early, with the promised exit code: no engine, a taken port, no terminal."""
import grp
import os
import shutil
import subprocess
import sys
import tempfile

import harness

TAKE_PORT = """import socket, sys
taken = socket.socket()
taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
taken.bind(("127.0.0.1", 8088))
taken.listen()
print("ready", flush=True)
sys.stdin.read()
"""


def disk_full(t):
    """A build onto a disk that is too small."""
    small = t.path("small")
    os.makedirs(small)
    script = 'mount -t tmpfs -o size=256k small "$1" && shift && "$@"; code=$?; echo "left: $(ls -A small)" >&2; exit $code'
    done = t.run(["unshare", "--mount", "sh", "-c", script, "sh", small, harness.HARDTACK, "--no-progress", "build",
                  harness.HELLO, "--offline", "--target", "linux-amd64", "-o", small + "/", "--image-archive",
                  os.path.join(t.bench.hello_images(), "hello-oci.tar")])
    t.check(done.code == 9 and "left: " in done.err.splitlines(),
            "build onto a full disk: 9, leaves nothing", done)


def not_allowed(t, file, engine):
    """A person who may not use the engine's socket."""
    public = tempfile.mkdtemp(prefix="hardtack-e2e-public-")
    try:
        os.chmod(public, 0o777)
        copy = shutil.copy(file, public)
        done = t.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", copy, "install", "--yes"], engine,
                     env={"HOME": public, "PATH": os.path.join(public, "bin") + ":/usr/bin:/bin"}, cwd=public)
        t.check(done.code == 10, "docker missing for that person: 10", done)
        os.mkdir(os.path.join(public, "bin"))
        tool = shutil.copy(os.path.realpath(os.path.join(engine.folder, "bin", "docker")), os.path.join(public, "bin"))
        os.chmod(tool, 0o755)
        done = t.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", copy, "install", "--yes"], engine,
                     env={"HOME": public, "PATH": os.path.join(public, "bin") + ":/usr/bin:/bin"}, cwd=public)
        t.check(done.code == 10 and "permission" in done.err.lower() and "sudo" in done.err,
                "not allowed to use the socket: 10, and says so", done)
        os.chown(engine.socket, 0, grp.getgrnam("games").gr_gid)
        os.chmod(os.path.dirname(engine.socket), 0o711)  # as /var/run is open to all
        done = t.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", copy, "install", "--yes"], engine,
                     env={"HOME": public, "PATH": os.path.join(public, "bin") + ":/usr/bin:/bin"}, cwd=public)
        t.check(done.code == 10 and "usermod -aG games $USER" in done.err and "log out and in again" in done.err,
                "and names the group that may", done)
        os.chown(engine.socket, 0, 0)
    finally:
        shutil.rmtree(public)


def story(t):
    file = t.build_hello()
    engine = t.bench.engine("v28")
    not_allowed(t, file, engine)
    done = t.installer(file, "install", "--yes", engine=engine,
                       env={"DOCKER_HOST": "unix://" + t.path("nobody.sock")})
    t.check(done.code == 10, "no engine at that socket: 10", done)
    done = t.installer(file, "install", "--yes", env={"PATH": t.path("empty")})
    t.check(done.code == 10, "no docker in PATH: 10", done)
    done = t.installer(file, "install", "--yes", engine=engine, env={"DOCKER_HOST": "tcp://127.0.0.1:2375"})
    t.check(done.code in (10, 11), "a tcp engine: fails preflight", done)

    owner = subprocess.Popen(engine.argv([sys.executable, "-c", TAKE_PORT]), stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE)
    try:
        owner.stdout.readline()
        done = t.installer(file, "install", "--yes", engine=engine)
        t.check(done.code == 11 and "8088" in done.err + done.out, "port 8088 is taken: 11, and it is named", done)
        t.check(engine.run(["docker", "ps", "-aq"]).stdout == "", "no container was made")
        done = t.installer(file, "preflight", engine=engine)
        t.check(done.code == 11, "preflight says the same: 11", done)
    finally:
        owner.communicate()

    for words in ([], ["install"]):
        done = t.installer(file, *words, engine=engine)
        t.check(done.code == 2, f"{' '.join(words) or 'no verb'} without a terminal and without --yes: 2", done)
    t.check(engine.run(["docker", "images", "-q"]).stdout == "", "nothing was loaded")
    for words in (["nosuchverb"], ["install", "--nosuchoption"], ["status"]):
        done = t.installer(file, *words, engine=engine)
        t.check(done.code == 2 and done.err, f"{' '.join(words)}: 2", done)
    t.check(t.hardtack("nosuchverb").code == 2, "hardtack nosuchverb: 2")
    done = t.hardtack("build", t.path("nosuch.yaml"))
    t.check(done.code in (2, 3, 8), "hardtack build of a file that is not there: an error", done)
    disk_full(t)
    port_free = t.installer(file, "install", "--yes", engine=engine)
    t.check(port_free.code == 0, "with the port free again it installs: 0", port_free)
    t.check(t.installer(file, "uninstall", "--yes", engine=engine).code == 0, "uninstall: 0")
