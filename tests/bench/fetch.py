#!/usr/bin/env python3
"""hardtack fetch, skopeo copy and crane pull from the same local registry, in turn, in one run.

    tests/bench/fetch.py --hardtack FILE [--crane FILE] [--repeats N] [--layers N] [--layer-mib N] [--out DIR]

Each starts from nothing: hardtack resolves, locks and fetches into an empty cache; skopeo and crane write an OCI layout.
Prints a table of medians with ratios to the faster of the others, and peak memory (VmHWM); DIR gets fetch.json too.
Exits 1 when hardtack is slower than the faster of the others by more than a tenth.
"""
import argparse
import gzip
import hashlib
import json
import os
import random
import shutil
import statistics
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "registry"), os.path.join(HERE, "..", "fakes"), os.path.join(HERE, "..", "..", "scripts")]
import registries  # noqa: E402
from measure import timed  # noqa: E402

OCI = "application/vnd.oci.image."


def write_layout(folder, layers, layer_bytes):
    """An OCI layout of one linux/amd64 image with layers that cannot be compressed."""
    blobs = os.path.join(folder, "blobs", "sha256")
    os.makedirs(blobs)

    def put(data):
        digest = hashlib.sha256(data).hexdigest()
        with open(os.path.join(blobs, digest), "wb") as file:
            file.write(data)
        return {"digest": "sha256:" + digest, "size": len(data)}
    rows, diff_ids = [], []
    for number in range(layers):
        raw = random.Random(number).randbytes(layer_bytes)
        diff_ids.append("sha256:" + hashlib.sha256(raw).hexdigest())
        rows.append({"mediaType": OCI + "layer.v1.tar+gzip", **put(gzip.compress(raw, 0, mtime=0))})
    config = put(json.dumps({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": diff_ids}}).encode())
    manifest = put(json.dumps({"schemaVersion": 2, "mediaType": OCI + "manifest.v1+json",
                               "config": {"mediaType": OCI + "config.v1+json", **config}, "layers": rows}).encode())
    for name, content in (("oci-layout", {"imageLayoutVersion": "1.0.0"}),
                          ("index.json", {"schemaVersion": 2, "manifests": [{"mediaType": OCI + "manifest.v1+json", **manifest}]})):
        with open(os.path.join(folder, name), "w", encoding="ascii") as file:
            json.dump(content, file)


def contenders(options, host, work):
    env = {"PATH": "/usr/bin:/bin", "HOME": work, "HARDTACK_CACHE": os.path.join(work, "cache")}
    found = {"hardtack": ([options.hardtack, "fetch", "compose.yaml", "--target", "linux-amd64"], env),
             "skopeo": (["skopeo", "--insecure-policy", "copy", "-q", "--src-tls-verify=false", f"docker://{host}/bench/image:1",
                         f"oci:{work}/out:1"], env)}
    if options.crane:
        found["crane"] = ([options.crane, "pull", "--insecure", "--format=oci", "--platform=linux/amd64", f"{host}/bench/image:1",
                           f"{work}/out"], env)
    return found


def measure(options, host, work):
    results = {}
    with open(os.path.join(work, "compose.yaml"), "w", encoding="ascii") as file:
        file.write(f"name: bench\nservices:\n  a:\n    image: {host}/bench/image:1\n")
    programs = contenders(options, host, work)
    for repeat in range(options.repeats + 1):  # the first warms the registry's files up
        turn = repeat % len(programs)  # nobody is always the first, or behind the same one
        for name, (argv, env) in [*programs.items()][turn:] + [*programs.items()][:turn]:
            for left in ("cache", "out", "hardtack.lock"):
                path = os.path.join(work, left)
                shutil.rmtree(path, ignore_errors=True)
                if os.path.exists(path):
                    os.unlink(path)
            os.sync()
            row = timed(argv, env, work, os.path.join(work, "said"))
            if repeat > 0:
                results.setdefault(name, []).append(row)
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hardtack", required=True, type=os.path.abspath)
    parser.add_argument("--crane", type=os.path.abspath)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--layers", type=int, default=8)
    parser.add_argument("--layer-mib", type=int, default=24)
    parser.add_argument("--out")
    options = parser.parse_args()
    work = tempfile.mkdtemp(prefix="hardtack-bench-")
    try:
        write_layout(os.path.join(work, "layout"), options.layers, options.layer_mib << 20)
        with registries.DockerRegistry(os.path.join(work, "registry")) as registry:
            registry.push(os.path.join(work, "layout"), "bench/image:1", all_platforms=False)
            results = measure(options, registry.host, work)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    median = {name: statistics.median(row.seconds for row in rows) for name, rows in results.items()}
    memory = {name: max(row.peak_kib for row in rows) for name, rows in results.items()}
    fastest = min(seconds for name, seconds in median.items() if name != "hardtack")
    print(f"{options.layers} layers of {options.layer_mib} MiB, {options.repeats} runs each, in turn\n")
    print("| | median | to the faster of the others | peak memory |\n|---|---|---|---|")
    for name, seconds in sorted(median.items(), key=lambda row: row[1]):
        print(f"| {name} | {seconds:.2f} s | {seconds / fastest:.2f} | {memory[name] / 1024:.0f} MiB |")
    if options.out:
        os.makedirs(options.out, exist_ok=True)
        with open(os.path.join(options.out, "fetch.json"), "w", encoding="ascii") as file:
            json.dump({"layers": options.layers, "layer_mib": options.layer_mib, "repeats": options.repeats,
                       "median_s": median, "peak_kib": memory, "runs": {name: [row[:2] for row in rows] for name, rows in results.items()}}, file, indent=1, sort_keys=True)
            file.write("\n")
    return median["hardtack"] > 1.1 * fastest


if __name__ == "__main__":
    sys.exit(main())
