# expect 7:
with open(out, "wb") as file:
    file.write(b"x" * 4096)
