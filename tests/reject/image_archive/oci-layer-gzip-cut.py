# expect 7: ends early
write_tar(out, oci_files(pack=lambda data: gz(data)[:-9]))
