# expect 3:
with tarfile.open(out, "w") as t:
    b = bytearray()
    for n in range(100001):
        b += tarfile.TarInfo("f%d" % n).tobuf()
    t.fileobj.write(b)
