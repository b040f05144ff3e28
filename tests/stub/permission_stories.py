"""With sudo and without, in turns: whose file it is gets said, and what root makes in somebody's folder is his. See run."""
import os
import stat
import subprocess

from __main__ import Done, PATIENCE, story  # pylint: disable=no-name-in-module
from fault_stories import native

USER = 54321  # no name anywhere


def may_change_user(t):
    if os.geteuid() == 0:
        return True
    t.check(os.environ.get("MUST_RUN") != "1", "another user needs root")
    return False


def below(folder):
    for path, folders, files in os.walk(folder):
        yield path
        yield from (os.path.join(path, name) for name in files + [name for name in folders if os.path.islink(os.path.join(path, name))])


def give(folder, owner):
    for path in below(folder):
        os.lchown(path, owner, owner)


def let_in(t):
    """The home is the user's, and he reaches the installers and the scripted docker."""
    give(t.home, USER)
    os.chmod(t.home, 0o700)
    made = os.path.dirname(t.folder)
    while made not in ("/", "/tmp"):
        os.chmod(made, os.stat(made).st_mode | 0o755)
        made = os.path.dirname(made)
    os.chmod(t.folder, 0o755)
    return may_change_user(t)


def user(t, *arguments, file=None, env=None):
    give(t.bin, USER)
    process = subprocess.Popen([*(file or t.installer), *arguments], env={**t.env, **(env or {})}, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, user=USER, group=USER, extra_groups=[])
    out, err = process.communicate(timeout=60 * PATIENCE)
    return Done(process.returncode, out.decode(), err.decode())


def user_installs(t, *arguments):
    done = user(t, "install", "--yes", "--set", f"HELLO_PORT={t.port}", *arguments)
    t.check(done.code == 0, "the user installs", done)
    return done


def of_root(t, *names):
    for name in names:
        os.chown(t.path(name), 0, 0)
        os.chmod(t.path(name), 0o700 if os.path.isdir(t.path(name)) else 0o600)


def names_root(t, done, code, what, owned, erase=False):
    """The code, whose it is, what to do; and no other way out that would lose something."""
    words = done.err + done.out
    t.check(done.code == code and f"{owned} belongs to root" in words and "sudo" in words and f"chown {USER}" in words, f"{what}: {code}, and root is named", done)
    t.check("--erase-data" not in words and "another place" not in words and "corrupt" not in words, f"{what}: no nonsense", done)


# ---- what root makes in the folder of somebody else ----

def strangers_in(folder):
    return [path for path in below(folder) if os.lstat(path).st_uid != USER]


@story
@native
def what_sudo_makes_in_a_users_folder_is_the_users(t):
    if not let_in(t):
        return
    user_installs(t)
    for words in (["install", "--yes"], ["stop"], ["start"], ["backup", os.path.join(t.home, "saved.tar")], ["install", "--yes", "--erase-data"],
                  ["restore", "--yes", os.path.join(t.home, "saved.tar")], ["uninstall", "--yes"]):
        done = t.run(*words)
        t.check(done.code == 0, f"sudo {' '.join(words)}", done)
        t.check(not strangers_in(t.home), f"sudo {' '.join(words)}: all of it is the user's", strangers_in(t.home))
        t.check(not [path for path in below(t.path()) if stat.S_IMODE(os.lstat(path).st_mode) & 0o77 and os.path.basename(path).startswith((".env", "receipt", "journal", ".hardtack"))],
                f"sudo {' '.join(words)}: and private")
    done = user(t, "install", "--yes")
    t.check(done.code == 0, "the user goes on where sudo uninstalled", done)
    for words in (["status"], ["doctor"], ["stop"], ["start"], ["backup", os.path.join(t.home, "again.tar")]):
        done = user(t, *words)
        t.check(done.code == 0, f"the user's {words[0]}", done)


@story
@native
def a_first_install_by_sudo_that_kept_home_is_the_users(t):
    if not let_in(t):
        return
    t.check(t.install().code == 0 and not strangers_in(t.home), "sudo's first installation", strangers_in(t.home))
    for words in (["status"], ["install", "--yes"], ["stop"], ["uninstall", "--yes", "--purge-data"]):
        done = user(t, *words)
        t.check(done.code == 0, f"the user's {words[0]}", done)


