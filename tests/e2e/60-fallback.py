"""Two variants in one file: the first crash-loops, the second goes on with data of its own; nobody's data is lost."""
import os

import harness
import images
import terminal

COUNT = "http://127.0.0.1:3000/cgi-bin/index.cgi?count"
SEAL = "cd \"$(docker volume inspect --format '{{.Mountpoint}}' %s)\" && find . -type f ! -name '*.pid' -exec sha256sum {} + | sort | sha256sum"


def seal(engine, volume):
    """All bytes of a volume's files, as one digest."""
    return engine.run(["sh", "-c", SEAL % volume]).stdout


def major(engine, volume):
    return engine.run(["sh", "-c", f"cat \"$(docker volume inspect --format '{{{{.Mountpoint}}}}' {volume})/PG_VERSION\""]).stdout.strip()


def asked(t, engine, elf):
    """A script is told the option; a person is told the cause, and asked."""
    done = t.installer(elf, "install", "--yes", engine=engine)
    t.check(done.code == 14 and "the column store is not there" in done.err and "--fallback auto" in done.err,
            "--yes alone: 14, the cause, and the option; no silent fallback", done)
    t.check("postgres:15" not in engine.run(["docker", "images"]).stdout.replace("  ", ":"), "the other variant's images are not loaded yet")
    status, shown = terminal.session(t, [elf, "--lang", "zh"], [("[Y/n]", b"\n"), ("没有列存数据库", b""), ("是否降级，改装 商店二代 2.95", b"\n")], engine)
    t.need(status == 0 and "商店二代" in shown, "at a terminal, in Chinese: the cause, the question, yes: 0", f"{status}\n{shown}")


def on_its_own(t, engine, elf):
    """The second variant's rows are its own and stay; the first one's volume is not touched any more."""
    t.check((major(engine, "shop_database"), major(engine, "shop-v2_database")) == ("17", "15"), "each variant's database has a volume of its own")
    t.check(not t.containers(engine, "shop") and len(t.containers(engine, "shop-v2")) == 2, "only the second one runs")
    sealed = seal(engine, "shop_database")
    visits = t.http(engine, COUNT, "guestbook: visit 1")
    t.check("guestbook: visit 1" in visits, "its row is there", visits)
    done = t.installer(elf, "install", "--yes", engine=engine)
    visits = t.http(engine, COUNT, "guestbook: visit 2")
    t.check(done.code == 0 and "Shop two 2.95 is what runs here" in done.err and "guestbook: visit 2" in visits,
            "again: the one that works; the row of the first time is still there", f"{done}\n{visits}")
    os.remove(elf)
    control = os.path.join(t.home, "hardtack", "shop", "v2", "hardtack-control")
    for verb in ("stop", "start", "smoke", "doctor"):
        done = t.run([control, verb], engine=engine)
        t.check(done.code == 0, f"{verb} by the control program alone: 0", done)
    done = t.run([control, "uninstall", "--yes"], engine=engine)
    left = engine.run(["sh", "-c", "docker ps -aq; docker images -q; docker network ls -q --filter label=com.docker.compose.project"]).stdout
    t.check(done.code == 0 and not left, "uninstall: containers, images and networks of both are gone", f"{done}\n{left}")
    t.check(all(name in done.out + done.err for name in ("shop_database", "shop-v2_database")), "and both volumes are named", done)
    t.check(sealed and seal(engine, "shop_database") == sealed, "not a byte of the first one's database has changed")


def once_more(t, engine, file, kind):
    """Over the data that was kept; then nothing is left."""
    done = t.installer(file, "install", "--yes", "--fallback", "auto", engine=engine)
    visits = t.http(engine, COUNT, "guestbook: visit 4") if done.code == 0 else ""  # one for each install, one for start
    t.check(done.code == 0 and "the column store is not there" in done.err and "guestbook: visit 4" in visits,
            f"{kind}: auto over the kept data: told why, and the rows are there", f"{done}\n{visits}")
    table = engine.run(["sh", "-c", "docker run --rm -d --name look -e POSTGRES_PASSWORD=x -v shop_database:/var/lib/postgresql/data "
                        "$(docker images --format '{{.Repository}}:{{.Tag}}' | grep ^postgres:17) >/dev/null; "
                        "for i in $(seq 100); do docker exec look psql -X -A -t -U guest -c '\\dt' guestbook 2>/dev/null && break; sleep 0.2; done; "
                        "docker rm -f look >/dev/null"]).stdout
    t.check("migrated_by_three" in table and "visits" not in table, "the first one's database has its own tables and no other", table)
    done = t.installer(file, "uninstall", "--yes", "--purge-data", engine=engine)
    left = engine.run(["docker", "volume", "ls", "-q"]).stdout
    secrets = [folder for folder, _, names in os.walk(t.home) if ".env" in names]
    t.check(done.code == 0 and not left and not secrets, f"{kind}: uninstall --purge-data: no volume and no .env is left of either",
            f"{done}\n{left}\n{secrets}")


def story(t):
    project = os.path.join(harness.PROJECTS, "fallback")
    archives = [images.archive("oci"), images.langfuse_archive("oci", images.POSTGRES_17)]
    engine = t.bench.engine("v28")
    elf = t.build(project, "linux-amd64", archives)
    asked(t, engine, elf)
    on_its_own(t, engine, elf)
    macho = t.build(project, "darwin-arm64", archives, "--platform", "linux/amd64")
    once_more(t, engine, macho, "Mach-O")
