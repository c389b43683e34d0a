#!/bin/sh
# Generates the plugin's SDKs into the directory $2 with the plugin $1, and compiles those whose compiler is here.
# Python comes from the engine's own host; TypeScript and Go from Pulumi's generators, whose hosts are not built here.
set -eu
plugin=$1
mkdir -p "$2"
out=$(cd "$2" && pwd)
cd "$(dirname "$0")"
pulumi package get-schema "$plugin" > "$out/schema.json"
version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' "$out/schema.json")
rm -rf "$out/python" "$out/nodejs" "$out/go"
pulumi package gen-sdk "$plugin" --language python --out "$out"
export CGO_ENABLED=0 GOWORK=off GOFLAGS=-mod=readonly
for language in nodejs go; do
  go run . "$language" "$out/schema.json" "$out/$language"
done
(
  cd "$out/nodejs"
  sed -i.bak "s/\${VERSION}/$version/" package.json && rm package.json.bak
  if command -v npm > /dev/null; then
    npm install --silent --no-audit --no-fund && npx tsc --noEmit && echo "nodejs: compiled"
  fi
)
(
  cd "$out/go"
  sdk=$(cd "$OLDPWD" && go list -m -f '{{.Path}}@{{.Version}}' github.com/pulumi/pulumi/sdk/v3)
  go mod init example.com/pulumi-agentrun/sdk/go 2> /dev/null
  GOFLAGS=-mod=mod go get "$sdk" 2> /dev/null && GOFLAGS=-mod=mod go mod tidy 2> /dev/null && go build ./... && echo "go: compiled"
)
