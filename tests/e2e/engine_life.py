"""The steps of `make e2e-engines`: what one installation of the guestbook goes through on an engine."""
import time

import damaged_archive
import harness
import images
import upgrade_stack as stack

STEPS = ("install", "identity", "smoke", "rollback", "upgrade", "restart", "backup", "uninstall", "purge", "restore", "damaged")
MACHO_WORDS = ("--platform", "linux/amd64")
REFERENCES = (images.POSTGRES, images.GUESTBOOK)


def versions(engine):
    """In the engine's own words; None where it does not say."""
    def ask(*argv):
        done = engine.run(list(argv), check=False)
        return done.stdout.strip().splitlines()[0] if done.returncode == 0 and done.stdout.strip() else None
    return {"server": ask("docker", "version", "--format", "{{.Server.Version}}"),
            "api": ask("docker", "version", "--format", "{{.Server.APIVersion}}"),
            "client": ask("docker", "version", "--format", "{{.Client.Version}}"),
            "store": ask("docker", "info", "--format", "{{.Driver}}") or engine.driver,
            "compose": ask("docker", "compose", "version", "--short") or ask("docker-compose", "version", "--short")}


def expected_tags():
    return [f"{name}-{images.images()[name].manifest().digest.split(':')[1][:12]}" for name in REFERENCES]


class Images:
    """The installer's images in an engine, held against the digests that image_writer made them with."""

    def __init__(self, t, engine, file):
        self.t, self.engine, self.file = t, engine, file

    def load(self):
        """Returns (how `load` ended, the tags that it printed)."""
        done = self.t.installer(self.file, "load", engine=self.engine)
        return done, done.out.split()

    def wrong(self, tags):
        """What is not as it was made, as text; "" when all is."""
        found = [] if sorted(tags) == sorted(expected_tags()) else [f"the tags are {tags}"]
        for reference, tag in zip(REFERENCES, expected_tags()):
            image = images.images()[reference]
            pin, config = image.manifest().digest, image.config.digest
            about = damaged_archive.inspect(self.engine, tag)
            wanted = {"Id": pin if self.engine.containerd_store else config, "Os": "linux", "Architecture": "amd64",
                      "Layers": [layer.raw.digest for layer in image.layers]}
            found += [f"{tag}: {key} is {about.get(key)} instead of {value}" for key, value in wanted.items()
                      if about.get(key) != value]
            ran = self._run(tag)
            if ran not in ("exited 0", "stopped 0"):  # docker's word, and podman's
                found.append(f"{tag}: does not run: {ran}")
        return "\n".join(found)

    def _run(self, tag, seconds=60):
        """How a container of it ends. (`docker run` waits for ever on Podman 4.3.)"""
        made = self.engine.run(["docker", "create", "--network", "none", "--entrypoint", "busybox", tag, "true"], check=False)
        if made.returncode != 0:
            return made.stderr
        name, deadline, state = made.stdout.strip(), time.monotonic() + seconds, ""
        started = self.engine.run(["docker", "start", name], check=False)
        while started.returncode == 0 and state.split()[:1] not in (["exited"], ["stopped"]) and time.monotonic() < deadline:
            state = self.engine.run(["docker", "inspect", "--format", "{{.State.Status}} {{.State.ExitCode}}", name]).stdout.strip()
        self.engine.run(["docker", "rm", "-f", "-v", name])
        return state or started.stderr


def damaged(t, images_in, record):
    """The engine has been given damaged images under the very names: `load` is not taken in, and puts them right."""
    engine, good = images_in.engine, t.path("good.tar")
    done = t.installer(images_in.file, "load", "--output", good)
    t.need(done.code == 0, "load --output writes the archive", done)
    _, tags = images_in.load()
    for what, damage in damaged_archive.DAMAGES.items():
        harness.empty(engine)
        bad = t.path("bad.tar")
        damage(good, bad, images.images()[images.GUESTBOOK])
        with open(bad, "rb") as archive:
            given = engine.run(["docker", "load"], check=False, stdin=archive)
        seems = damaged_archive.seems_whole(engine, tags[-1], images.images()[images.GUESTBOOK])
        done, told = images_in.load()
        wrong = images_in.wrong(told) if done.code == 0 else ""
        t.check(done.code == 0 and not wrong, f"after docker load of an archive in which {what}: load puts it right, proven",
                f"{wrong}\n{done}")
        record["notes"].append({"damage": what, "docker load exit": given.returncode, "inspect calls it whole": seems,
                                "hardtack load exit": done.code})
    harness.empty(engine)


