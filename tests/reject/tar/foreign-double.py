# expect 3:
with tarfile.open(out, "w") as t:
    add(t, "a")
    add(t, "./a")
