#!/usr/bin/env python3
"""Holds our reading of compose files against docker compose itself.

    tests/compose_oracle.py [--compose PROGRAM]… [--ours PROGRAM]

For every project of tests/corpus/compose: the services' images (and ports, mounts, variables, dependencies) as hardtack reads them
equal `docker compose config`, and the rewritten files mean the same project to docker compose, but for the images, `pull_policy: never` and the name.
What docker-compose 1.29 reads, it still reads after rewriting.
Without --compose the plugins of the tests' own engines are used (tests/engines), without --ours the unit test's
program. No Docker engine is needed. Prints "N passed, N failed".
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
CORPUS = os.path.join(HERE, "corpus", "compose")
BUILD = os.environ.get("BUILD") or os.path.join(HERE, "..", "build")
NAMES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
ENGINES = ("v20", "v26", "v28")


def programs_of_engines():
    """The compose programs of the tests' engines: {name: path}; v1's is a folder."""
    sys.path.insert(0, os.path.join(HERE, "engines"))
    import engine  # noqa: PLC0415

    found = {}
    for name in ENGINES:
        compose = engine.Engine(name).prepare()[-1]
        found[name] = compose if name == "v20" else os.path.join(compose, "usr/libexec/docker/cli-plugins/docker-compose")
    return found


def config(program, folder):
    """The project as docker compose reads it; raises ValueError with its complaint."""
    name = next(name for name in NAMES if os.path.exists(os.path.join(folder, name)))
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            [program, "-p", "oracle", "-f", name, "--profile", "*", "config", "--format", "json"],
            cwd=folder, capture_output=True, text=True, timeout=60, check=False,
            env={"PATH": "/usr/bin:/bin", "HOME": home, "LC_ALL": "C.UTF-8"})
    if done.returncode != 0:
        raise ValueError(done.stderr.strip())
    return json.loads(done.stdout)


def images_of(read):
    return {name: service.get("image", "") for name, service in read["services"].items()}


def port_range(text):
    low, _, high = str(text or 0).partition("-")
    return int(low), int(high or low)


def spread_ports(ports):
    """docker compose writes a range as single ports."""
    spread = set()
    for host_ip, published, published_end, target, target_end, protocol in ports:
        count = max(published_end - published, target_end - target) + 1
        if target_end == target:  # one of the published ones, the engine chooses which
            spread.add((host_ip, published, published_end, target, protocol))
            continue
        for i in range(count):
            port = published + i if published else 0
            spread.add((host_ip, port, port, target + i, protocol))
    return spread


def theirs(service):
    """docker compose's service in the form of our dump."""
    mounts = [(mount["type"], mount["target"], bool(mount.get("read_only"))) for mount in service.get("volumes", [])]
    tmpfs = [("tmpfs", path.split(":")[0], False) for path in service.get("tmpfs", [])]
    deploy = service.get("deploy", {})
    return {
        "image": service.get("image", ""), "platform": service.get("platform"),
        "container_name": service.get("container_name"), "network_mode": service.get("network_mode"),
        "pull_policy": service.get("pull_policy"),
        "ports": spread_ports((port.get("host_ip", ""), *port_range(port.get("published")), *port_range(port["target"]),
                               port.get("protocol", "tcp")) for port in service.get("ports", [])),
        "mounts": set(mounts + tmpfs),
        "depends_on": {name: rule["condition"] for name, rule in service.get("depends_on", {}).items()},
        "profiles": len(service.get("profiles", [])),
        "replicas": service.get("scale", deploy.get("replicas", 1)),
        "privileged": bool(service.get("privileged")),
    }


def ours(service):
    policy = service["pull_policy"]
    read = dict(service, pull_policy="missing" if policy == "if_not_present" else policy, ports=spread_ports(service["ports"]), mounts={tuple(mount) for mount in service["mounts"]})
    del read["environment"]
    return read


def compare_services(before, dumped):
    """Our typed view against docker compose's. It adds what env files say to the environment, we do not."""
    for name in sorted(set(before["services"]) | set(dumped)):
        if name not in before["services"] or name not in dumped:
            yield f"{name}: only one of us has this service"
            continue
        their, our = theirs(before["services"][name]), ours(dumped[name])
        for key in sorted(set(their) | set(our)):
            if their.get(key) != our.get(key):
                yield f"{name}.{key}: docker compose says {their.get(key)}, we say {our.get(key)}"
        environment = before["services"][name].get("environment", {})
        for key, value in dumped[name]["environment"].items():
            if (environment.get(key) or "") != value.replace("$", "$$"):
                yield f"{name}.environment.{key}: docker compose says {environment.get(key)}, we say {value}"


