# expect 3: no image archive
files = docker_files()
del files["manifest.json"]
write_tar(out, files)
