# expect 3: more than 1000 names
write_tar(out, docker_files(tags=["lab/app:%d" % n for n in range(1001)]))