@story
@native
def what_sudo_makes_elsewhere_stays_roots(t):
    if not let_in(t):
        return
    user_installs(t)
    elsewhere = os.path.join(t.folder, "elsewhere")
    os.makedirs(elsewhere)
    os.chown(elsewhere, USER + 1, USER + 1)
    done = t.run("backup", os.path.join(elsewhere, "saved.tar"))
    t.check(done.code == 0 and os.stat(os.path.join(elsewhere, "saved.tar")).st_uid == 0, "a third one's folder gets no passwords of others", done)
    victim = os.path.join(t.folder, "victim")
    with open(victim, "w", encoding="utf-8") as file:
        file.write("root's\n")
    for name in (".hardtack.lock", "journal.jsonl", "receipt.json"):
        os.remove(t.path(name))
        os.symlink(victim, t.path(name))
    t.run("stop")
    t.run("install", "--yes")
    t.check(os.stat(victim).st_uid == 0, "never through a link")


@story
@native
def roots_own_installation_stays_roots(t):
    if not may_change_user(t):
        return
    done = t.install()
    t.check(done.code == 0 and {os.lstat(path).st_uid for path in below(t.home)} == {0}, "all of it is root's", done)


# ---- whose file it is ----

@story
@native
def a_receipt_of_roots_is_not_a_damaged_one(t):
    if not let_in(t):
        return
    user_installs(t)
    of_root(t, "receipt.json", "receipt.copy.json")
    for words in (["install", "--yes"], ["doctor"]):
        names_root(t, user(t, *words), 8, words[0], t.path("receipt.json"))
    done = user(t, "status")
    t.check(done.code == 0, "status works without", done)
    names_root(t, done, 0, "status", t.path("receipt.json"))
    done = user(t, "install", "--yes", "--lang", "zh")
    t.check(done.code == 8 and "属于 root" in done.err and "chown" in done.err, "in Chinese", done)
    give(t.home, USER)
    t.check(user(t, "uninstall", "--yes").code == 0, "uninstalled")
    of_root(t, "receipt.uninstalled.json")
    names_root(t, user(t, "install", "--yes"), 8, "install after sudo's uninstall", t.path("receipt.uninstalled.json"))


@story
@native
def a_file_that_the_user_locked_himself_is_said_so(t):
    if not let_in(t):
        return
    user_installs(t)
    os.chmod(t.path("receipt.json"), 0)
    os.chmod(t.path("receipt.copy.json"), 0)
    done = user(t, "install", "--yes")
    t.check(done.code == 8 and "chmod u+rw" in done.err and "sudo" not in done.err and "--erase-data" not in done.err, "8, chmod", done)


VERBS = (["install", "--yes"], ["install", "--dry-run"], ["status"], ["stop"], ["start"], ["logs"], ["doctor"], ["open"], ["credentials"], ["smoke"],
         ["backup", "{home}/a-backup"], ["uninstall", "--yes"])


@story
@native
def a_folder_of_roots_is_named_by_every_verb(t):
    if not let_in(t):
        return
    user_installs(t)
    above = os.path.dirname(t.path())
    os.chown(above, 0, 0)
    os.chmod(above, 0o700)
    before = len(t.calls())
    for verb in VERBS:
        done = user(t, *(word.format(home=t.home) for word in verb))
        names_root(t, done, 8, " ".join(verb), above)
        t.check("fallback.json" not in done.err, f"{verb}: no file that never was", done)
    t.check(t.calls()[before:] == [], "docker was not called", t.calls()[before:])


@story
@native
def a_dir_that_may_not_be_looked_at_is_8(t):
    if not let_in(t):
        return
    where = os.path.join(t.home, "elsewhere")
    user_installs(t, "--dir", where)
    os.chown(where, 0, 0)
    for verb in (["status"], ["stop"], ["install", "--yes"]):
        names_root(t, user(t, *verb, "--dir", where), 8, f"{verb}: not to be entered", where)
    os.chown(where, USER, USER)
    for name in os.listdir(where):
        if name.startswith("receipt") or name == "journal.jsonl":
            os.chown(os.path.join(where, name), 0, 0)
            os.chmod(os.path.join(where, name), 0o600)
    for verb in (["status"], ["stop"], ["install", "--yes"]):
        names_root(t, user(t, *verb, "--dir", where), 8, f"{verb}: files of root's", os.path.join(where, "receipt.json"))
    foreign = os.path.join(t.folder, "foreign")
    os.makedirs(foreign, mode=0o700)
    done = user(t, "status", "--dir", foreign)
    t.check(done.code == 8 and f"{foreign} belongs to root: run this with sudo" in done.err and "chown" not in done.err, "elsewhere: sudo alone, no chown", done)


