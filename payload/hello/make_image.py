#!/usr/bin/env python3
"""Makes the demo's image from scratch, for linux/amd64 and linux/arm64: no base image, no network, same bytes each time.

    make_image.py OUT_DIR

leaves in OUT_DIR
    hello-oci.tar               OCI image layout: an index of both platforms, with attestation entries as buildx writes
    hello-<arch>-save.tar       what `docker save` (25 and later) would write
    hello-<arch>-save-old.tar   what `docker save` (up to 24) would write
    hello-<arch>                the program itself

The compilers are CC_AMD64 and CC_ARM64 from the environment; by default the project's pinned one (scripts/cc.sh).
"""
import os
import shlex
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPTS = os.path.join(HERE, "..", "..", "scripts")
sys.path.insert(0, SCRIPTS)
sys.dont_write_bytecode = True
import image_writer  # noqa: E402

REFERENCE = "docker.io/hardtack/hello:1.0.0"
FLAGS = ["-std=c17", "-Wall", "-Wextra", "-Werror", "-Os", "-static", "-s"]
CONFIG = {
    "User": "65534:65534",
    "ExposedPorts": {"8080/tcp": {}},
    "Env": ["PORT=8080"],
    "Entrypoint": ["/hello"],
    "Labels": {"org.opencontainers.image.title": "hello", "org.opencontainers.image.version": "1.0.0"},
}


def compile_program(architecture, out_dir):
    target = os.path.join(out_dir, "hello-" + architecture)
    compiler = os.environ.get("CC_" + architecture.upper()) or \
        shlex.quote(os.path.join(SCRIPTS, "cc.sh")) + " linux-" + architecture
    # The compiler runs in the source's folder, so that no path gets into the program; cc.sh finds its zig in DEPS.
    deps = os.environ.get("DEPS") or os.path.join(HERE, "..", "..", os.environ.get("BUILD") or "build", "deps")
    subprocess.run([*shlex.split(compiler), *FLAGS, "-o", target, "hello.c"], check=True, cwd=HERE,
                   env={**os.environ, "DEPS": os.path.abspath(deps)})
    return target


def make_image(architecture, out_dir):
    program = compile_program(architecture, out_dir)
    layer = image_writer.make_layer([image_writer.Entry("hello", 0o755, source=program)],
                                    os.path.join(out_dir, "layers"), architecture, level=9)
    image = image_writer.Image(REFERENCE, architecture, [layer], CONFIG)
    stem = os.path.join(out_dir, f"hello-{architecture}-save")
    image_writer.docker_save_new(stem + ".tar", [image])
    image_writer.docker_save_old(stem + "-old.tar", [image])
    return image


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: make_image.py OUT_DIR")
    out_dir = os.path.abspath(sys.argv[1])
    os.makedirs(out_dir, exist_ok=True)
    images = [make_image(architecture, out_dir) for architecture in ("amd64", "arm64")]
    both = os.path.join(out_dir, "hello-oci.tar")
    image_writer.oci_layout(both, [images], attest=True)
    print(both)


if __name__ == "__main__":
    main()
