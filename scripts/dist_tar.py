#!/usr/bin/env python3
"""Writes a release's tar: a folder's files in order of their names, owned by nobody, at SOURCE_DATE_EPOCH (or 0).

    dist_tar.py FOLDER NAME >TAR      NAME is the folder's name in the archive
"""
import io
import os
import sys
import tarfile


def main():
    folder, name = sys.argv[1:]
    time = int(os.environ.get("SOURCE_DATE_EPOCH") or 0)
    with tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=tarfile.USTAR_FORMAT) as tar:
        for file in sorted(os.listdir(folder)):
            with open(os.path.join(folder, file), "rb") as source:
                data = source.read()
            info = tarfile.TarInfo(f"{name}/{file}")
            info.size, info.mtime = len(data), time
            info.mode = 0o755 if file == "hardtack" else 0o644
            tar.addfile(info, io.BytesIO(data))


if __name__ == "__main__":
    main()
