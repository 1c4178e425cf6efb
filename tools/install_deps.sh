#!/bin/sh
# Installs what building, testing and the web client need, and only what is missing:
#   tools/install_deps.sh [build] [test] [web]        (default: build)
# Debian 12 and 13 and Ubuntu 24.04 are looked after; Fedora, Alpine and Arch are a best effort.
# Uses sudo unless it runs as root. With everything in place it changes nothing and is quick.
set -eu
cd "$(dirname "$0")/.."

venv=build/venv
node_tests=tests/typescript

# Debian 12 has no yyjson of its own; the package of Debian 13 runs there as it is.
yyjson_version=0.10.0+ds-1+b1
yyjson_sums='
libyyjson0    amd64 37980c1c76344e0af7ffeac2a3ed65db2e1a7e5de3a050225498e77935cf367e
libyyjson-dev amd64 295f23a9c3d6bd08c0afea051a04aa0bba22c2fa248e39e6e7e0406ef0c068f5
libyyjson0    arm64 f42688c9a65f615ae52db9e21ab4e37fd9a6fc8c16539f1272eb5c2093d085e6
libyyjson-dev arm64 d8ecc58ca1ff13926181d6c2d8fc298a11151f8e803b9bc51b040a36849b6d40'

say() { echo "install_deps: $*"; }
die() { say "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

manager=none
for m in apt-get:apt dnf:dnf apk:apk pacman:pacman; do
    if have "${m%:*}"; then manager=${m#*:}; break; fi
done

# ---- what is there ------------------------------------------------------------------------------

has_c() { have gcc && echo '#include <stdio.h>' | gcc -E -x c - >/dev/null 2>&1; }
has_lib() { have pkg-config && pkg-config --exists "$1"; }
has_sanitizer() { # compiler, -fsanitize= value
    have "$1" && echo 'int main(void) { return 0; }' |
        "$1" -x c - "-fsanitize=$2" -o /dev/null 2>/dev/null
}
has_fuzzer() {
    have clang && echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' |
        clang -x c - -fsanitize=fuzzer,address -o /dev/null 2>/dev/null
}
has_venv() { have python3 && python3 -c 'import venv, ensurepip' 2>/dev/null; }
has_node() {
    have npm && have node && node -e 'process.exit(parseInt(process.versions.node) < 18 ? 1 : 0)'
}

missing=
# want <packages: apt> <dnf> <apk> <pacman> <check...>: notes the packages when the check fails.
want() {
    apt=$1 dnf=$2 apk=$3 pacman=$4
    shift 4
    "$@" && return
    case $manager in
    apt) missing="$missing $apt" ;;
    dnf) missing="$missing $dnf" ;;
    apk) missing="$missing $apk" ;;
    pacman) missing="$missing $pacman" ;;
    none) die "no apt-get, dnf, apk or pacman here; please install by hand: $apt" ;;
    esac
}

want_build() {
    want 'gcc libc6-dev' gcc 'gcc musl-dev linux-headers' gcc has_c
    want make make make make have make
    want pkg-config pkgconf-pkg-config pkgconf pkgconf have pkg-config
    want libmicrohttpd-dev libmicrohttpd-devel libmicrohttpd-dev libmicrohttpd has_lib libmicrohttpd
    want libsqlite3-dev sqlite-devel sqlite-dev sqlite has_lib sqlite3
    want libzstd-dev libzstd-devel zstd-dev zstd has_lib libzstd
    want zlib1g-dev zlib-devel zlib-dev zlib has_lib zlib
    want libyyjson-dev yyjson-devel yyjson-dev yyjson has_lib yyjson
}

want_test() {
    want libcmocka-dev libcmocka-devel cmocka-dev cmocka has_lib cmocka
    want clang clang clang clang have clang
    want gcc libasan '' gcc-libs has_sanitizer gcc address
    want gcc libubsan '' gcc-libs has_sanitizer gcc undefined
    want gcc libtsan '' gcc-libs has_sanitizer gcc thread
    want python3-venv python3 'python3 py3-pip' python has_venv
    want 'nodejs npm' 'nodejs nodejs-npm' 'nodejs npm' 'nodejs npm' has_node
    want chromium chromium chromium chromium have chromium
}

