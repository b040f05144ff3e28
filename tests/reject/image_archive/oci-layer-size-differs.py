# expect 7: instead of
files = oci_files()
files["blobs/sha256/" + sha(gz(APP))] += b"x"
write_tar(out, files)
