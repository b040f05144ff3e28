# expect 6: is not in the archive
files = oci_files()
del files["blobs/sha256/" + sha(config())]
write_tar(out, files)