# The library behind clang's -fsanitize=; on Debian its package carries clang's version.
want_fuzzer() {
    version=$(clang -dumpversion 2>/dev/null | cut -d. -f1)
    want "libclang-rt-$version-dev" compiler-rt compiler-rt compiler-rt has_fuzzer
}

# ---- how it gets there --------------------------------------------------------------------------

# Fetches one package of yyjson from the mirrors that apt uses anyway; apt-helper checks the sum.
fetch_yyjson() { # package, directory
    arch=$(dpkg --print-architecture)
    sum=$(echo "$yyjson_sums" | awk -v p="$1" -v a="$arch" '$1 == p && $2 == a { print $3 }')
    [ -n "$sum" ] || die "no $1 for $arch: please build yyjson 0.10 or newer from its sources"
    for site in $(apt-get indextargets --format '$(SITE)' | sort -u); do
        url=${site%/}/pool/main/y/yyjson/${1}_${yyjson_version}_$arch.deb
        if /usr/lib/apt/apt-helper download-file "$url" "$2/$1.deb" "SHA256:$sum" >>"$2/log" 2>&1
        then
            return
        fi
    done
    cat "$2/log" >&2
    die "the mirrors of this machine have no $1 $yyjson_version"
}

install_apt() {
    export DEBIAN_FRONTEND=noninteractive
    as_root apt-get update -qq || say 'apt-get update had errors; going on'
    case " $* " in
    *' libyyjson-dev '*)
        if ! apt-cache policy libyyjson-dev | grep -q 'Candidate: [^(]'; then
            debs=$(mktemp -d)
            trap 'rm -rf "$debs"' EXIT
            chmod 755 "$debs"
            if [ "$(id -u)" = 0 ]; then chown _apt "$debs" 2>/dev/null || true; fi
            fetch_yyjson libyyjson0 "$debs"
            fetch_yyjson libyyjson-dev "$debs"
            set -- $(echo " $* " | sed 's/ libyyjson-dev / /') "$debs"/*.deb
        fi
        ;;
    esac
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"
}

install_missing() {
    [ -n "$missing" ] || return 0
    set -- $missing
    missing=
    say "installing $*"
    case $manager in
    apt) install_apt "$@" ;;
    dnf) as_root dnf install -y "$@" ;;
    apk) as_root apk add "$@" ;;
    pacman) as_root pacman -Sy --needed --noconfirm "$@" ;;
    esac
}

install_python_tools() {
    if cmp -s tests/requirements.txt "$venv/requirements.txt" && "$venv/bin/python" -c ''; then
        return
    fi
    say "installing Python packages into $venv"
    # One that works is kept: several working copies may share it.
    "$venv/bin/python" -c '' 2>/dev/null || python3 -m venv --clear "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r tests/requirements.txt
    cp tests/requirements.txt "$venv/requirements.txt"
}

install_node_tools() {
    if cmp -s "$node_tests/package-lock.json" "$node_tests/node_modules/.installed"; then
        return
    fi
    say "installing Node packages into $node_tests/node_modules"
    (cd "$node_tests" && npm ci --no-audit --no-fund --loglevel=error)
    cp "$node_tests/package-lock.json" "$node_tests/node_modules/.installed"
}

# ---- the three sets -----------------------------------------------------------------------------

[ $# -gt 0 ] || set -- build
for set in "$@"; do
    case $set in
    build) want_build ;;
    test) want_test ;;
    web) want 'nodejs npm' 'nodejs nodejs-npm' 'nodejs npm' 'nodejs npm' has_node ;;
    *) die "unknown: $set (there is: build, test, web)" ;;
    esac
done
install_missing
for set in "$@"; do
    [ "$set" = test ] || continue
    want_fuzzer
    install_missing
    install_python_tools
    install_node_tools
done
