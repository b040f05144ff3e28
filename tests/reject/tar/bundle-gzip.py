# expect 7:
with tarfile.open(out, "w:gz") as t:
    add(t, "d")
