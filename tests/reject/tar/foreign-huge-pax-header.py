# expect 3:
with tarfile.open(out, "w") as t:
    add(t, "a", pax_headers={"comment": "x" * 2000000})
