"""A compose file as people write them: includes, extends, one-shots, profiles, mounted files, env files."""
import os

import harness
import images

URL = "http://127.0.0.1:3100/"


def story(t):
    project = os.path.join(harness.PROJECTS, "features")
    file = t.build(project, "linux-amd64", [images.archive("oci", images.GUESTBOOK)])
    engine = t.bench.engine("v28")
    done = t.installer(file, "install", "--yes", engine=engine)
    t.need(done.code == 0, "install: 0, although two services end by design", done)
    answer = t.http(engine, URL, "features")
    t.check("a page from a mounted file" in answer, "the mounted file is served", answer)
    running = t.containers(engine, "features")
    t.check(sorted(running) == ["features-side-1", "features-web-1"], "web and side run, debug does not", running)
    web = engine.run(["docker", "exec", "features-web-1", "sh", "-c", 'cat /room/state; echo "$GREETING|$SPACED"']).stdout
    t.check(web == "migrated\nhello there|two  spaces\n", "the one-shot ran first, the env_file arrived", web)
    done = t.installer(file, "status", engine=engine)
    t.check(done.code == 0, "status: 0", done)
    done = t.installer(file, "install", "--yes", engine=engine)
    t.check(done.code == 0 and t.containers(engine, "features") == running, "install again: 0, nothing is restarted",
            f"{done}\n{running}\n{t.containers(engine, 'features')}")
    for verb in ("stop", "start"):
        done = t.installer(file, verb, engine=engine)
        t.check(done.code == 0, f"{verb}: 0", done)
    answer = t.http(engine, URL, "features")
    t.check("features" in answer, "the page is back", answer)
    done = t.installer(file, "uninstall", "--yes", "--purge-data", engine=engine)
    left = engine.run(["sh", "-c", "docker ps -aq; docker volume ls -q; docker images -q; "
                                   "docker network ls -q --filter type=custom"]).stdout
    t.check(done.code == 0 and not left, "uninstall --purge-data: 0, no container, volume, image or network is left",
            f"{done}\n{left}")
    t.check(not os.path.exists(os.path.join(t.home, "hardtack", "features")), "nor the folder",
            os.listdir(os.path.join(t.home, "hardtack")))
