import * as fc from "fast-check";
import { type Preview, recorded, type State, type Step } from "./documents";

// Previews to hold laws on: what the engine recorded of our own stack, changed at random, with resources of every kind.

const region = "us-east-1";
const project = "urn:pulumi:dev::llm-cluster";

/** Inputs of a kind whose price two numbers decide; every kind with a pricer has one. */
type InputsOf = (size: number, count: number) => Record<string, unknown>;

const machines = ["p5.48xlarge", "p5en.48xlarge", "p5.4xlarge", "p5e.48xlarge"];
const machine = (size: number) => machines[size % machines.length];
const plain: InputsOf = (size) => ({ tags: { size: String(size) } });

/** Kinds whose price their own inputs tell. */
export const kinds: Readonly<Record<string, InputsOf>> = {
  "llm-cluster:index:AwsCluster": (size, count) => ({
    decision: size % 2 === 0 ? {} : { capacity: { mode: "capacityBlock", hours: 24 * count } },
    plan: {
      machine: machine(size),
      nodes: count,
      region,
      weightsGB: size,
      ...(size % 3 === 0 ? { workload: "lora", checkpointGB: size } : { outputTokensPerSecond: 100 * count }),
    },
  }),
  "aws:alb/loadBalancer:LoadBalancer": (size, count) => ({ internal: size % 2 === 0, subnets: names(count) }),
  "aws:lb/loadBalancer:LoadBalancer": (size, count) => ({
    loadBalancerType: size % 2 === 0 ? "network" : "application",
    subnets: names(count),
  }),
  "aws:cloudwatch/logGroup:LogGroup": (size, count) => ({ retentionInDays: size % 2 === 0 ? 0 : count }),
  "aws:cloudwatch/metricAlarm:MetricAlarm": plain,
  "aws:ebs/volume:Volume": (size, count) => ({
    size,
    type: ["gp3", "gp2", "io2"][size % 3],
    iops: 1000 * count,
    throughput: 125 * count,
  }),
  "aws:ec2/capacityBlockReservation:CapacityBlockReservation": plain,
  "aws:ec2/capacityReservation:CapacityReservation": (size, count) => ({
    instanceType: machine(size),
    instanceCount: count,
  }),
  "aws:ec2/eip:Eip": plain,
  "aws:ec2/instance:Instance": (size, count) => ({
    instanceType: machine(size),
    associatePublicIpAddress: size % 2 === 0,
    rootBlockDevice: { volumeSize: size, volumeType: "gp3", iops: 3000 * count },
    ebsBlockDevices: names(count).map((name) => ({ deviceName: name, volumeSize: size, volumeType: "gp3" })),
    ...(size % 3 === 0 ? { instanceMarketOptions: { marketType: "spot" } } : {}),
  }),
  "aws:ec2/natGateway:NatGateway": plain,
  "aws:ec2/vpcEndpoint:VpcEndpoint": (size, count) => ({
    vpcEndpointType: ["Gateway", "Interface", "GatewayLoadBalancer"][size % 3],
    subnetIds: names(count),
  }),
  "aws:ecr/repository:Repository": plain,
  "aws:eks/cluster:Cluster": plain,
  "aws:eks/nodeGroup:NodeGroup": (size, count) => ({
    instanceTypes: [machine(size)],
    scalingConfig: { desiredSize: count },
    diskSize: size,
  }),
  "aws:fsx/lustreFileSystem:LustreFileSystem": (size, count) => ({
    deploymentType: size % 2 === 0 ? "SCRATCH_2" : "PERSISTENT_2",
    ...(size % 2 === 0 ? {} : { perUnitStorageThroughput: 125 }),
    storageCapacity: 1200 * count,
    metadataConfiguration: { mode: "USER_PROVISIONED", iops: size },
  }),
  "aws:kms/key:Key": plain,
  "aws:route53/zone:Zone": plain,
  "aws:s3/bucket:Bucket": plain,
  "aws:s3/bucketV2:BucketV2": plain,
  "aws:secretsmanager/secret:Secret": plain,
  "aws:ssm/parameter:Parameter": (size) => ({ tier: size % 2 === 0 ? "Standard" : "Advanced" }),
  // No pricer knows this one.
  "aws:rds/instance:Instance": (size) => ({ allocatedStorage: size }),
};

/** A kind whose price another resource of the stack tells: a left-out template leaves it open. */
export const dependentKinds: Readonly<Record<string, InputsOf>> = {
  "aws:autoscaling/group:Group": (_, count) => ({ desiredCapacity: count, launchTemplate: { id: "lt-0" } }),
};

function names(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `/dev/sd${index}`);
}

/** A resource to add: what it is, how it is before and after, and what is done to it. */
export interface Added {
  type: string;
  op: "create" | "delete" | "same" | "update" | "replace";
  before: [number, number];
  after: [number, number];
}

/** What is done to a resource that was recorded. */
export interface Mutation {
  /** Which of the steps, counted round and round. */
  at: number;
  what: "drop" | "copy" | "create" | "delete" | "update";
}

const figures = fc.tuple(fc.integer({ min: 1, max: 4000 }), fc.integer({ min: 1, max: 5 }));

export function added(types: readonly string[]): fc.Arbitrary<Added> {
  return fc.record({
    type: fc.constantFrom(...types),
    op: fc.constantFrom("create", "delete", "same", "update", "replace"),
    before: figures,
    after: figures,
  });
}

