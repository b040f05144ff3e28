# expect 3: compressed with zstd
write_tar(out, docker_files(pack=zst))
