# expect 7:
with tarfile.open(out, "w") as t:
    add(t, "d")
    add(t, "d")
