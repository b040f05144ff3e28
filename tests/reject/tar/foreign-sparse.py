# expect 3:
with tarfile.open(out, "w") as t:
    add(t, "a", b"12345", pax_headers={"GNU.sparse.map": "0,2,10,3", "GNU.sparse.size": "13"})
