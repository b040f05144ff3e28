#!/bin/bash
# make demo: packs payload/hello for the Mac and for this machine, installs the latter on this machine's Docker engine
# and shows the page's answer. Where no engine answers, root on Debian 12 gets a private one (tests/engines) that is
# stopped at the end. Leaves the installers in $BUILD/demo/dist, and nothing else: the stack is uninstalled again.
#
#   BUILD   where `make` put the host tool (default: build)     DEPS   toolchain and libraries (default: $BUILD/deps)
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
BUILD=${BUILD:-build}
export BUILD DEPS=${DEPS:-$BUILD/deps}
engine_name=v28
export HARDTACK_ENGINES_DIR=$PWD/$BUILD/demo/engines
case $BUILD in /*) HARDTACK_ENGINES_DIR=$BUILD/demo/engines ;; esac
out=$BUILD/demo
home=$out/home
docker_config=${DOCKER_CONFIG:-$HOME/.docker}
inside=() # what carries a command into the private engine's network, where there is one
installed=""
private=""

say() { if [ -t 1 ]; then printf '\n\033[1m%s\033[0m\n' "$*"; else printf '\n%s\n' "$*"; fi; }
die() { printf 'demo: %s\n' "$*" >&2 && exit 1; }

main() {
	local platform archive file page
	[ -x "$BUILD/hardtack" ] || die "no $BUILD/hardtack: run \`make\` first"
	trap tidy EXIT
	rm -rf "$out/dist" "$home" && mkdir -p "$out/dist" "$home"
	platform=$(host_platform)

	say "1. An image made from scratch, for arm64 and amd64 (payload/hello)"
	archive=$(python3 -B payload/hello/make_image.py "$out/images")
	ls -l "$archive"

	say "2. One file for the Mac, one for this machine"
	build_for darwin-arm64 "$archive"
	[ "$platform" = darwin-arm64 ] || build_for "$platform" "$archive"
	file=$(ls "$out/dist"/hello-*-"$platform")

	say "3. A Docker engine"
	find_engine

	say "4. The installer for this machine does its work"
	page=$(free_port)
	installed=$file
	run_installer "$file" install --yes --set "HELLO_PORT=$page"

	say "5. What the page answers (http://127.0.0.1:$page/)"
	ask "http://127.0.0.1:$page/"

	say "6. Done; the stack goes away again"
	tidy
	trap - EXIT
	printf '\nThe Mach-O for a Mac (Apple silicon) lies here; it needs nothing but Docker on that Mac:\n\n'
	ls -l "$out"/dist/hello-*-darwin-arm64
	printf '\n    %s\n' "$(cd "$out/dist" && pwd)/$(basename "$out"/dist/hello-*-darwin-arm64) install"
}

host_platform() {
	case $(uname -s)-$(uname -m) in
	Linux-x86_64) echo linux-amd64 ;;
	Linux-aarch64) echo linux-arm64 ;;
	Darwin-arm64) echo darwin-arm64 ;;
	*) die "this machine ($(uname -s) $(uname -m)) is none that hardtack packs for" ;;
	esac
}

build_for() {
	"$BUILD/hardtack" build payload/hello --offline --target "$1" --image-archive "$2" -o "$out/dist/"
}

# The machine's own engine where one answers; else a private one.
find_engine() {
	if docker version >/dev/null 2>&1 && { docker compose version || docker-compose version; } >/dev/null 2>&1; then
		printf 'this machine'\''s own: %s\n' "$(docker version --format '{{.Server.Version}}')"
		return
	fi
	[ "$(uname -s)" = Linux ] || die "no Docker engine with compose answers: start Docker Desktop, OrbStack or Colima"
	[ "$(id -u)" = 0 ] || die "no Docker engine with compose answers: start one, or run this as root to get a private one"
	if [ -r /etc/debian_version ] && ! command -v ip >/dev/null; then
		apt-get -qq install -y iproute2 >/dev/null || die "apt-get install iproute2 failed"
	fi
	printf 'none answers here: a private one, with no network but loopback (downloads 60 MB once)\n'
	private=1
	python3 -B tests/engines/engine start "$engine_name" >/dev/null
	inside=(python3 -B tests/engines/engine exec "$engine_name")
	"${inside[@]}" docker version --format 'Docker {{.Server.Version}}'
}

# The installer keeps its things under HOME: the demo's own, so that yours stays as it is.
run_installer() {
	# ${inside[@]+…}: bash 3.2 of macOS calls an empty array unset
	HOME=$(cd "$home" && pwd) DOCKER_CONFIG=$docker_config ${inside[@]+"${inside[@]}"} "$@"
}

# A port that nobody listens on, from 8088 up, as seen where the page will be.
free_port() {
	${inside[@]+"${inside[@]}"} python3 -c '
import socket
for port in range(8088, 8188):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            continue
    print(port)
    break'
}

ask() {
	${inside[@]+"${inside[@]}"} python3 -c '
import sys, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
sys.stdout.write(opener.open(sys.argv[1], timeout=10).read().decode())' "$1"
}

# Uninstalls and stops whatever of it was started; runs at the end and when anything fails.
tidy() {
	if [ -n "$installed" ]; then
		run_installer "$installed" uninstall --yes --purge-data || true
		installed=""
	fi
	if [ -n "$private" ]; then
		python3 -B tests/engines/engine stop "$engine_name" || true
		private=""
	fi
	rm -rf "$home" "$out/images" "$HARDTACK_ENGINES_DIR"
}

main "$@"
