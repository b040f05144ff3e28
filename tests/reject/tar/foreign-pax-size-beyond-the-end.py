# expect 3:
with tarfile.open(out, "w") as t:
    add(t, "a", b"12345", pax_headers={"size": "99999999"})
