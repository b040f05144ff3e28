# expect 3: limit of
files = oci_files()
files["index.json"] += b" " * (9 << 20)
write_tar(out, files)