# ---- our own application in another folder ----

def runs_from(t, folder, **more):
    t.play(strangers={"hello": [["hello-web-1", folder]]}, volumes={"hello": ["hello_data"]}, **more)


def as_sudo_with_its_own_home(t):
    home = os.path.join(t.folder, "root-home")
    os.makedirs(home, mode=0o700, exist_ok=True)
    return {"HOME": home}


@story
@native
def sudo_with_its_own_home_finds_what_the_user_installed(t):
    if not let_in(t):
        return
    user_installs(t)
    home = as_sudo_with_its_own_home(t)
    runs_from(t, t.path())
    for words in (["install", "--yes"], ["preflight"], ["install", "--dry-run"]):
        done = t.run(*words, env=home)
        t.check(done.code == 11 and f"hello 1.0.0 is installed already, in {t.path()} of the user {USER}" in done.err and f'--dir "{t.path()}"' in done.err and
                "take the other one away" not in done.err and "put that .env back" not in done.err, f"{words}: 11, where it is", done)
    done = t.person([], [("(hello-2)? [y/N]", b"\n"), ("[", b"\n"), ("[", b"\n")], env=home)
    t.check(done.code == 130 and f'--dir "{t.path()}"' in done.out and not os.path.exists(os.path.join(home["HOME"], "hardtack")), "three Enters: no second one", done)
    done = t.person([], [("(hello-2)? [y/N]", b"y\n"), ("Go on?", b"n\n")], env=home)
    t.check(done.code == 130 and os.path.join(home["HOME"], "hardtack/hello-2") in done.out, "who wants a second one is shown its plan", done)
    done = t.run("install", "--yes", "--dir", t.path(), env=home)
    t.check(done.code == 0 and not strangers_in(t.home), "--dir as it was told: upgraded, and it stays the user's", done)
    done = t.run("install", "--yes", env=home, file=t.settings)
    t.check("is installed already" not in done.err, "another application is another one", done)


@story
@native
def the_lost_env_of_another_home_is_not_asked_for(t):
    if not let_in(t):
        return
    t.check(user(t, "install", "--yes", "--set", "ADMIN=a", file=t.settings).code == 0, "the user installs")
    folder = os.path.join(t.home, "hardtack/settings")
    t.play(strangers={"settings": [["settings-web-1", folder]]}, volumes={"settings": ["settings_db"]})
    done = t.run("install", "--yes", "--set", "ADMIN=a", env=as_sudo_with_its_own_home(t), file=t.settings)
    t.check(done.code == 11 and f'--dir "{folder}"' in done.err and "put that .env back" not in done.err and "problems: 1" in done.err, "one problem, and its way out", done)


@story
@native
def what_sudo_installed_is_not_installed_beside(t):
    if not let_in(t):
        return
    home = as_sudo_with_its_own_home(t)
    t.check(t.install(env=home).code == 0, "installed with sudo")
    folder = os.path.join(home["HOME"], "hardtack/hello")
    os.remove(os.path.join(t.bin, "state.json"))  # the scripted docker is no root, and would look into that .env
    runs_from(t, folder)
    done = user(t, "install", "--yes")
    t.check(done.code == 11 and "with sudo" in done.err and f'--dir "{folder}"' in done.err and "take the other one away" not in done.err, "11, sudo and --dir", done)


# ---- files of root's in the user's folder ----

@story
@native
def an_unfinished_upgrade_that_only_root_can_read_is_told(t):
    if not let_in(t):
        return
    user_installs(t)
    point = t.path(".hardtack-rollback")
    os.makedirs(point)
    with open(os.path.join(point, "state.json"), "w", encoding="utf-8") as file:
        file.write("{}")
    of_root(t, ".hardtack-rollback/state.json", ".hardtack-rollback")
    done = user(t, "status")
    names_root(t, done, 0, "status", point)
    t.check("unfinished" in done.err, "what that means", done)
    for words in (["start"], ["doctor"], ["install", "--yes"]):
        names_root(t, user(t, *words), 8, words[0], point)
    done = user(t, "status", "--json")
    t.check('"state":"unreadable"' in done.out, "for programs", done)