def without_images(read):
    kept = {key: value for key, value in read.items() if key != "name"}
    kept["services"] = {name: {key: value for key, value in service.items() if key not in ("image", "pull_policy")}
                        for name, service in read["services"].items()}
    return kept


def differences(before, after, path="", followed=lambda before, after: False):
    """Lines; followed() tells an alias of an image's scalar elsewhere (a label), which follows the image."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(set(before) | set(after)):
            yield from differences(before.get(key), after.get(key), f"{path}.{key}", followed)
    elif before != after and not followed(before, after):
        yield f"{path[1:]}: {json.dumps(before)} became {json.dumps(after)}"


def check(program, name, dump, scratch):
    """Faults of one project, as lines."""
    folder = os.path.join(CORPUS, name)
    edited = os.path.join(scratch, name)
    before = config(program, folder)
    with open(os.path.join(dump, f"{name}.json"), encoding="utf-8") as file:
        faults = list(compare_services(before, json.load(file)))
    shutil.copytree(folder, edited, symlinks=True)
    shutil.copytree(os.path.join(dump, name), edited, dirs_exist_ok=True)
    after = config(program, edited)
    for service, read in after["services"].items():
        if read.get("image") != f"hardtack.test/{service}:1.0-0123456789ab":
            faults.append(f"{service}: image {read.get('image')} after rewriting")
        if read.get("pull_policy") != "never":
            faults.append(f"{service}: pull_policy {read.get('pull_policy')} after rewriting")
    text = json.dumps(without_images(after)).replace(edited, folder)
    old, new = set(images_of(before).values()), set(images_of(after).values())
    faults += differences(without_images(before), json.loads(text), "",
                          lambda was, now: isinstance(was, str) and was in old and isinstance(now, str) and now in new)
    return faults


def config_v1(own, folder):
    """What docker-compose 1.29 (Python) makes of the project: {service: image}; None when it cannot read it."""
    name = next(name for name in NAMES if os.path.exists(os.path.join(folder, name)))
    packages_path = ":".join(os.path.join(own, "usr/lib", part) for part in ("python3/dist-packages", "python3.11"))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", os.path.join(own, "usr/bin/docker-compose"), "-p", "oracle", "-f", name, "config"],
        cwd=folder, capture_output=True, text=True, timeout=60, check=False,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": packages_path, "LC_ALL": "C.UTF-8", "HOME": folder})
    if done.returncode != 0:
        return None
    images, service, inside = {}, None, False
    for line in done.stdout.splitlines():  # its own output: two spaces a level, keys sorted
        if not line.startswith(" "):
            inside = line == "services:"
        elif inside and line.startswith("  ") and line[2] not in " '" and line.endswith(":"):
            service = line.strip()[:-1]
        elif inside and line.startswith("    image: "):
            images[service] = line.split(": ", 1)[1]
    return images


def check_v1(own, name, dump, scratch):
    """A project that compose v1 reads stays one after rewriting, with the new images. The name's line may even mend it."""
    edited = os.path.join(scratch, name)
    shutil.copytree(os.path.join(CORPUS, name), edited)
    before = config_v1(own, edited)
    shutil.copytree(os.path.join(dump, name), edited, dirs_exist_ok=True)
    after = config_v1(own, edited)
    if after is None:
        return ["compose v1 does not read it after rewriting"] if before is not None else []
    return [f"{service}: compose v1 sees {image} after rewriting" for service, image in after.items()
            if image != f"hardtack.test/{service}:1.0-0123456789ab"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--compose", action="append", help="a docker-compose v2 program")
    parser.add_argument("--ours", default=os.path.join(BUILD, "native", "unit", "test_compose_corpus"))
    options = parser.parse_args()
    programs = {path: path for path in options.compose} if options.compose else programs_of_engines()
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="compose-oracle-") as scratch:
        dump = os.path.join(scratch, "dump")
        os.mkdir(dump)
        done = subprocess.run([os.path.abspath(options.ours)], env={**os.environ, "COMPOSE_DUMP": dump},
                              capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"{done.stdout}{done.stderr}\n0 passed, 1 failed")
        for label, program in programs.items():
            for name in sorted(os.listdir(CORPUS)):
                examine = check_v1 if os.path.isdir(program) else check
                try:
                    faults = examine(program, name, dump, os.path.join(scratch, os.path.basename(label)))
                except (ValueError, StopIteration, OSError) as error:
                    faults = [str(error)]
                passed, failed = passed + (not faults), failed + bool(faults)
                for fault in faults:
                    print(f"{label}: {name}: {fault}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
