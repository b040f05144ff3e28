# expect 3: must be 1.0.0
files = oci_files()
files["oci-layout"] = b'{"imageLayoutVersion":"2.0.0"}'
write_tar(out, files)