class Life:
    """The guestbook, from its first installation to the last row's end and back again."""

    def __init__(self, t, engine, record):
        self.t, self.engine, self.record = t, engine, record
        self.macho = record["program"] == "Mach-O"
        target, words = ("darwin-arm64", MACHO_WORDS) if self.macho else ("linux-amd64", ())
        self.old = stack.first_version(t, target, *words)
        self.spoiling = stack.second_version(t, "spoils", target, *words, first=stack.SPOILS, status=418)
        self.new = stack.second_version(t, "migrates", target, *words, first=stack.MIGRATES)
        self.control = stack.home(t, "hardtack-control")
        self.backup_file = t.path("guestbook.backup")
        self.kept = ""

    def run(self, file, *words):
        return self.t.installer(file, *words, engine=self.engine)

    def steps(self, step):
        for name in STEPS:
            if name != "damaged" or not self.macho:
                step(name, getattr(self, name))

    def all_rows(self, text):
        found = stack.rows(self.engine)
        self.t.need(found == self.kept, f"{text}: every row is there", f"{self.kept}---\n{found}")

    # The steps

    def install(self):
        done = self.run(self.old, "install", "--yes")
        self.t.need(done.code == 0, "install: 0", done)

    def identity(self):
        wrong = Images(self.t, self.engine, self.old)
        done, tags = wrong.load()
        self.t.check(done.code == 0 and not wrong.wrong(tags), "the images are those that were made: Id, layers, platform",
                     f"{done}\n{wrong.wrong(tags)}")
        pins = [image["pin"] for image in stack.receipt(self.t)["images"]]
        self.t.check(sorted(pins) == sorted(images.images()[name].manifest().digest for name in REFERENCES),
                     "and the receipt has their manifests' digests", pins)

    def smoke(self):
        done = self.run(self.control, "smoke")
        self.t.check(done.code == 0, "smoke: 0", done)
        self.kept = stack.visit(self.t, self.engine)

    def rollback(self):
        env = stack.read(stack.home(self.t, ".env"))
        done = self.run(self.spoiling, "install", "--yes")
        self.t.check(done.code == 15 and "version 1.2.0 is back" in done.err, "an upgrade that deletes all rows fails: 15", done)
        stack.is_old(self.t, self.engine, self.kept, env, "rolled back")

    def upgrade(self):
        done = self.run(self.new, "install", "--yes")
        self.t.need(done.code == 0 and stack.receipt(self.t)["version"] == "2.0.0", "upgrade: 0", done)
        self.all_rows("upgrade")
        self.t.check(stack.rows(self.engine, "note is null").split() == ["t"] * 3, "in the table as the new version wants it")

    def restart(self):
        self.engine.start(keep_data=True)
        done = self.run(self.control, "start")
        self.t.check(done.code == 0, "after a restart of the engine, start: 0", done)
        done = self.run(self.control, "status")
        self.t.check(done.code == 0, "and status: 0", done)
        self.all_rows("restart")

    def backup(self):
        done = self.run(self.control, "backup", self.backup_file)
        self.t.need(done.code == 0, "backup: 0", done)
        for _ in range(60):  # they are started again, and a backup does not wait until they are healthy
            done = self.run(self.control, "status")
            if done.code == 0:
                break
            time.sleep(1)
        self.t.check(done.code == 0, "the services run again: status: 0", done)
        self.all_rows("backup")

    def uninstall(self):
        done = self.run(self.control, "uninstall", "--yes")
        volumes = self.engine.run(["docker", "volume", "ls", "-q"]).stdout.split()
        self.t.check(done.code == 0 and not self.t.containers(self.engine, "guestbook") and volumes == ["guestbook_database"],
                     "uninstall: 0, nothing runs, the data is kept", f"{done}\n{volumes}")
        done = self.run(self.new, "install", "--yes")
        self.t.need(done.code == 0, "install over the kept data: 0", done)
        self.all_rows("uninstall and install")

    def purge(self):
        done = self.run(self.new, "uninstall", "--purge-data", "--yes")
        left = self.engine.run(["sh", "-c", "docker ps -aq; docker volume ls -q; "
                                            "docker network ls -q --filter label=com.docker.compose.project"]).stdout
        # The image that the upgrade superseded is the person's to remove, as it was said.
        tags = [tag for tag in stack.tags(self.engine) if "guestbook:1.2" not in tag]
        self.t.check(done.code == 0 and not tags and not left,
                     "purge: 0; no container, volume or network of it is left, nor an image of the new version", f"{done}\n{left}{tags}")

    def restore(self):
        done = self.run(self.new, "restore", self.backup_file, "--yes")
        self.t.need(done.code == 0, "restore: 0", done)
        self.all_rows("purge and restore")
        done = self.run(self.new, "uninstall", "--purge-data", "--yes")
        self.t.check(done.code == 0, "purged again: 0", done)

    def damaged(self):
        damaged(self.t, Images(self.t, self.engine, self.old), self.record)
