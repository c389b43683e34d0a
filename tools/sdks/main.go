// Command sdks writes a provider's SDK in a language whose host is not built here, with Pulumi's own generators:
// sdks nodejs|go SCHEMA.json DIRECTORY [local]
//
// With "local" it is the SDK that `pulumi install` makes beside a program, else the one to publish.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	golang "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

const tool = "pulumi-agentrun"

func main() {
	local := len(os.Args) == 5 && os.Args[4] == "local"
	if len(os.Args) != 4 && !local {
		fmt.Fprintln(os.Stderr, "usage: sdks nodejs|go SCHEMA.json DIRECTORY [local]")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3], local); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(language, path, directory string, local bool) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var spec schema.PackageSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		return fmt.Errorf("%s is no schema: %w", path, err)
	}
	if local {
		spec.Meta = &schema.MetadataSpec{SupportPack: true} // as the engine does, for a module of its own in Go
		spec.Version = cmp.Or(spec.Version, "0.0.0")        // which that wants, and the plugin says
	}
	languages := map[string]schema.Language{"nodejs": nodejs.Importer, "go": golang.Importer}
	pkg, err := schema.ImportSpec(spec, languages, alone{}, schema.ValidationOptions{})
	if err != nil {
		return err
	}
	files, err := generate(language, pkg, local)
	if err != nil {
		return err
	}
	for name, data := range files {
		target := filepath.Join(directory, name)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(target, data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// alone loads no other package, for the schema refers to none.
type alone struct{ schema.ReferenceLoader }

func (alone) LoadPackageV2(_ context.Context, descriptor *schema.PackageDescriptor) (*schema.Package, error) {
	return nil, fmt.Errorf("the schema refers to another package, %s", descriptor.Name)
}

func generate(language string, pkg *schema.Package, local bool) (map[string][]byte, error) {
	switch language {
	case "nodejs":
		return nodejs.GeneratePackage(tool, pkg, nil, nil, local, nil)
	case "go":
		return golang.GeneratePackage(tool, pkg, nil)
	default:
		return nil, fmt.Errorf("%s is none of nodejs, go", language)
	}
}
