# expect 7:
with tarfile.open(out, "w") as t:
    add(t, "a")
    add(t, "d", type=tarfile.LNKTYPE, link="a")
