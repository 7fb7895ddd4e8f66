import * as pulumi from "@pulumi/pulumi";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import { type RecordedResource, readRegistration } from "../../cli/preview/recorder";
import type { AwsClusterArgs } from "../../components/aws/args";
import { AwsCluster } from "../../components/aws/awsCluster";

export const imageId = "ami-0123456789abcdef0";

/** Registers a cluster against mocks and returns every registration with its options, in order of URN, and the cluster. */
export async function recordCluster(
  args: AwsClusterArgs,
  { preview = false, name = "llm" } = {},
): Promise<{ resources: RecordedResource[]; cluster: AwsCluster }> {
  const resources: RecordedResource[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ name: child, inputs }) => ({
        id: `${child}-id`,
        state: {
          ...inputs,
          arn: `arn:aws:::${child}`,
          bucket: inputs.bucket ?? `${child}-0123456`,
          name: inputs.name ?? `${child}-0123456`,
          latestVersion: 1,
          privateIp: "10.0.0.9",
          dnsName: `${child}.elb`,
        },
      }),
      call: () => ({ insecureValue: imageId }),
    },
    "llm-cluster",
    "test",
    preview,
  );
  // What the mocks do not show, the monitor's own requests do: parents, dependencies, options.
  const monitor = pulumi.runtime.getMonitor() as unknown as Record<
    string,
    (request: unknown, reply: unknown) => unknown
  >;
  const register = monitor.registerResource?.bind(monitor);
  monitor.registerResource = (request, reply) => {
    resources.push(readRegistration(request as RegisterResourceRequest, "llm-cluster", "test"));
    return register?.(request, reply);
  };
  const cluster = new AwsCluster(name, args);
  // Exported by the SDK for its own tests, and not declared.
  await (pulumi.runtime as unknown as { waitForRPCs(): Promise<void> }).waitForRPCs();
  return { resources: resources.sort((left, right) => left.urn.localeCompare(right.urn, "en")), cluster };
}

/** The one resource of a type, or of a type and name. */
export function one(resources: readonly RecordedResource[], type: string, name?: string): RecordedResource {
  const found = resources.filter(
    (record) => record.type.endsWith(`:${type}`) && (name === undefined || record.name === name),
  );
  if (found.length !== 1 || !found[0]) throw new Error(`${found.length} resources are ${type} ${name ?? ""}`);
  return found[0];
}

export function all(resources: readonly RecordedResource[], type: string): RecordedResource[] {
  return resources.filter((record) => record.type.endsWith(`:${type}`));
}

/** The value of an output that is known. */
export function known<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply(resolve));
}
