# expect 3: leads out of the archive
with tarfile.open(out, "w") as tar:
    for name, data in docker_files().items():
        add(tar, name, data)
    add(tar, "../../evil", b"x")