/** A recorded preview with all its steps, changed at random; consistent, as an engine would write it. */
export const somePreview: fc.Arbitrary<Preview> = fc
  .record({
    name: fc.constantFrom("dev.preview-other-machine", "dev.preview-other-model", "dev.preview-same"),
    mutations: fc.array(
      fc.record({
        at: fc.nat(1000),
        what: fc.constantFrom<Mutation["what"][]>("drop", "copy", "create", "delete", "update"),
      }),
      { maxLength: 6 },
    ),
    node: fc.option(
      fc.record({ machine: fc.constantFrom(...machines), volumeSize: fc.integer({ min: 1, max: 16000 }) }),
    ),
    more: fc.array(added(Object.keys(kinds)), { maxLength: 6 }),
  })
  .map(({ name, mutations, node, more }) => {
    const preview = recorded<Preview>(`engine/${name}.json`);
    if (node) changeNode(preview.steps, node.machine, node.volumeSize);
    mutations.forEach((mutation, index) => {
      mutate(preview.steps, mutation, index);
    });
    return counted({ ...preview, steps: [...preview.steps, ...more.map(toStep)] });
  });

/** Another machine and volume: the template is updated, and what is started from it replaced. */
function changeNode(steps: Step[], instanceType: string, volumeSize: number): void {
  for (const step of steps) {
    if (step.newState?.type === "aws:ec2/launchTemplate:LaunchTemplate") {
      step.op = "update";
      const device = { deviceName: "/dev/sda1", ebs: { volumeType: "gp3", volumeSize } };
      step.newState.inputs = { ...step.newState.inputs, instanceType, blockDeviceMappings: [device] };
    }
    if (step.newState?.type === "aws:ec2/instance:Instance") {
      step.op = "replace";
      step.newState = { ...step.newState, id: undefined, outputs: undefined };
    }
  }
}

/** Machines and their templates belong together: one alone is left as it is. */
function mutate(steps: Step[], { at, what }: Mutation, index: number): void {
  const free = steps.filter(({ urn }) => !/Stack::|launchTemplate|ec2\/instance/.test(urn));
  const step = free[at % free.length];
  if (!step) return;
  const place = steps.indexOf(step);
  if (what === "drop") steps.splice(place, 1);
  else if (what === "copy") steps.push(copyOf(step, `-copy-${index}`));
  else if (step.oldState && step.newState) steps[place] = withOp(step, what);
}

function withOp({ urn, oldState, newState }: Step, op: Added["op"]): Step {
  if (op === "create") return { op, urn, newState };
  if (op === "delete") return { op, urn, oldState };
  return { op, urn, oldState, newState };
}

function copyOf({ op, urn, oldState, newState }: Step, suffix: string): Step {
  const rename = (state: State | null | undefined) => state && { ...state, urn: `${state.urn}${suffix}` };
  return { op, urn: `${urn}${suffix}`, oldState: rename(oldState), newState: rename(newState) };
}

/** An added resource as a step; its name says which of them it is. */
export function toStep({ type, op, before, after }: Added, index: number): Step {
  const inputsOf = kinds[type] ?? dependentKinds[type] ?? plain;
  const urn = `${project}::${type}::added-${index}`;
  const custom = !type.startsWith("llm-cluster:");
  const state = (given: [number, number], id?: string): State => ({
    urn,
    type,
    custom,
    id,
    inputs: { region, ...inputsOf(...given) },
  });
  return withOp({ op, urn, oldState: state(before, "id"), newState: state(op === "same" ? before : after, "id") }, op);
}

/** The launch template that dependent kinds start from, unchanged. */
export const template: Step = (() => {
  const urn = `${project}::aws:ec2/launchTemplate:LaunchTemplate::added-template`;
  const inputs = {
    region,
    instanceType: "p5.48xlarge",
    blockDeviceMappings: [{ ebs: { volumeType: "gp3", volumeSize: 100 } }],
  };
  const state: State = { urn, type: "aws:ec2/launchTemplate:LaunchTemplate", custom: true, id: "lt-0", inputs };
  return { op: "same", urn, oldState: state, newState: state };
})();

/** With the summary that the engine would write. */
export function counted(preview: Preview): Preview {
  const changeSummary: Record<string, number> = {};
  for (const { op } of preview.steps) changeSummary[op] = (changeSummary[op] ?? 0) + 1;
  return { ...preview, changeSummary };
}

/** As the engine writes it without `--show-sames`: the stack itself is always there. */
export function withoutSames(preview: Preview): Preview {
  return {
    ...preview,
    steps: preview.steps.filter(({ op, urn }) => op !== "same" || urn.includes("pulumi:pulumi:Stack::")),
  };
}

/** The update that would lead back. */
export function swapped(preview: Preview): Preview {
  const steps = preview.steps.map(({ op, urn, oldState, newState }): Step => {
    const back = op === "create" ? "delete" : op === "delete" ? "create" : op;
    // A state has an id; a preview's new side has none yet.
    const id = oldState?.id ?? newState?.id;
    return {
      op: back,
      urn,
      oldState: newState && { ...newState, ...(id === undefined ? {} : { id }) },
      newState: oldState,
    };
  });
  return counted({ ...preview, steps });
}
