# expect 7: unpacks to
files = docker_files(pack=gz)
files[[n for n in files if n.endswith("layer.tar")][1]] = gz(BASE)
write_tar(out, files)
