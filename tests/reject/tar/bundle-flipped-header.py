# expect 7:
write_bundle(out, lambda data: bytes([data[0] ^ 1]) + data[1:])
