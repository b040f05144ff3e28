# expect 7: do not have the digest
files = oci_files()
name = "blobs/sha256/" + sha(config())
files[name] = files[name].replace(b"PG_MAJOR=17", b"PG_MAJOR=18")
write_tar(out, files)
