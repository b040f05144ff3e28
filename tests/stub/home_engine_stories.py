"""An installation lives in one engine: a context, a DOCKER_HOST or sudo that leads to another one is not "no data". See run."""
import json
import os

from __main__ import read, story  # pylint: disable=no-name-in-module
from receipt_stories import changed, tree
from upgrade_stories import WELL, control, home, install, installed, version

NOTHING = {"id": "TWO", "product": "Other Linux", "endpoint": "unix:///other.sock", "containers": [[]], "volumes": []}
WORDS = "lives in another Docker engine (Fake Linux, unix:///var/run/docker.sock); this one (Other Linux, unix:///other.sock)"


def kept(t):
    """The installation's files: all but those that every run touches."""
    return {path: about for path, about in tree(home(t)).items() if not path.endswith(".hardtack.children")}


def engine_of(t):
    return json.loads(read(home(t, "receipt.json")))["engine"].get("id")


@story
def another_engine_is_not_no_data(t):
    t.check(install(t, version("1.0.0")).code == 0 and engine_of(t) == "ONE", "installed")
    t.play(**NOTHING)
    before, calls = kept(t), len(t.calls())
    backup = os.path.join(t.home, "backup.tar")
    for words in (["stop"], ["start"], ["backup", backup], ["uninstall", "--yes"], ["uninstall", "--yes", "--purge-data"]):
        done = control(t, *words)
        t.check(done.code == 11 and WORDS in done.err and "switch back" in done.err, f"{words[0]}: 11", done)
    for number in ("1.0.0", "2.0.0"):
        done = install(t, version(number))
        t.check(done.code == 11 and WORDS in done.err and "--ignore-preflight data" in done.err, f"{number} over it: 11", done)
    done = control(t, "status")
    t.check(done.code == 13 and WORDS in done.err and "run `start`" not in done.err, "status: 13, and the cause", done)
    done = control(t, "doctor")
    t.check(done.code == 11 and WORDS in done.err, "doctor: 11", done)
    t.check(kept(t) == before and not changed(t, calls) and not os.path.exists(backup), "nothing is changed", (before, kept(t), changed(t, calls)))
    t.play(volumes=["rungs_data"], containers=WELL)
    t.check(control(t, "stop").code == 0, "back at the first one: as ever")


@story
def whoever_wants_to_may_change_the_engine(t):
    backup = os.path.join(t.home, "backup.tar")
    install(t, version("1.0.0"))
    t.play(volumes=["rungs_data"], containers=WELL)
    t.check(control(t, "backup", backup).code == 0, "a backup at the first")
    t.play(**{**NOTHING, "containers": WELL})
    t.check(install(t, version("1.0.0"), "--ignore-preflight", "data").code == 0 and engine_of(t) == "TWO", "anew")
    t.check(control(t, "stop").code == 0, "it lives there now")
    t.play(**{**NOTHING, "id": "THREE", "containers": WELL})
    done = t.run("restore", backup, "--yes", file=version("1.0.0"))
    t.check(done.code == 0 and engine_of(t) == "THREE", "a backup is put back into a third", done)


@story
def data_that_an_uninstall_kept_is_in_its_engine(t):
    install(t, version("1.0.0"))
    t.play(volumes=["rungs_data"], containers=WELL)
    t.check(control(t, "uninstall", "--yes").code == 0, "uninstalled, with the data kept")
    t.play(**NOTHING)
    for number in ("1.0.0", "2.0.0"):
        done = install(t, version(number))
        t.check(done.code == 11 and WORDS in done.err, f"{number}: 11", done)
    t.play(volumes=["rungs_data"], containers=WELL)
    t.check(install(t, version("1.0.0")).code == 0, "where it is: 0")


@story
def an_id_alone_proves_nothing(t):
    """Podman makes one up for each answer; and those of before had none."""
    install(t, version("1.0.0"))
    t.play(volumes=["rungs_data"], containers=WELL)
    t.play(id="TWO", volumes=["rungs_data"], containers=WELL)
    t.check(control(t, "stop").code == 0 and install(t, version("2.0.0")).code == 0 and installed(t) == "2.0.0", "its containers are here")
    t.check(control(t, "uninstall", "--yes").code == 0, "uninstalled, with the data kept")
    t.play(id="made-up", volumes=["rungs_data"], containers=WELL)
    t.check(install(t, version("2.0.0")).code == 0, "a volume alone, and an id for each answer")
    t.play(id="", volumes=["rungs_data"], containers=WELL)
    t.check(install(t, version("2.0.0")).code == 0 and engine_of(t) is None, "an engine without one")
    t.play(**{**NOTHING, "containers": WELL})
    t.check(control(t, "stop").code == 0, "a receipt without one")


@story
def a_volume_of_that_name_in_another_engine_is_somebody_elses(t):
    """A folder that was copied to another machine, where somebody's uninstall has kept data."""
    install(t, version("1.0.0"))
    t.play(**{**NOTHING, "product": "Fake Linux", "endpoint": "unix:///var/run/docker.sock", "volumes": ["rungs_data"]})
    before, calls, both = kept(t), len(t.calls()), "(Fake Linux, unix:///var/run/docker.sock, ONE); this one (Fake Linux, unix:///var/run/docker.sock, TWO)"
    for words in (["stop"], ["backup", os.path.join(t.home, "b.tar")], ["uninstall", "--yes", "--purge-data"]):
        done = control(t, *words)
        t.check(done.code == 11 and both in done.err and "volume rungs_data" in done.err and "copied from another machine" in done.err, f"{words[0]}: 11", done)
    for number in ("1.0.0", "2.0.0"):
        done = install(t, version(number))
        t.check(done.code == 11 and both in done.err and "--project-name" in done.err, f"{number} over it: 11", done)
    t.check(kept(t) == before and not changed(t, calls), "nothing is changed", (before, kept(t), changed(t, calls)))
    t.play(id="TWO", volumes=["rungs_data"], containers=WELL)
    t.check(install(t, version("1.0.0"), "--ignore-preflight", "data").code == 0 and engine_of(t) == "TWO", "whoever knows better may take it")
