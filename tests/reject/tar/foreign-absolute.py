# expect 3:
with tarfile.open(out, "w") as t:
    add(t, "/etc/passwd")
