// Package cloud, as the source build has it: without `pulumi api`, whose OpenAPI library alone is a quarter of the build.
package cloud

import (
	"errors"

	"github.com/spf13/cobra"
)

// NewAPICmd says where the command is to be had.
func NewAPICmd() *cobra.Command {
	return &cobra.Command{
		Use:                "api",
		Short:              "Left out of this build",
		Hidden:             true,
		DisableFlagParsing: true,
		RunE: func(*cobra.Command, []string) error {
			return errors.New("this Pulumi was built from source without `pulumi api`: install Pulumi to use it " +
				"(https://www.pulumi.com/docs/install/)")
		},
	}
}
