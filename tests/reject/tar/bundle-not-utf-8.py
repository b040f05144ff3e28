# expect 7:
with tarfile.open(out, "w", encoding="latin-1") as t:
    add(t, "\xff")
