import * as pulumi from "@pulumi/pulumi";
import type { RegisterResourceOutputsRequest, RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import { type RecordedResource, readOutputs, readRegistration } from "../../cli/preview/recorder";
import type { AwsClusterArgs } from "../../components/aws/args";
import { AwsCluster } from "../../components/aws/awsCluster";
import { planAwsCluster } from "../../components/aws/plan/layout";
import { parseAwsArgs } from "../../components/aws/rules/parseArgs";

export const imageId = "ami-0123456789abcdef0";

const blockLookup = "aws:ec2/getCapacityBlockReservation:getCapacityBlockReservation";

/** What AWS answers to a cluster's look-ups: a block and a subnet that are what the arguments are for. */
export function answersFor(args: AwsClusterArgs): Record<string, Record<string, unknown>> {
  const { parsed } = parseAwsArgs("llm", args);
  const zone = args.decision.zone ?? "us-east-1a";
  const place = zone.includes("-az")
    ? { availabilityZoneId: zone, availabilityZone: "us-east-1a" }
    : { availabilityZone: zone, availabilityZoneId: "use1-az6" };
  const plan = parsed && planAwsCluster(parsed).plan;
  return {
    "aws:ssm/getParameter:getParameter": { insecureValue: imageId },
    "aws:ec2/getSubnet:getSubnet": {
      id: args.network?.subnetId,
      vpcId: "vpc-0123456789abcdef0",
      cidrBlock: "10.1.0.0/16",
      ...place,
    },
    "aws:ec2/getVpc:getVpc": { cidrBlock: "10.1.0.0/16" },
    [blockLookup]: {
      id: args.decision.capacity?.reservationId,
      instanceType: plan?.machine,
      instanceCount: plan?.nodes,
      state: "active",
      endDate: "2027-01-31T11:30:00Z",
      ...place,
    },
  };
}

/** Registers a cluster against mocks and returns every registration with its options, in order of URN, and the cluster. */
export async function recordCluster(
  args: AwsClusterArgs,
  { preview = false, name = "llm", answers = answersFor(args) } = {},
): Promise<{ resources: RecordedResource[]; cluster: AwsCluster }> {
  const resources: RecordedResource[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ name: child, inputs, type }) => ({
        id: `${child}-id`,
        state: {
          ...inputs,
          arn: `arn:aws:::${child}`,
          allocationId: `${child}-allocation`,
          bucket: inputs.bucket ?? `${child}-0123456`,
          name: inputs.name ?? `${child}-0123456`,
          latestVersion: 1,
          privateIp: "10.0.0.9",
          dnsName: `${child}.elb`,
          arnSuffix: `${child}/0123456`,
          availabilityZone: inputs.availabilityZone ?? "us-east-1a",
          endDate: "2027-01-31T11:30:00Z",
          fqdn: inputs.name ?? child,
          mountName: "fsxmount",
          prefixListId: "pl-0123456",
          serviceName: inputs.serviceName ?? `com.amazonaws.vpce.${child}`,
          zoneId: `${child}-zone`,
          // A block that is bought is what the arguments are for, as one that is looked up.
          ...(type.endsWith(":CapacityBlockReservation") ? answers[blockLookup] : {}),
        },
      }),
      call: ({ token }) => answers[token] ?? {},
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
  const registerOutputs = monitor.registerResourceOutputs?.bind(monitor);
  monitor.registerResourceOutputs = (request, reply) => {
    const { urn, outputs } = readOutputs(request as RegisterResourceOutputsRequest);
    const record = resources.find((resource) => resource.urn === urn);
    if (record) record.outputs = outputs;
    return registerOutputs?.(request, reply);
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
