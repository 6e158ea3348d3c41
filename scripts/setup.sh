#!/usr/bin/env bash
# Installs what a target of the Makefile needs and is missing; says what it does and how long that may take.
#
#   scripts/setup.sh [PART…]      parts: rust npm wasm tools browser docs-tools; all of them when none is named
#
# What it builds lies in ${PORTSIDE_CACHE:-~/.cache/portside}, outside the checkout:
#   tools/     wasm-bindgen, trunk and mdbook, at the versions that this checkout needs
#   debian/    links to Debian's cargo and rustc, where rustup has no wasm target to give
#   docs/      MkDocs with its theme, for tests/embed
#   docusaurus/  Docusaurus, for the same
#   env.sh     the environment for wasm work; the Makefile sources it, nothing committed depends on it
#
# PORTSIDE_WASM=rustup|debian forces the way to the wasm target; by default rustup is tried first.
# CHROMIUM and CHROMEDRIVER name a browser of your own, both of one version; FIREFOX names another one.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly TRUNK=0.21.14
readonly MATERIAL=9.8.2
readonly MDBOOK=0.5.4
readonly DEBIAN_RUST='rustc-web cargo-web rust-web-src lld-19'

say() { printf 'setup: %s\n' "$*"; }
stop() { printf 'setup: %s\n' "$@" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

parts=" ${*:-rust npm wasm tools browser docs-tools} "
has_part() { case "$parts" in *" $1 "*) return 0 ;; *) return 1 ;; esac; }

cache=${PORTSIDE_CACHE:-$HOME/.cache/portside}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)

# ---------- what must be there before ----------

basics=()
have cargo && have rustc || basics+=("  - Rust's stable toolchain (rustup)")
have node && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] || basics+=("  - Node 20 or newer")
have npm || basics+=("  - npm")
have git || basics+=("  - git")
[ ${#basics[@]} = 0 ] || stop "please install these first:" "${basics[@]}"

# ---------- the wasm target: rustup's where it is to be had, else Debian's compiler, which builds std from its sources ----------

rustup_has_target() { have rustup && rustup target list --installed 2>/dev/null | grep -qx wasm32-unknown-unknown; }

rustup_adds_target() {
  have rustup || return 1
  say "adding the wasm target with rustup (under a minute)"
  timeout 300 rustup target add wasm32-unknown-unknown </dev/null >"$cache/rustup.log" 2>&1 && rustup_has_target
}

choose_wasm() {
  case ${PORTSIDE_WASM:-} in
    debian) echo debian ;;
    '' | rustup)
      if rustup_has_target || rustup_adds_target >&2; then echo rustup
      elif [ -n "${PORTSIDE_WASM:-}" ]; then stop "rustup cannot add the wasm target; its words are in $cache/rustup.log"
      else say "rustup cannot add the wasm target here, so Debian's compiler is used" >&2; echo debian
      fi ;;
    *) stop "PORTSIDE_WASM is rustup or debian, not '$PORTSIDE_WASM'" ;;
  esac
}

debian_has_rust() { [ -x /usr/bin/cargo ] && [ -x /usr/bin/wasm-ld-19 ] && dpkg -s $DEBIAN_RUST >/dev/null 2>&1; }

# Each compiler has a target directory of its own: sharing one rebuilds everything at each switch.
write_env() {
  {
    echo "# Written by scripts/setup.sh; the Makefile sources it for wasm work."
    echo "export PATH=\"$cache/tools/bin:\$PATH\""
    echo "export CARGO_TARGET_DIR=\"$cache/target/wasm-$way\""
    if [ "$way" = debian ]; then
      local bin="$cache/debian/bin" tool
      mkdir -p "$bin"
      for tool in cargo rustc rustdoc; do ln -sfn "/usr/bin/$tool" "$bin/$tool"; done
      echo "export PATH=\"$bin:\$PATH\""
      echo "export CARGO=\"$bin/cargo\" RUSTC=\"$bin/rustc\" RUSTDOC=\"$bin/rustdoc\""
      echo "export RUSTC_BOOTSTRAP=1 CARGO_UNSTABLE_BUILD_STD=std,panic_abort"
      echo "export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-19"
      echo "unset RUSTUP_TOOLCHAIN"
    fi
  } >"$cache/env.sh.$$"
  mv "$cache/env.sh.$$" "$cache/env.sh"
}

# ---------- the system's packages: one list, one installation ----------

is_debian() { have apt-get && [ -r /etc/os-release ] && (. /etc/os-release && [ "${ID:-}" = debian ] && [ "${VERSION_ID:-0}" -ge 12 ]); }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif have sudo; then sudo "$@"
  else stop "installing packages needs root: run this as root, or install sudo"
  fi
}

apt_install() {
  say "installing Debian packages (1 to 4 minutes): $*"
  # An update may fail for some other source of this machine; whether these packages are to be had, the installation tells.
  as_root apt-get update -q >"$cache/apt.log" 2>&1 </dev/null || true
  if ! as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" >>"$cache/apt.log" 2>&1 </dev/null; then
    tail -n 20 "$cache/apt.log" >&2
    stop "apt-get could not install them; all its words are in $cache/apt.log"
  fi
}