@story
@native
def doctor_finds_each_file_that_the_user_may_not_use(t):
    if not let_in(t):
        return
    user_installs(t)
    t.check(user(t, "doctor").code == 0, "well at first")
    for name in (".hardtack.lock", ".hardtack.children", "journal.jsonl", "receipt.copy.json", "compose.yaml", ".env"):
        of_root(t, name)
        names_root(t, user(t, "doctor"), 8, f"doctor, {name}", t.path(name))
        os.chown(t.path(name), USER, USER)
    os.chown(t.path(), 0, 0)
    os.chmod(t.path(), 0o755)
    names_root(t, user(t, "doctor"), 8, "doctor, the folder itself", t.path())


@story
@native
def who_may_not_take_the_lock_is_not_sent_to_another_place(t):
    if not let_in(t):
        return
    user_installs(t)
    of_root(t, ".hardtack.lock")
    for words in (["stop"], ["start"], ["backup", os.path.join(t.home, "b.tar")], ["uninstall", "--yes"], ["install", "--yes"]):
        names_root(t, user(t, *words), 8, words[0], t.path(".hardtack.lock"))


@story
@native
def an_env_of_roots_is_no_malformed_one(t):
    if not let_in(t):
        return
    user_installs(t)
    of_root(t, ".env")
    before = len(t.calls())
    for words in (["logs"], ["start"], ["smoke"], ["credentials"], ["doctor"], ["install", "--yes"]):
        done = user(t, *words)
        names_root(t, done, 8, words[0], t.path(".env"))
        t.check("NAME=value" not in done.err and "compose.yaml" not in done.err, f"{words[0]}: nothing is to be corrected", done)
    t.check(not [call for call in t.calls()[before:] if "logs" in call], "compose is not asked without its .env", t.calls()[before:])
    os.chown(t.path(".env"), USER, USER)
    of_root(t, "compose.yaml")
    for words in (["status"], ["stop"], ["uninstall", "--yes"]):
        names_root(t, user(t, *words), 8, f"{words[0]}, compose.yaml", t.path("compose.yaml"))


@story
@native
def a_backup_of_roots_is_8_and_a_missing_one_is_not(t):
    if not let_in(t):
        return
    user_installs(t)
    backup = os.path.join(t.home, "b.tar")
    t.check(user(t, "backup", backup).code == 0, "a backup")
    os.chown(backup, 0, 0)
    names_root(t, user(t, "restore", "--yes", backup), 8, "restore", backup)
    t.check(user(t, "restore", "--yes", backup + "x").code == 3, "one that is not there: 3, as before")


@story
@native
def what_is_installed_in_another_home_is_named_where_nothing_is(t):
    if not let_in(t):
        return
    home = as_sudo_with_its_own_home(t)
    t.check(t.install(env=home).code == 0, "installed with sudo")
    folder = os.path.join(home["HOME"], "hardtack/hello")
    os.remove(os.path.join(t.bin, "state.json"))
    runs_from(t, folder)
    for words in (["status"], ["stop"], ["start"], ["logs"], ["backup", os.path.join(t.home, "b.tar")], ["credentials"], ["open"], ["doctor"]):
        done = user(t, *words)
        t.check(done.code == 2 and "run this with sudo" in done.err and f'--dir "{folder}"' in done.err and "install it first" not in done.err, f"{words[0]}: 2, where it is", done)
    t.check(not os.path.exists(os.path.join(t.home, "hardtack")), "nothing was made")
    t.play(engine="denied")
    done = user(t, "status")
    t.check(done.code == 2 and "if it was installed with sudo" in done.err, "nobody to ask: sudo is a guess", done)
    t.play()
    user_installs(t)
    runs_from(t, t.path())
    done = t.run("status", env={"HOME": os.path.join(t.folder, "third-home")})
    t.check(done.code == 2 and f'--dir "{t.path()}"' in done.err and "sudo" not in done.err, "the other way round: --dir alone", done)
