#!/usr/bin/env bash
# setup-wasm.sh - make `cargo build --target wasm32-unknown-unknown` work on this machine.
#
#   1. the active Rust toolchain already has the target       -> nothing to do
#   2. `rustup target add wasm32-unknown-unknown` works        -> done (official std)
#   3. fallback, when rustup cannot reach its server: unpack Debian's
#      rustc (rustc-web) and its library source (rust-web-src) into a private
#      folder (nothing is installed system-wide), build the target's standard
#      library once from the vendored source, and link the result to rustup as
#      toolchain $WASM_TOOLCHAIN, so that the ordinary commands work:
#         RUSTUP_TOOLCHAIN=$WASM_TOOLCHAIN cargo build --target wasm32-unknown-unknown
#
# Idempotent. Log on stderr; stdout carries only the `export ...` lines to use:
#         eval "$(./setup-wasm.sh)"
#
# Knobs (environment):
#   WASM_DIR               where the fallback lives  (~/.cache/rust-wasm32)
#   WASM_TOOLCHAIN         its rustup name           (wasm32-debian)
#   WASM_RUSTUP_TIMEOUT    seconds for step 2        (120)
#   WASM_FORCE_FALLBACK=1  skip steps 1 and 2        (for testing)
#   WASM_DEBIAN_LLD=1      fallback links with Debian's lld, not rustup's rust-lld
set -euo pipefail

TARGET=wasm32-unknown-unknown
HOST=x86_64-unknown-linux-gnu
MULTIARCH=x86_64-linux-gnu
WASM_DIR=${WASM_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/rust-wasm32}
WASM_TOOLCHAIN=${WASM_TOOLCHAIN:-wasm32-debian}
WASM_RUSTUP_TIMEOUT=${WASM_RUSTUP_TIMEOUT:-120}
TC=$WASM_DIR/toolchain

log() { printf 'setup-wasm: %s\n' "$*" >&2; }
die() { log "ERROR: $*"; exit 1; }
# `set -e` does not act inside a function called from `if`, hence the && chains.

# has_target CMD...: does this rustc have core and std for the target?
has_target() {
  local dir
  dir=$("$@" --print target-libdir --target $TARGET 2>/dev/null) &&
    compgen -G "$dir/libcore-*.rlib" >/dev/null &&
    compgen -G "$dir/libstd-*.rlib" >/dev/null
}

# smoke CMD...: compile and link a tiny cdylib (std, fat LTO) and, if node is there, run it.
smoke() {
  local d rc=0
  d=$(mktemp -d) || return 1
  cat >"$d/s.rs" <<'RS'
#[no_mangle]
pub extern "C" fn smoke(n: u32) -> u32 {
    let mut m = std::collections::BTreeMap::new();
    for i in 0..n { m.insert(i, format!("{i}")); }
    m.values().map(|s| s.len() as u32).sum()
}
RS
  "$@" --edition 2021 --crate-type cdylib --target $TARGET -Copt-level=z -Clto=fat \
    -Cpanic=abort -Ccodegen-units=1 -o "$d/s.wasm" "$d/s.rs" >&2 || rc=1
  if [ $rc = 0 ] && command -v node >/dev/null; then
    node -e 'WebAssembly.instantiate(require("fs").readFileSync(process.argv[1]),{}).then(
      m=>{if(m.instance.exports.smoke(1000)!==2890)throw Error("wrong answer")},
      ).catch(e=>{console.error(e);process.exit(1)})' "$d/s.wasm" >&2 || rc=1
  fi
  rm -rf "$d"
  return $rc
}

link_toolchain() {
  command -v rustup >/dev/null || return 0
  local name rest
  while read -r name rest; do
    [ "$name" = "$WASM_TOOLCHAIN" ] && [ "$(rustup run "$WASM_TOOLCHAIN" rustc --print sysroot 2>/dev/null)" = "$TC" ] && return 0
  done < <(rustup toolchain list)
  rustup toolchain link "$WASM_TOOLCHAIN" "$TC" >&2
}

finish() {
  link_toolchain
  log "$("$TC/bin/rustc" -V) with $TARGET in $TC"
  if command -v rustup >/dev/null; then
    echo "export RUSTUP_TOOLCHAIN=$WASM_TOOLCHAIN"
  else
    echo "export RUSTC=$TC/bin/rustc RUSTDOC=$TC/bin/rustdoc"
  fi
  exit 0
}

fallback_ready() { [ -e "$TC/.complete" ] && has_target "$TC/bin/rustc" && smoke "$TC/bin/rustc"; }

