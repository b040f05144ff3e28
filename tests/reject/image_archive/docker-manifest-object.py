# expect 3: must be an array
files = docker_files()
files["manifest.json"] = b"{}"
write_tar(out, files)
