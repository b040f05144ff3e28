"""Who made it: keys, forged files, and that nothing is touched before that is known. See run."""
import hashlib
import io
import json
import os
import shutil
import struct
import subprocess
import tarfile

from __main__ import HARDTACK, MACHO, ROOT, Stage, machine, story  # pylint: disable=no-name-in-module

MAGIC = bytes.fromhex("89686172647461636b206c6f6361746f720d0a1a0ae35c917fd826ba04c96ef1")
PAGE = 16384


def key_of(name):
    """A private key, made when a story first asks for it."""
    path = os.path.join(Stage.made, f"{name}.pem")
    if not os.path.exists(path):
        subprocess.run([HARDTACK, "keygen", path], check=True, capture_output=True, stdin=subprocess.DEVNULL)
    return path


def public(name):
    return key_of(name).replace(".pem", ".pub.pem")


def fingerprint(name):
    der = subprocess.run(["openssl", "pkey", "-pubin", "-in", public(name), "-outform", "DER"], check=True, capture_output=True).stdout
    return "sha256:" + hashlib.sha256(der).hexdigest()


def signed_by(name):
    """Hello's installer, signed with that key."""
    path = os.path.join(Stage.made, f"hello-by-{name}.bin")
    if not os.path.exists(path):
        target = "darwin-arm64" if MACHO else f"linux-{machine()}"
        subprocess.run([HARDTACK, "build", os.path.join(ROOT, "payload/hello"), "--offline", "--image-archive", Stage.archive,
                        "--target", target, "--sign", key_of(name), "-o", path, "-q"], check=True, capture_output=True)
    return [*Stage.runner, path]


def trust(t, *names):
    folder = os.path.join(t.home, "Library/Application Support" if MACHO else ".config", "hardtack/trusted-keys")
    os.makedirs(folder, exist_ok=True)
    for name in names:
        shutil.copy(public(name), folder)
    return folder


def untouched(t, done, what):
    t.check(done.code == 7, f"{what}: exit 7", done)
    t.check(t.calls() == [], f"{what}: docker was never called", t.calls())
    t.check(not os.path.exists(os.path.join(t.home, "hardtack")), f"{what}: nothing was written", done)


# ---- forging: what somebody can do who has the format's description, and no key ----

class Forged:
    """An ELF installer taken apart; bytes() computes everything again that needs no key."""

    def __init__(self, path):
        with open(path, "rb") as file:
            data = file.read()
        self.at = data.index(MAGIC)
        self.offset, length = struct.unpack_from("<QQ", data, self.at + 48)
        self.stub, self.entries = bytearray(data[:self.offset]), []
        with tarfile.open(fileobj=io.BytesIO(data[self.offset:self.offset + length])) as archive:
            self.entries = [[member, archive.extractfile(member).read()] for member in archive]

    def entry(self, name):
        return next(entry for entry in self.entries if entry[0].name == name)

    def drop(self, name):
        self.entries.remove(self.entry(name))

    def list_again(self):
        """The manifest names what is there now."""
        manifest = self.entry("hardtack/manifest.json")
        document = json.loads(manifest[1])
        contents = {member.name: content for member, content in self.entries}
        for entry in document["entries"]:
            entry.update(size=len(contents[entry["path"]]), sha256=hashlib.sha256(contents[entry["path"]]).hexdigest())
        manifest[1] = json.dumps(document, ensure_ascii=False, indent=2).encode()

    def write(self, path):
        payload = io.BytesIO()
        for member, content in self.entries:
            member.size = len(content)
            payload.write(member.tobuf(tarfile.PAX_FORMAT) + content + bytes(-len(content) % 512))
        payload.write(bytes(1024))
        data = self.stub + payload.getvalue()
        struct.pack_into("<QQ", data, self.at + 48, self.offset, len(data) - self.offset)
        data[self.at + 64:self.at + 96] = bytes(32)
        pages = (data[at:at + PAGE] for at in range(0, len(data), PAGE))
        data[self.at + 64:self.at + 96] = hashlib.sha256(b"".join(hashlib.sha256(page).digest() for page in pages)).digest()
        with open(path, "wb") as file:
            file.write(data)
        os.chmod(path, 0o755)
        return [path]


def forged(t, name, change):
    forgery = Forged(signed_by("maker")[-1])
    change(forgery)
    return forgery.write(os.path.join(t.folder, name))


def change_file(forgery):
    entry = forgery.entry("hardtack/files/compose.yaml")
    entry[1] = entry[1].replace(b"127.0.0.1", b"000.0.0.0", 1)


def change_and_list(forgery):
    change_file(forgery)
    forgery.list_again()


def change_and_strip(forgery):
    change_and_list(forgery)
    forgery.drop("hardtack/manifest.sig")


# ---- stories ----

@story
def the_signer_is_shown_and_remembered(t):
    file, who = signed_by("maker"), fingerprint("maker")
    for verb in ("verify", "info"):
        done = t.run(verb, file=file)
        t.check(done.code == 0 and f"signed by {who}" in done.out, f"{verb} shows it", done)
        done = t.run(verb, "--json", file=file)
        t.check(f'"signer":"{who}"' in done.out, f"{verb} --json too", done)
        done = t.run(verb)
        t.check(done.code == 0 and "unsigned" in done.out, f"{verb}: unsigned", done)
    done = t.install(file=file)
    t.check(done.code == 0 and f"signed by {who}" in done.err, "the plan shows it", done)
    with open(t.path("receipt.json"), encoding="utf-8") as receipt:
        t.check(json.load(receipt)["signer"] == who, "the receipt has it")
    done = t.run("verify", file=[*Stage.runner, t.path("hardtack-control")])
    t.check(done.code == 0 and who in done.out, "the control program is signed too", done)


