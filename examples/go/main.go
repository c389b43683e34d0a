// Command main declares a service, a proxy in front of it and a gateway, and looks up what is there.
package main

import (
	"errors"
	"sort"

	"github.com/pulumi-agentrun/pulumi-agentrun/sdk/go/agentrun"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

const baseURL = pulumi.String("https://dashscope.aliyuncs.com/compatible-mode/v1")

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		settings := config.New(ctx, "")
		apiKey := settings.RequireSecret("apiKey")
		retries, err := settings.TryInt("retries")
		if errors.Is(err, config.ErrMissingVar) {
			retries = 2
		} else if err != nil {
			return err
		}
		qwen, err := agentrun.NewModelService(ctx, "qwen", &agentrun.ModelServiceArgs{
			Description: pulumi.String("Qwen through DashScope"),
			ModelType:   pulumi.String("llm"),
			Provider:    pulumi.String("tongyi"),
			ProviderSettings: &agentrun.ProviderSettingsArgs{
				ApiKey:     apiKey,
				BaseUrl:    baseURL,
				ModelNames: pulumi.ToStringArray([]string{"qwen-max", "qwen-plus"}),
			},
		})
		if err != nil {
			return err
		}
		gateway, err := agentrun.NewModelProxy(ctx, "gateway", &agentrun.ModelProxyArgs{
			Description: pulumi.String("What applications call"),
			ProxyConfig: &agentrun.ProxyConfigArgs{
				Endpoints: agentrun.ProxyConfigEndpointArray{
					&agentrun.ProxyConfigEndpointArgs{
						ModelServiceName: qwen.ModelServiceName,
						ModelNames:       pulumi.ToStringArray([]string{"qwen-max"}),
						Weight:           pulumi.Int(100),
					},
				},
				Policies: &agentrun.ProxyConfigPoliciesArgs{NumRetries: pulumi.Int(retries)},
			},
		})
		if err != nil {
			return err
		}

		// A service and a proxy in one, with good defaults.
		search, err := agentrun.NewModelGateway(ctx, "search", &agentrun.ModelGatewayArgs{
			Services: agentrun.GatewayServiceMap{
				"stable": &agentrun.GatewayServiceArgs{
					Provider:   pulumi.String("tongyi"),
					ApiKey:     apiKey,
					BaseUrl:    baseURL,
					ModelNames: pulumi.ToStringArray([]string{"text-embedding-v4"}),
				},
			},
		})
		if err != nil {
			return err
		}

		// By its id, and after both: a preview of what is not there yet looks up nothing.
		live := agentrun.LookupModelServiceOutput(ctx, agentrun.LookupModelServiceOutputArgs{ModelServiceName: qwen.ID()})
		all := agentrun.ListModelServicesOutput(ctx, agentrun.ListModelServicesOutputArgs{
			Provider: pulumi.String("tongyi"),
		}, pulumi.DependsOn([]pulumi.Resource{qwen, search}))

		ctx.Export("endpoint", gateway.Endpoint)
		ctx.Export("searchEndpoint", search.Endpoint)
		ctx.Export("status", live.Status())
		ctx.Export("services", all.ModelServices().ApplyT(names))
		return nil
	})
}

func names(found []agentrun.ModelServiceDetails) []string {
	sorted := make([]string, len(found))
	for i, service := range found {
		sorted[i] = service.ModelServiceName
	}
	sort.Strings(sorted)
	return sorted
}
