# expect 3: not a regular file
write_folder(out, {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}'})
os.path.lexists(out + "/index.json") or os.mkfifo(out + "/index.json")
