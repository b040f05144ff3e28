#!/usr/bin/env bash
# Archives that skopeo wrote, in all its forms and compressed, against what skopeo itself says about
# the image. Without skopeo this is skipped and says so; with MUST_RUN=1 that is a failure.
#
#   LIST_IMAGES=build/asan/list_images HARDTACK=build/hardtack tests/image_archive_forms.sh
set -u -o pipefail
here=$(cd "$(dirname "$0")" && pwd)
: "${LIST_IMAGES:?the list_images program}" "${HARDTACK:?the hardtack program}"
passed=0 failed=0

finish() {
    printf '%d passed, %d failed\n' "$passed" "$failed"
    [[ $failed -eq 0 && $passed -gt 0 ]]
    exit
}

if ! command -v skopeo >/dev/null; then
    printf 'skipped: skopeo is not installed (apt-get install skopeo)\n'
    [[ ${MUST_RUN:-0} == 1 ]] && failed=1
    printf '%d passed, %d failed\n' "$passed" "$failed"
    exit "$failed"
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export HARDTACK_CACHE=$work/cache
cd "$work" || exit 1

expect() { # NAME ACTUAL EXPECTED
    if [[ $2 == "$3" ]]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAIL %s\n--- ours\n%s\n--- expected\n%s\n' "$1" "$2" "$3"
    fi
}

copy() { skopeo --insecure-policy copy -q "$@"; }

# What skopeo says: the config's digest and the diff_ids, which every form must keep.
truth() { # SOURCE…
    local raw
    raw=$(skopeo inspect --raw "$@") || return 1
    printf 'config %s\n' "$(jq_lite "$raw" '["config"]["digest"]')"
    skopeo inspect --config "$@" | python3 -c 'import json,sys
for d in json.load(sys.stdin)["rootfs"]["diff_ids"]: print("layer", d)'
}

# The manifest of a platform, as the index inside the archive says it.
manifest_of() { # FILE ARCHITECTURE
    skopeo inspect --raw "oci-archive:$1" | python3 -c 'import json,sys
for d in json.load(sys.stdin)["manifests"]:
    if d["platform"]["architecture"] == sys.argv[1]: print(d["digest"])' "$2"
}

jq_lite() { python3 -c "import json,sys; print(json.loads(sys.argv[1])$2)" "$1"; }

ours() { # ARGUMENT REFERENCE PLATFORM
    "$LIST_IMAGES" "$@" | awk '/^config/ {print} /^layer/ {print "layer", $5}'
}

ours_manifest() { "$LIST_IMAGES" "$@" | awk '/^manifest/ {print $2}'; }

python3 -B "$here/image_archives.py" forms forms || exit 1
image=lab/app:1.0
expected=$(truth oci:forms/oci)
manifest=sha256:$(skopeo inspect --raw oci:forms/oci | sha256sum | cut -d ' ' -f 1)

copy oci:forms/oci "docker-archive:docker.tar:$image"
copy oci:forms/oci "oci-archive:oci.tar:$image"
copy oci:forms/oci "oci:folder:docker.io/$image"
copy docker-archive:forms/docker-old.tar "oci-archive:from-old.tar:$image"
copy docker-archive:forms/docker-25.tar "docker-archive:from-25.tar:$image"
copy oci-archive:forms/oci.tar "docker-archive:two.tar:$image" --additional-tag "docker.io/lab/app:other"

for file in docker.tar oci.tar from-old.tar from-25.tar two.tar; do
    gzip -k "$file"
    zstd -q "$file"
    # skopeo writes a new config when it turns Docker's form into OCI's.
    [[ $file == from-old.tar ]] && kept=$expected expected=$(truth oci-archive:from-old.tar)
    for form in "$file" "$file.gz" "$file.zst"; do
        expect "$form" "$(ours "$form" "$image" linux/arm64)" "$expected"
    done
    expect "$file: compressed or not, the same pin" \
        "$(ours_manifest "$file.gz" "$image" arm64) $(ours_manifest "$file.zst" "$image" arm64)" \
        "$(ours_manifest "$file" "$image" arm64) $(ours_manifest "$file" "$image" arm64)"
    [[ $file == from-old.tar ]] && expected=$kept
done
expect folder "$(ours folder "$image" linux/arm64)" "$expected"
expect "a second tag" "$(ours two.tar lab/app:other linux/arm64)" "$expected"
expect "skopeo keeps the manifest" "$(ours_manifest oci.tar "$image" arm64)" "$manifest"

# Ours read by skopeo: the made archives are what other programs call an image.
expect "forms/docker-old.tar by skopeo" "$(truth docker-archive:forms/docker-old.tar | grep layer)" \
    "$(grep layer <<<"$expected")"

# Several platforms, each with the config that skopeo finds for it.
copy --all oci:forms/multi oci-archive:multi.tar:ghcr.io/lab/multi:2
for architecture in arm64 amd64; do
    skopeo --insecure-policy --override-arch "$architecture" copy -q oci:forms/multi "oci:$architecture:x"
    expect "multi.tar $architecture" "$(ours multi.tar ghcr.io/lab/multi:2 "linux/$architecture" | grep layer)" \
        "$(truth "oci:$architecture" | grep layer)"
    expect "multi.tar $architecture by its manifest" \
        "$(ours_manifest multi.tar ghcr.io/lab/multi:2 "linux/$architecture")" \
        "$(manifest_of multi.tar "$architecture")"
done

# zstd layers are refused with a remedy.
copy --dest-compress-format zstd --format oci docker-archive:docker.tar "oci:zstd:$image"
"$LIST_IMAGES" zstd "$image" arm64 >/dev/null 2>zstd.err
expect "zstd layers" "$? $(grep -c 'compressed with zstd' zstd.err) $(grep -c 'gzip layers' zstd.err)" "3 1 1"

# A flipped bit in any blob of a plain archive is found.
for number in 0 1 2 3; do
    python3 - oci.tar damaged.tar "$number" <<'PYTHON'
import sys, tarfile
data = bytearray(open(sys.argv[1], "rb").read())
blobs = [m for m in tarfile.open(sys.argv[1]) if m.name.startswith("blobs/") and m.size > 0]
member = blobs[int(sys.argv[3])]
data[member.offset_data + member.size // 2] ^= 4
open(sys.argv[2], "wb").write(data)
PYTHON
    "$LIST_IMAGES" damaged.tar "$image" arm64 >/dev/null 2>damaged.err
    expect "a flipped bit in blob $number" "$?" 7
done
# However the same plain layers were saved, and whatever the cache holds: the same installer.
printf 'name: lab\nservices: {app: {image: lab/app:1.0, restart: always}}\n' >compose.yaml
for form in docker-old.tar docker-old.tar.gz docker-25.tar docker-25.tar.zst skopeo-docker.tar docker-unpacked; do
    "$HARDTACK" build compose.yaml --offline -q --image-archive "forms/$form" --target linux-arm64 -o installer >build.log 2>&1 ||
        cat build.log
    sum=$([[ -s installer ]] && sha256sum <installer || echo "none for $form")
    expect "the installer of $form" "$sum" "${first_sum:=$sum}"
    rm -f installer
done
finish
