# expect 3: twice
with tarfile.open(out, "w") as tar:
    for name, data in docker_files().items():
        add(tar, name, data)
    add(tar, "manifest.json", b"[]")
