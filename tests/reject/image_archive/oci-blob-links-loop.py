# expect 3: link leads nowhere
files = oci_files()
name = "blobs/sha256/" + sha(config())
del files[name]
write_tar(out, files, {name: "loop", "blobs/sha256/loop": sha(config())})