# A shell that already took our `export RUSTUP_TOOLCHAIN=...` still means the toolchain below it.
[ "${RUSTUP_TOOLCHAIN:-}" != "$WASM_TOOLCHAIN" ] || unset RUSTUP_TOOLCHAIN

# ---- 1 and 2: the ordinary ways -------------------------------------------------
if [ -z "${WASM_FORCE_FALLBACK:-}" ]; then
  if has_target rustc; then
    log "$(rustc -V) already has $TARGET"
    smoke rustc || die "the installed $TARGET does not compile a trivial crate"
    exit 0
  fi
  fallback_ready && finish        # an earlier run's; spares waiting for rustup's time-out
  if command -v rustup >/dev/null; then
    log "rustup target add $TARGET (at most ${WASM_RUSTUP_TIMEOUT}s)"
    if RUST_BACKTRACE=0 timeout "$WASM_RUSTUP_TIMEOUT" rustup target add $TARGET >&2 &&
       has_target rustc && smoke rustc; then
      log "$(rustc -V): $TARGET added by rustup"
      exit 0
    fi
    log "rustup could not add it; falling back on Debian's rustc + library source"
  fi
fi

# ---- 3: Debian fallback ----------------------------------------------------------
[ "$(uname -m)" = x86_64 ] || die "the fallback is written for x86_64"
command -v apt-get >/dev/null || die "the fallback needs apt-get (Debian bookworm)"
command -v cargo >/dev/null || die "the fallback needs a cargo"
command -v cc >/dev/null || die "the fallback needs cc (apt-get install gcc libc6-dev)"
fallback_ready && finish

WORK=$WASM_DIR/work
rm -rf "$WORK" "$TC"
mkdir -p "$WORK/debs" "$WORK/root" "$TC/bin" "$TC/libexec" "$TC/lib"

SUDO=
[ "$(id -u)" = 0 ] || SUDO=sudo
apt_policy() { LC_ALL=C apt-cache policy "$1" 2>/dev/null | awk '/Candidate:/{print $2}'; }
version=$(apt_policy rust-web-src)
if [ -z "$version" ] || [ "$version" = "(none)" ]; then
  log "apt-get update"
  $SUDO apt-get update -qq >&2
  version=$(apt_policy rust-web-src)
fi
[ -n "$version" ] && [ "$version" != "(none)" ] || die "apt has no rust-web-src"
upstream=${version%%[+~-]*}                        # 1.96.0
minor=${upstream%.*}                               # 1.96
log "unpacking Debian's rustc $version"

# libLLVM's soname comes from libstd-rust-web-X's dependency (libllvm22 for 1.96).
# (No early-exit readers in pipes here: with pipefail their SIGPIPE would end the script.)
llvm=$(LC_ALL=C apt-cache show "libstd-rust-web-$minor=$version" |
  awk '/^Depends:/ && !l {if (match($0, /libllvm[0-9]+/)) l=substr($0, RSTART, RLENGTH)} END {print l}')
[ -n "$llvm" ] || die "cannot tell which libllvm Debian's rustc $version needs"
pkgs=("rustc-web=$version" "libstd-rust-web-$minor=$version" "libstd-rust-web-dev=$version" "rust-web-src=$version" "$llvm")

# The linker: the active toolchain's rust-lld, or Debian's lld of the same LLVM.
lld=$(rustc --print sysroot 2>/dev/null || true)/lib/rustlib/$HOST/bin/rust-lld
if [ ! -x "$lld" ] || [ -n "${WASM_DEBIAN_LLD:-}" ]; then lld=; fi
[ -n "$lld" ] || pkgs+=("lld-${llvm#libllvm}")

fetch_debs() { (cd "$WORK/debs" && apt-get -qq -o APT::Sandbox::User=root download "$@" >&2); }
fetch_debs "${pkgs[@]}" || { log "retrying after apt-get update"; $SUDO apt-get update -qq >&2; fetch_debs "${pkgs[@]}"; }

for d in "$WORK"/debs/*.deb; do
  case ${d##*/} in
    rust-web-src_*) dpkg-deb --fsys-tarfile "$d" | tar -x -C "$WORK/root" --wildcards './usr/src/rustc-*/library' ;;
    *) dpkg-deb -x "$d" "$WORK/root" ;;
  esac
  rm -f "$d"
done

