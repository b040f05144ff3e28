# expect 7:
with open(out, "wb") as file:
    file.write(bytes(512))
