#!/bin/sh
# Generates the plugin's SDKs into the directory $2 with the plugin $1, and compiles those whose compiler is here, with the
# examples of the schema's descriptions, and the programs of examples/ in those languages.
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
# As the engine is built, so that its packages are in Go's build cache already.
export CGO_ENABLED=0 GOWORK=off GOFLAGS='-mod=readonly -trimpath -buildvcs=false'
for language in nodejs go; do
  go run . "$language" "$out/schema.json" "$out/$language"
done
module=$(sed -n 's|.*"importBasePath": "\(.*\)/agentrun".*|\1|p' "$out/schema.json")
sdk=$(go list -m -f '{{.Path}}@{{.Version}}' github.com/pulumi/pulumi/sdk/v3)
# The examples stand beside the SDKs, for they are no part of them.
rm -rf "$out/examples"
"$(dirname "$plugin")/python" ../registry.py "$out/examples"
(
  cd "$out/nodejs"
  sed -i.bak "s/\${VERSION}/$version/" package.json && rm package.json.bak
  if command -v npm > /dev/null; then
    npm install --silent --no-audit --no-fund && npx tsc --noEmit && echo "nodejs: compiled"
    cd ../examples/typescript
    ln -s ../../nodejs/node_modules node_modules && ln -sfn .. node_modules/pulumi-agentrun
    npx tsc --noEmit --strict --skipLibCheck --target es2022 --module nodenext --moduleResolution nodenext *.ts && echo "nodejs: examples compiled"
  fi
)
(
  cd "$out/go"
  go mod init "$module" 2> /dev/null
  GOFLAGS="-mod=mod -trimpath -buildvcs=false"
  go get "$sdk" 2> /dev/null && go mod tidy 2> /dev/null && go build ./... && echo "go: compiled"
  cd ../examples/go
  go mod init examples 2> /dev/null
  printf 'go %s\n\nuse ../../go\n\nuse .\n' "$(go env GOVERSION | sed s/go//)" > go.work
  GOWORK="$PWD/go.work" GOFLAGS='-trimpath -buildvcs=false' go vet ./... && echo "go: examples compiled"
)
sh ./program.sh go "$out/programs/go"
! command -v npm > /dev/null || sh ./program.sh typescript "$out/programs/typescript"
