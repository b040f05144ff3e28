# expect 3:
with tarfile.open(out, "w") as t:
    i = tarfile.TarInfo("a")
    i.size = 1 << 40
    t.fileobj.write(i.tobuf())