# A rustup-shaped toolchain folder: bin/, lib/ (rustc finds its sysroot from lib/librustc_driver).
R=$WORK/root/usr
mv "$R/lib/rustlib" "$TC/lib/rustlib"
mv "$R/lib/$MULTIARCH"/librustc_driver-*.so "$TC/lib/"
find "$R/lib" -name 'libLLVM.so.*' -type f -exec mv {} "$TC/lib/" \;
for b in rustc rustdoc; do
  mv "$R/bin/$b" "$TC/libexec/$b"
  printf '#!/bin/sh\nexec env LD_LIBRARY_PATH="%s${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" "%s" "$@"\n' \
    "$TC/lib" "$TC/libexec/$b" >"$TC/bin/$b"
  chmod +x "$TC/bin/$b"
done
rm -rf "$TC/lib/rustlib/src"
mkdir -p "$TC/lib/rustlib/src/rust"
mv "$R"/src/rustc-*/library "$TC/lib/rustlib/src/rust/library"

missing=$(LD_LIBRARY_PATH=$TC/lib ldd "$TC/libexec/rustc" | awk '/not found/{print $1}')
if [ -n "$missing" ]; then
  log "missing system libraries: $missing"
  $SUDO env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    libedit2 libffi8 libgcc-s1 libstdc++6 libxml2 libz3-4 libzstd1 zlib1g >&2
fi
"$TC/bin/rustc" -V >&2 || die "Debian's rustc does not run"

mkdir -p "$TC/lib/rustlib/$HOST/bin"
if [ -n "$lld" ]; then
  ln -s "$lld" "$TC/lib/rustlib/$HOST/bin/rust-lld"
else
  L=$(find "$R/lib" -path '*/bin/lld' -print -quit)
  [ -n "$L" ] || die "no lld binary in Debian's lld package"
  mkdir -p "$TC/lib/rustlib/$HOST/bin"
  cp -L "$L" "$TC/libexec/lld"
  find "$R/lib" -name 'liblld*.so*' -exec cp -a {} "$TC/lib/" \;
  printf '#!/bin/sh\nexec env LD_LIBRARY_PATH="%s" "%s" "$@"\n' "$TC/lib" "$TC/libexec/lld" >"$TC/lib/rustlib/$HOST/bin/rust-lld"
  chmod +x "$TC/lib/rustlib/$HOST/bin/rust-lld"
fi

# cargo: the active toolchain's (for a toolchain without one rustup takes a nightly's).
cargo_bin=$(rustup which cargo 2>/dev/null || command -v cargo)
ln -s "$cargo_bin" "$TC/bin/cargo"

# The standard library, once, offline, from the vendored source, optimised as upstream's is
# (opt-level 3, bitcode embedded so that users can do LTO).
log "building the standard library for $TARGET (about a minute)"
LIB=$TC/lib/rustlib/src/rust/library
hash=$("$TC/bin/rustc" -vV | awk '/^commit-hash/{print $2}')
mkdir -p "$WORK/std/src"
cat >"$WORK/std/Cargo.toml" <<'TOML'
[package]
name = "std-for-wasm"
version = "0.0.0"
edition = "2021"
[workspace]
[profile.release]
opt-level = 3
codegen-units = 1
debug = 0
incremental = false
TOML
echo '#![no_std]' >"$WORK/std/src/lib.rs"
cat >"$WORK/std/vendor.toml" <<TOML
[source.crates-io]
replace-with = "std-vendor"
[source.std-vendor]
directory = "$LIB/vendor"
TOML
build_std() {
  ( cd "$WORK/std" &&
    env -u CARGO_ENCODED_RUSTFLAGS -u CARGO_BUILD_RUSTFLAGS -u RUSTUP_TOOLCHAIN \
        -u CARGO_BUILD_TARGET -u RUSTC_WRAPPER -u RUSTC_WORKSPACE_WRAPPER \
        RUSTC="$TC/bin/rustc" RUSTDOC="$TC/bin/rustdoc" RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$WORK/std/target" \
        RUSTFLAGS="-Cembed-bitcode=yes --remap-path-prefix=$TC/lib/rustlib/src/rust=/rustc/$hash" \
        "$TC/bin/cargo" "$@" build -q --release --target $TARGET \
          -Zbuild-std=std,panic_abort,test >&2 )
}
build_std --config "$WORK/std/vendor.toml" --offline || {
  log "the vendored dependencies did not do; trying crates.io"
  build_std
}
out=$TC/lib/rustlib/$TARGET/lib
mkdir -p "$out"
find "$WORK/std/target/$TARGET" -name '*.rlib' ! -name 'libstd_for_wasm*' -exec cp -n {} "$out/" \;
has_target "$TC/bin/rustc" || die "no libcore/libstd came out of the build"
smoke "$TC/bin/rustc" || die "the built standard library does not work"
touch "$TC/.complete"
rm -rf "$WORK"
finish
