# expect 7: do not have the digest
files = oci_files()
name = "blobs/sha256/" + sha(manifest(config(), [gz(BASE), gz(APP)]))
files[name] = files[name].replace(b"size", b"Size", 1)
write_tar(out, files)
