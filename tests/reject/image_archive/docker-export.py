# expect 3: no image archive
write_tar(out, {"etc/passwd": b"root", "bin/sh": b""})
