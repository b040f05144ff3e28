# expect 3:
with tarfile.open(out, "w") as t:
    add(t, "a", type=tarfile.BLKTYPE)
