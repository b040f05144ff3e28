# expect 6: is not in the archive
files = docker_files()
del files[[n for n in files if n.endswith(".json") and len(n) > 64][0]]
write_tar(out, files)
