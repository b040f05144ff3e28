# expect 7: damaged gzip data
write_tar(out, oci_files(pack=lambda data: gz(data) + b"trailing"))
