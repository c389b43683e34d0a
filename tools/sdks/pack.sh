#!/bin/sh
# Packs the SDKs that build.sh has made in the directory $2 for their indexes, into the directory $3, with the Python $1.
set -eu
python=$1
sdks=$(cd "$2" && pwd)
mkdir -p "$3"
out=$(cd "$3" && pwd)
version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' "$sdks/schema.json")
cp "$sdks/nodejs/README.md" "$sdks/python"   # which its generator names and does not write
export PYTHONWARNINGS=ignore   # of the form in which that names the licence
"$python" -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir "$out" "$sdks/python"
(cd "$sdks/python" && "$OLDPWD/$python" -c "import setuptools.build_meta as b, sys; b.build_sdist(sys.argv[1])" "$out" > /dev/null)
(
  cd "$sdks/nodejs"
  npx tsc
  cp package.json README.md bin/
  cd bin && npm pack --silent --pack-destination "$out" > /dev/null
)
tar -czf "$out/pulumi-agentrun-sdk-go-$version.tar.gz" -C "$sdks/go" .
