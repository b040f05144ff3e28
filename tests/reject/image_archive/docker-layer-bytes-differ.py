# expect 7: do not have the digest
files = docker_files()
name = [n for n in files if n.endswith("layer.tar")][1]
files[name] = files[name].replace(b"serve", b"Serve")
write_tar(out, files)
