"""What other people's tools say about a made file: LLVM, LIEF and rcodesign.

Each function yields (name, holds, detail). None of these tools knows hardtack.
"""

import os
import re
import subprocess
import sys


def run(*command, cwd=None, timeout=300):
    """(status, stdout, stderr) of a command."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
                          cwd=cwd, timeout=timeout, check=False)
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


def without_paths(text):
    """The output without the lines that name the file."""
    return [line for line in text.splitlines() if not re.match(r"\s*(File:|.*:$|.*file format)", line)]


def llvm_macho(path, stub):
    status, out, err = run("llvm-objdump", "--macho", "--private-headers", path)
    yield "llvm-objdump --private-headers", status == 0 and not err, err
    segment = re.search(r"segname __PAYLOAD\n(.*\n){8}", out)
    fields = dict(re.findall(r"(\w+) (\S+)", segment.group())) if segment else {}
    yield ("llvm-objdump: __PAYLOAD is not mapped",
           int(fields.get("vmsize", "1"), 16) == 0 and fields.get("initprot") == "---" and fields.get("maxprot") == "---",
           str(fields))
    status, _, err = run("llvm-readobj", "--file-headers", "--sections", "--macho-segment", "--needed-libs", path)
    yield "llvm-readobj", status == 0 and not err, err
    status, _, err = run("llvm-nm", "--no-sort", path)
    yield "llvm-nm", status == 0 and not re.search("error|malformed", err), err
    for option in ("--bind", "--lazy-bind", "--weak-bind", "--rebase", "--exports-trie", "--indirect-symbols",
                   "--function-starts", "--data-in-code"):
        status, ours, err = run("llvm-objdump", "--macho", option, path)
        _, theirs, _ = run("llvm-objdump", "--macho", option, stub)
        same = without_paths(ours) == without_paths(theirs)
        told = without_paths(ours) or option not in ("--bind", "--indirect-symbols")
        yield f"llvm-objdump {option}: as the stub's", status == 0 and not err and same and told, err


def llvm_elf(path):
    status, _, err = run("llvm-readobj", "--file-headers", "--program-headers", "--sections", "--dynamic-table", path)
    yield "llvm-readobj", status == 0 and not err, err
    status, out, err = run("llvm-objdump", "--private-headers", path)
    yield "llvm-objdump --private-headers", status == 0 and not err and "NEEDED" not in out, err


def import_lief(judges):
    sys.path.insert(0, os.path.join(judges, "python"))
    import lief

    lief.logging.disable()
    return lief


def lief_macho(judges, path, stub):
    lief = import_lief(judges)
    files = lief.MachO.parse(path)
    yield "LIEF reads it", files is not None and len(files) == 1, ""
    ours, theirs = files.at(0), lief.MachO.parse(stub).at(0)
    payload = ours.get_segment("__PAYLOAD")
    yield "LIEF finds __PAYLOAD", payload is not None and payload.virtual_size == 0, ""
    with open(path, "rb") as handle:
        handle.seek(payload.file_offset)
        yield "LIEF reads the payload", handle.read(payload.file_size) == bytes(payload.content), ""
    # LIEF 1.0.0 has one of dyld's conditions the wrong way round: dyld (until 1241) refuses an unmapped
    # segment *without* SG_NORELOC, LIEF refuses one with it. All of its other checks of the layout count.
    payload.flags = 0
    good, message = lief.MachO.check_layout(ours)
    yield "LIEF's check of the layout", good, message
    yield ("LIEF: imports as the stub's",
           sorted(s.name for s in ours.imported_symbols) == sorted(s.name for s in theirs.imported_symbols), "")
    yield "LIEF: libraries as the stub's", [l.name for l in ours.libraries] == [l.name for l in theirs.libraries], ""
    yield "LIEF: entry as the stub's", ours.entrypoint == theirs.entrypoint, ""
    yield "LIEF: signature to the end", ours.has_code_signature and (
        ours.code_signature.data_offset + ours.code_signature.data_size == os.path.getsize(path)), ""


def lief_elf(judges, path):
    lief = import_lief(judges)
    binary = lief.ELF.parse(path)
    yield "LIEF reads it", binary is not None, ""
    good, message = lief.ELF.check_layout(binary)
    yield "LIEF's check of the layout", good, message
    yield "LIEF: no interpreter, no libraries", not binary.has_interpreter and not list(binary.libraries), ""
    yield "LIEF: the payload is what lies behind the program", b"hardtack/manifest.json" in bytes(binary.overlay), ""


def rcodesign_reads(judges, path):
    status, out, err = run(os.path.join(judges, "bin/rcodesign"), "print-signature-info", path)
    facts = dict(re.findall(r"(\w+): '?([^'/\n]+?)'?(?: /.*)?$", out, re.M))
    size = str(os.path.getsize(path))
    yield "rcodesign reads it", status == 0, err
    yield ("rcodesign: the signature ends the file",
           facts.get("macho_signature_end_offset") == facts.get("macho_linkedit_end_offset") == facts.get("macho_end_offset") == size
           and facts.get("linkedit_bytes_after_signature") == "0", str(facts))
    yield "rcodesign: ad-hoc, SHA-256", "ADHOC" in out and facts.get("digest_type") == "sha256", ""
    status, out, err = run(os.path.join(judges, "bin/rcodesign"), "extract", "superblob", path)
    yield "rcodesign extracts the signature", status == 0, err


def rcodesign_signs(judges, path, signed, *options):
    """Signs a copy; (status, what it said)."""
    status, out, err = run(os.path.join(judges, "bin/rcodesign"), "sign", *options, path, signed)
    return status, out + err


def rcodesign_certificate(judges, folder):
    """Options that sign with a certificate made for the purpose."""
    pem = os.path.join(folder, "signer")
    status, _, err = run(os.path.join(judges, "bin/rcodesign"), "generate-self-signed-certificate", "--person-name",
                         "hardtack test", "--pem-filename", pem)
    if status != 0:
        raise RuntimeError(f"rcodesign generate-self-signed-certificate: {err}")
    return ["--pem-file", pem + ".key", "--pem-file", pem + ".crt", "--timestamp-url", "none"]
