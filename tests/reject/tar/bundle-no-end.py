# expect 7:
write_bundle(out, lambda data: data[:-1024])
