# expect 3: sound tar
write_tar(out, oci_files(), compress=zst)
data = bytearray(open(out, "rb").read())
data[len(data) // 2] ^= 0xFF
open(out, "wb").write(data)
