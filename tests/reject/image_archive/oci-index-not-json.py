# expect 3: not valid JSON
files = oci_files()
files["index.json"] = b"{"
write_tar(out, files)
