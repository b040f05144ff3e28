# expect 3: leads out of the archive
files = oci_files()
name = "blobs/sha256/" + sha(config())
del files[name]
write_folder(out, files)
os.path.lexists(out + "/" + name) or os.symlink("/etc/passwd", out + "/" + name)
