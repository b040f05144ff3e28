# expect 3: ends behind the end
info = tarfile.TarInfo("manifest.json")
info.size = 1 << 50
open(out, "wb").write(info.tobuf(tarfile.GNU_FORMAT) + bytes(4096))
