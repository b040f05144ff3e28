# expect 7: do not have the digest
files = docker_files()
name = [n for n in files if n.endswith(".json") and len(n) > 64][0]
files[name] = files[name].replace(b"PG_MAJOR=17", b"PG_MAJOR=18")
write_tar(out, files)
