# expect 3: holds no image
files = docker_files()
files["manifest.json"] = b"[]"
write_tar(out, files)
