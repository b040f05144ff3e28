# expect 3: leads out of the archive
files = docker_files()
files["manifest.json"] = dump([{"Config": "/etc/passwd", "RepoTags": ["lab/app:1.0"], "Layers": []}])
write_tar(out, files)
