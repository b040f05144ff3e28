# expect 3:
with tarfile.open(out, "w") as t:
    add(t, "x" * 5000)
