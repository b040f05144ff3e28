# expect 3: more than 1000 names
files = oci_files()
entry = json.loads(files["index.json"])["manifests"][0]
files["index.json"] = index(*[{**entry, **named("lab/app:%d" % n)} for n in range(1001)])
write_tar(out, files)
