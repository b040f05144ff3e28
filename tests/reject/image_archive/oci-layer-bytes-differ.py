# expect 7: do not have the digest
files = oci_files()
name = "blobs/sha256/" + sha(gz(APP))
data = bytearray(files[name])
data[len(data) // 2] ^= 1
files[name] = bytes(data)
write_tar(out, files)
