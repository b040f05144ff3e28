# expect 3: bytes of image documents
files, entries = {}, []
configuration = config((BASE,), padding="x" * (4 << 20))
files.update(blob(configuration))
for number in range(20):
    document = manifest(configuration, [gz(BASE)])[:-1] + b',"annotations":{"n":"%d"}}' % number
    files.update(blob(document))
    entries.append(descriptor(MANIFEST, document, **named("lab/app:1.%d" % (19 - number))))
files.update(blob(gz(BASE)), **layout(*entries))
write_tar(out, files)