@story
def a_folder_of_trusted_keys_refuses_unsigned_and_foreign_files_first(t):
    trust(t, "maker")
    for what, file in (("unsigned", None), ("foreign", signed_by("stranger"))):
        for verb in (["install", "--yes"], ["load"], ["preflight"], ["status"], ["extract", os.path.join(t.folder, "out")],
                     ["uninstall", "--yes"], ["doctor"], []):
            untouched(t, t.run(*verb, file=file), f"{what}: {' '.join(verb) or 'no verb'}")
            t.check(not os.path.exists(os.path.join(t.folder, "out")), "nothing was unpacked")
        done = t.run("info", file=file)
        t.check(done.code == 0, f"{what}: info tells what it is all the same", done)
    done = t.install(file=signed_by("maker"))
    t.check(done.code == 0, "a signed one is installed", done)
    control = [*Stage.runner, t.path("hardtack-control")]
    t.check(t.run("status", file=control).code == 0, "its control program works")
    shutil.rmtree(trust(t))
    trust(t, "stranger")
    calls = len(t.calls())
    done = t.run("status", file=control)
    t.check(done.code == 7 and len(t.calls()) == calls, "and not where its key is not trusted", done)


@story
def forged_files_fail_before_docker_is_called(t):
    if MACHO:  # the forger would have to sign the Mach-O again: the structure suite does
        return
    files = {name: forged(t, name, change) for name, change in
             (("file", change_file), ("manifest", change_and_list), ("stripped", change_and_strip))}
    done = t.run("verify", file=files["file"])
    t.check(done.code == 0, "the root alone cannot tell: it was computed again", done)
    untouched(t, t.install(file=files["manifest"]), "another manifest under the old signature, without any key")
    trust(t, "maker")
    untouched(t, t.install(file=files["file"]), "a file that the signed manifest does not name like that")
    untouched(t, t.install(file=files["manifest"]), "another manifest under the old signature")
    untouched(t, t.install(file=files["stripped"]), "the signature taken out")
    untouched(t, t.run("verify", "--require-key", public("maker"), file=files["file"]), "verify --require-key")
    for name, file in files.items():
        for words in ([], ["--key", public("maker")]):
            done = subprocess.run([HARDTACK, "verify", *file, *words], capture_output=True, text=True, check=False,
                                  env={**os.environ, "HOME": t.home})
            t.check(done.returncode == 7, f"hardtack verify {name} {words}: 7", done)


@story
def require_key_is_the_key_that_counts(t):
    trust(t, "stranger")
    untouched(t, t.install(file=signed_by("maker")), "not in the folder")
    untouched(t, t.install("--require-key", public("stranger"), file=signed_by("maker")), "another key")
    untouched(t, t.run("info", "--require-key", public("stranger"), file=signed_by("maker")), "info with another key")
    for name, text in (("private", None), ("nothing", ""), ("noise", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")):
        path = os.path.join(t.folder, name)
        with open(path, "w", encoding="utf-8") as file, open(key_of("maker"), encoding="utf-8") as private:
            file.write(private.read() if text is None else text)
        done = t.install("--require-key", path, file=signed_by("maker"))
        t.check(done.code == 3 and "→" in done.err and t.calls() == [], f"{name} is no public key: 3", done)
    done = t.install("--require-key", public("maker"), file=signed_by("maker"))
    t.check(done.code == 0 and "Signed by a key in" in done.err, "the right one, whatever the folder has", done)


@story
def a_folder_named_by_the_variable_must_be_there(t):
    folder = os.path.join(t.folder, "keys")
    env = {"HARDTACK_TRUSTED_KEYS": folder}
    for what in ("missing", "empty"):
        done = t.install(env=env, file=signed_by("maker"))
        t.check(done.code == 3 and t.calls() == [], f"{what}: 3", done)
        os.makedirs(folder, exist_ok=True)
    shutil.copy(public("maker"), folder)
    untouched(t, t.install(env=env), "unsigned")
    t.check(t.install(env=env, file=signed_by("maker")).code == 0, "signed")


@story
def another_signer_of_what_is_installed_is_not_taken_unseen(t):
    t.check(t.install(file=signed_by("maker")).code == 0, "installed")
    calls = len(t.calls())
    for file in (None, signed_by("stranger")):
        done = t.run("install", "--yes", file=file)
        t.check(done.code == 7 and "was signed by" in done.err and len(t.calls()) == calls, "--yes: 7, docker not called", done)
    done = t.person(["install"], [("[y/N]", b"\n")], file=signed_by("stranger"))
    t.check(done.code == 130 and len(t.calls()) == calls, "asked; Enter declines", done)
    done = t.run("install", "--yes", "--ignore-preflight", "signer", file=signed_by("stranger"))
    t.check(done.code == 0 and fingerprint("maker") in done.err, "accepted aloud", done)
    done = t.run("install", "--yes", "--require-key", public("maker"), file=signed_by("maker"))
    t.check(done.code == 0, "accepted by the key", done)
