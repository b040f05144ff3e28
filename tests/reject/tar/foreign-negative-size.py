# expect 3:
with tarfile.open(out, "w") as t:
    i = tarfile.TarInfo("a")
    i.size = -1
    t.fileobj.write(i.tobuf(tarfile.GNU_FORMAT))
