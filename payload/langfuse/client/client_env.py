"""Reads this folder's .env into the process, so that the SDK finds the server of this installation.

Call load() before langfuse is imported. Standard library only; copy it beside your own code.
"""
import os
import pathlib

HERE = pathlib.Path(__file__).resolve().parent


def read(path):
    """{name: value} of an env file: NAME=value lines, "…" or '…' around a value, # comments."""
    values = {}
    for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
        name, equals, value = line.strip().partition("=")
        if name.startswith("#") or not equals:
            continue
        value = value.strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        values[name.replace("export ", "", 1).strip()] = value
    return values


def load(path=HERE / ".env"):
    """Sets the file's variables. They win over the shell's: a stray LANGFUSE_HOST there would send
    the traces elsewhere. NO_PROXY is added to what the shell has, in both spellings, because
    Python's HTTP clients prefer the lower-case one."""
    values = read(path)
    hosts = values.pop("NO_PROXY", "localhost,127.0.0.1").split(",")
    for name in ("NO_PROXY", "no_proxy"):
        mine = [host for host in os.environ.get(name, "").split(",") if host]
        os.environ[name] = ",".join(mine + [host for host in hosts if host not in mine])
    os.environ.update(values)
    return values
