"""What happens to an installation behind our back, and how the same file puts it right; an upgrade over it."""
import glob
import os
import shutil

import harness
import images

URL = "http://127.0.0.1:3000/"
COUNT = URL + "cgi-bin/index.cgi?count"


def upgraded(t, source=os.path.join(harness.PROJECTS, "guestbook")):
    """The next version of the project: another web image (postgres' files and a new page) under another tag."""
    project = t.path("guestbook")
    shutil.copytree(source, project)
    for path in glob.glob(os.path.join(project, "*.yaml")):
        with open(path, encoding="utf-8") as text:
            content = text.read()
        with open(path, "w", encoding="utf-8") as text:
            text.write(content.replace("guestbook:1.2", "guestbook:1.3").replace("version: 1.2.0", "version: 1.3.0"))
    layers = images.images()[images.GUESTBOOK].layers
    page = images.Entry("www/version", data=b"1.3\n")
    layer = images.image_writer.make_layer([page], t.path("layer"), "next")
    image = images.image_writer.Image("ghcr.io/acme/guestbook:1.3", "amd64", [*layers, layer],
                                      images.CONFIGS[images.GUESTBOOK])
    archive = t.path("next.tar")
    images.image_writer.oci_layout(archive, [images.images()[images.POSTGRES], image])
    return t.build(project, "linux-amd64", [archive], out=t.path("next"))


def story(t):
    file = t.build(os.path.join(harness.PROJECTS, "guestbook"), "linux-amd64", [images.archive("oci")])
    for name in ("v28", "v28c"):
        engine = t.bench.engine(name)

        def again(what, name=name, engine=engine):
            done = t.installer(file, "install", "--yes", engine=engine)
            answer = t.http(engine, COUNT, "guestbook: visit 1") if done.code == 0 else ""
            t.check("guestbook: visit 1" in answer, f"{name}: {what}: install again puts it right",
                    f"{done}\n{answer}")

        done = t.installer(file, "install", "--yes", engine=engine)
        t.need(done.code == 0, f"{name}: install: 0", done)
        t.http(engine, URL, "guestbook: visit 1")
        engine.run(["docker", "rm", "-f", "guestbook-web-1"])
        done = t.installer(file, "status", engine=engine)
        t.check(done.code == 13, f"{name}: a container was removed: status: 13", done)
        again("a container was removed")
        engine.run(["sh", "-c", "docker rm -f $(docker ps -aq); docker rmi -f $(docker images -aq)"])
        again("all containers and images were removed")
        tag = engine.run(["docker", "inspect", "--format", "{{.Config.Image}}", "guestbook-web-1"]).stdout.strip()
        engine.run(["sh", "-c", f"docker load -i {images.archive('save-new', images.POSTGRES)} && "
                                f"docker tag postgres:15 {tag}"])
        again("the image's tag was moved to another image")
        os.unlink(os.path.join(t.home, "hardtack", "guestbook", "compose.yaml"))
        again("compose.yaml was deleted")

        done = t.installer(upgraded_file(t), "install", "--yes", engine=engine)
        answer = t.http(engine, URL + "version", "1.3") if done.code == 0 else ""
        t.check("1.3" in answer, f"{name}: the next version installs over it", f"{done}\n{answer}")
        answer = t.http(engine, COUNT, "guestbook: visit 1")
        t.check("guestbook: visit 1" in answer, f"{name}: and keeps the data", answer)
        done = t.installer(upgraded_file(t), "uninstall", "--yes", "--purge-data", engine=engine)
        t.check(done.code == 0, f"{name}: uninstall --purge-data: 0", done)


def upgraded_file(t, made={}):  # pylint: disable=dangerous-default-value
    if t.name not in made:
        made[t.name] = upgraded(t)
    return made[t.name]
