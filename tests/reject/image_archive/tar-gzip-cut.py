# expect 3: sound tar
write_tar(out, oci_files(), compress=gz)
data = open(out, "rb").read()
open(out, "wb").write(data[: len(data) // 2])
