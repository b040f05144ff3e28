# expect 3:
with tarfile.open(out, "w") as t:
    add(t, "../d", type=tarfile.DIRTYPE)
