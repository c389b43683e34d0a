#!/bin/sh
# Compiles the program examples/$1, go or typescript, in the directory $2, with the SDK that `pulumi install` makes for it.
set -eu
name=$1
language=$1
test "$language" = go || language=nodejs
rm -rf "$2"
mkdir -p "$2"
work=$(cd "$2" && pwd)
cd "$(dirname "$0")"
# As the engine is built, so that its packages are in Go's build cache already.
export CGO_ENABLED=0 GOWORK=off GOFLAGS='-mod=readonly -trimpath -buildvcs=false'
go run . "$language" ../../provider/pulumi_agentrun/plugin/schema.json "$work/sdks/agentrun" local
find "../../examples/$name" -maxdepth 1 -type f -exec cp {} "$work" \;
cd "$work"
if test "$language" = go; then
  go vet ./...
else
  npm ci --silent --no-audit --no-fund
  npx tsc --noEmit
fi
echo "$name: program compiled"