packages=() missing=() way=
if ! have cc; then
  packages+=(gcc libc6-dev) missing+=("  - a C compiler, as cc")
fi
if has_part wasm; then
  way=$(choose_wasm)
  if [ "$way" = debian ] && ! debian_has_rust; then
    packages+=($DEBIAN_RUST) missing+=("  - the Rust target wasm32-unknown-unknown (rustup target add wasm32-unknown-unknown)")
  fi
fi
if has_part browser; then
  have "${CHROMIUM:-chromium}" || { packages+=(chromium) missing+=("  - Chromium, as chromium or named by the variable CHROMIUM"); }
  have "${FIREFOX:-firefox-esr}" || { packages+=(firefox-esr) missing+=("  - Firefox, as firefox-esr or named by the variable FIREFOX"); }
  have "${CHROMEDRIVER:-chromedriver}" || { packages+=(chromium-driver) missing+=("  - its driver, as chromedriver or named by the variable CHROMEDRIVER"); }
fi
if has_part docs-tools; then
  have nginx || { packages+=(nginx-light) missing+=("  - nginx"); }
  have caddy || { packages+=(caddy) missing+=("  - Caddy"); }
  have hugo || { packages+=(hugo) missing+=("  - Hugo, the extended one"); }
  have sphinx-build || { packages+=(python3-sphinx) missing+=("  - Sphinx, as sphinx-build"); }
  python3 -c 'import ensurepip, venv' 2>/dev/null || { packages+=(python3-venv) missing+=("  - Python 3 with venv"); }
fi
if [ ${#packages[@]} != 0 ]; then
  is_debian || stop "this is not Debian 12 or newer, so please install these yourself, then run the same command again:" "${missing[@]}"
  apt_install "${packages[@]}"
fi
if has_part wasm; then write_env; fi

# ---------- rustfmt and clippy ----------

if has_part rust && ! { cargo fmt --version && cargo clippy --version; } >/dev/null 2>&1; then
  have rustup || stop "please install rustfmt and clippy for this Rust toolchain"
  say "adding rustfmt and clippy with rustup (under a minute)"
  rustup component add rustfmt clippy
fi

# ---------- Node packages; npm writes its own lock file last, so a newer one means a whole installation ----------

if has_part npm && ! [ node_modules/.package-lock.json -nt package-lock.json ]; then
  say "installing Node packages with npm ci (under a minute)"
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
  touch node_modules/.package-lock.json
fi

# ---------- documentation tools that are not Debian's ----------

if has_part docs-tools && ! [ "$("$cache/docs/bin/pip" show mkdocs-material 2>/dev/null | awk '/^Version:/ { print $2 }')" = "$MATERIAL" ]; then
  say "installing MkDocs Material $MATERIAL (under a minute)"
  python3 -m venv "$cache/docs"
  "$cache/docs/bin/pip" install -q --disable-pip-version-check "mkdocs-material==$MATERIAL"
fi

# The lock file is copied last: where it is the same, the installation was a whole one.
if has_part docs-tools && ! cmp -s tests/embed/docusaurus/package-lock.json "$cache/docusaurus/installed.json"; then
  say "installing Docusaurus with npm ci (1 to 3 minutes)"
  mkdir -p "$cache/docusaurus"
  cp tests/embed/docusaurus/package.json tests/embed/docusaurus/package-lock.json "$cache/docusaurus/"
  npm ci --prefix "$cache/docusaurus" --ignore-scripts --no-audit --no-fund --loglevel=error
  cp tests/embed/docusaurus/package-lock.json "$cache/docusaurus/installed.json"
fi

# ---------- wasm-bindgen, trunk and mdbook: a quick build is enough, for they run for seconds ----------

build_tool() {
  local name=$1 version=$2 minutes=$3
  shift 3
  say "building $name $version, once (about $minutes minutes on two cores)"
  CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
    CARGO_TARGET_DIR="$cache/target/tools" cargo install --quiet --force --root "$cache/tools" "$name@$version" "$@" </dev/null
  rm -rf "$cache/target/tools"
}

tool_is() { case "$("$cache/tools/bin/$1" --version 2>/dev/null)" in "$1 $2" | "$1 v$2") return 0 ;; *) return 1 ;; esac; }

if has_part tools; then
  # The command must be of the very version that Cargo.lock names for the library.
  bindgen=$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/[^0-9.]/, ""); print; exit }' Cargo.lock)
  [ -n "$bindgen" ] || stop "Cargo.lock names no version of wasm-bindgen"
  tool_is wasm-bindgen "$bindgen" || build_tool wasm-bindgen-cli "$bindgen" 3
  tool_is trunk "$TRUNK" || build_tool trunk "$TRUNK" 6 --locked --no-default-features --features rustls
fi

if has_part docs-tools; then
  tool_is mdbook "$MDBOOK" || build_tool mdbook "$MDBOOK" 2 --locked --no-default-features --features serve
fi
