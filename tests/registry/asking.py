"""Runs ask_registry (the registry client without the verbs around it) for the cases of this folder."""
import base64
import json
import os
import subprocess

import stage as stages

ASK = os.environ.get("ASK_REGISTRY", os.path.join(stages.BUILD, "asan", "ask_registry"))


def start(stage, *arguments, env=None):
    return subprocess.Popen([ASK, *map(str, arguments)], cwd=stage.work, env={**stage.env, **(env or {})},
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def ask(stage, *arguments, env=None, expect=0, timeout_s=60):
    """Done with bytes in out; fails when the exit code is another."""
    process = start(stage, *arguments, env=env)
    try:
        out, err = process.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        raise AssertionError(f"{arguments} took longer than {timeout_s} s") from None
    done = stages.Done(process.returncode, out, err.decode())
    assert done.code == expect, f"ask_registry {' '.join(map(str, arguments))}: expected exit {expect}\n{done.code}\n{done.err}"
    return done


def config(stage, **document):
    """Writes ~/.docker/config.json; returns its path."""
    path = os.path.join(stage.home, ".docker", "config.json")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file)
    return path


def auth(user, password):
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


def helper(stage, name, script):
    """A credential helper on a PATH of its own; returns the environment for it."""
    folder = os.path.join(stage.folder, "bin")
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, "docker-credential-" + name)
    with open(path, "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\n" + script)
    os.chmod(path, 0o755)
    return {"PATH": folder + ":/usr/bin:/bin"}


def statuses(registry, part):
    return [r.status for r in list(registry.requests) if part in r.path]
