# expect 6: is not in the archive
files = docker_files()
del files[[n for n in files if n.endswith("layer.tar")][1]]
write_tar(out, files)
