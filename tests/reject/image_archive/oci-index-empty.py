# expect 3: holds no image
write_tar(out, layout())
