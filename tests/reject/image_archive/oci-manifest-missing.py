# expect 6: is not in the archive
files = oci_files()
del files["blobs/sha256/" + sha(manifest(config(), [gz(BASE), gz(APP)]))]
write_tar(out, files)
