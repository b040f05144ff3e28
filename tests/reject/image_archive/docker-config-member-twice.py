# expect 3: twice
files = docker_files()
configuration = config()[:-1] + b',"os":"windows"}'
files[sha(configuration) + ".json"] = configuration
value = json.loads(files["manifest.json"])
value[0]["Config"] = sha(configuration) + ".json"
files["manifest.json"] = dump(value)
write_tar(out, files)
