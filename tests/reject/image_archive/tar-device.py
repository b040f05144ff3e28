# expect 3: device
with tarfile.open(out, "w") as tar:
    for name, data in docker_files().items():
        add(tar, name, data)
    add(tar, "dev", type=tarfile.BLKTYPE)
