import * as pulumi from "@pulumi/pulumi";
import * as agentrun from "pulumi-agentrun";

const config = new pulumi.Config();
const apiKey = config.requireSecret("apiKey");
const baseUrl = "https://dashscope.aliyuncs.com/compatible-mode/v1";

const qwen = new agentrun.ModelService("qwen", {
    description: "Qwen through DashScope",
    modelType: "llm",
    provider: "tongyi",
    providerSettings: { apiKey, baseUrl, modelNames: ["qwen-max", "qwen-plus"] },
});
const gateway = new agentrun.ModelProxy("gateway", {
    description: "What applications call",
    proxyConfig: {
        endpoints: [{ modelServiceName: qwen.modelServiceName, modelNames: ["qwen-max"], weight: 100 }],
        policies: { numRetries: config.getNumber("retries") ?? 2 },
    },
});

// A service and a proxy in one, with good defaults.
const search = new agentrun.ModelGateway("search", {
    services: { stable: { provider: "tongyi", apiKey, baseUrl, modelNames: ["text-embedding-v4"] } },
});

// By its id, and after both: a preview of what is not there yet looks up nothing.
const live = agentrun.getModelServiceOutput({ modelServiceName: qwen.id });
const all = agentrun.listModelServicesOutput({ provider: "tongyi" }, { dependsOn: [qwen, search] });

export const endpoint = gateway.endpoint;
export const searchEndpoint = search.endpoint;
export const status = live.status;
export const services = all.modelServices.apply(found => found.map(service => service.modelServiceName).sort());
