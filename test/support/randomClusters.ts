import * as fc from "fast-check";
import {
  type AwsClusterArgs,
  type AwsEndpointArgs,
  type AwsNetworkArgs,
  type AwsObservabilityArgs,
  type AwsServingArgs,
  type AwsStorageArgs,
  Egress,
  FlowLogs,
  LoadBalancerKind,
  OnDelete,
  WeightsSource,
} from "../../components/aws/args";
import { leastWithEfa, lustreThroughputs, roundUp } from "../../components/aws/plan/lustrePlan";
import { type CapacityArgs, CapacityMode, type DecisionArgs, purchaseWords, Workload } from "../../sizing/decisionArgs";
import { awsMachines } from "../../sizing/machinesAws";
import { regionOfZone } from "../../sizing/places";

const account = "111122223333";
const reservationId = "cr-0123456789abcdef0";
const reservationGroup = `arn:aws:resource-groups:us-east-1:${account}:group/gpus`;
const kmsKey = `arn:aws:kms:us-east-1:${account}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const tokenSecret = `arn:aws:secretsmanager:us-east-1:${account}:secret:token`;
const certificateArn = `arn:aws:acm:us-east-1:${account}:certificate/12345678-1234-1234-1234-123456789012`;

/** A value or nothing. */
const maybe = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: undefined });
const oneOf = <T extends string>(values: Readonly<Record<string, T>>) => fc.constantFrom(...Object.values(values));
const range = fc.constantFrom<string[]>("10.0.0.0/8", "10.1.9.0/24", "192.168.0.0/16", "172.16.5.7/32");
/** Arguments without what was left out, as somebody would write them. */
const written = <T extends object>(args: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  args.map((all) => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as T);

/** Where a cluster is, whether its VPC is its own, and whether it trains: what the rest of its arguments must fit. */
interface Setting {
  machine: string;
  /** A zone's name or id, and another of its region, in the same form. */
  zone: string;
  otherZone: string;
  region: string;
  brought: boolean;
  trains: boolean;
}

const places = awsMachines.flatMap(({ id, zoneIds }) =>
  zoneIds.map((zoneId) => ({ machine: id, zoneId, region: regionOfZone(zoneId) ?? "" })),
);

const someSetting: fc.Arbitrary<Setting> = fc
  .record({
    place: fc.constantFrom(...places),
    byName: fc.boolean(),
    letter: fc.constantFrom("a", "b", "c", "f"),
    brought: fc.boolean(),
    trains: fc.integer({ min: 0, max: 4 }).map((drawn) => drawn === 0),
  })
  .map(({ place: { machine, zoneId, region }, byName, letter, ...rest }) => {
    const prefix = zoneId.slice(0, zoneId.lastIndexOf("-az"));
    const otherId = `${prefix}-az${zoneId.endsWith("-az1") ? 2 : 1}`;
    const zone = byName ? `${region}${letter}` : zoneId;
    return { machine, region, zone, otherZone: byName ? `${region}d` : otherId, ...rest };
  });

const someCapacity: fc.Arbitrary<CapacityArgs> = fc.oneof(
  written(fc.record({ mode: maybe(fc.constant(CapacityMode.onDemand)), allOrNothing: maybe(fc.boolean()) })),
  written(
    fc.record({
      mode: fc.constant(CapacityMode.capacityBlock),
      reservationId: fc.constant(reservationId),
      hours: maybe(fc.constantFrom(24, 336, 4368)),
    }),
  ),
  fc.constant({
    mode: CapacityMode.capacityBlock,
    offeringId: "cb-0123456789abcdef0",
    purchase: purchaseWords,
    hours: 48,
  }),
  written(
    fc.record({
      mode: fc.constant(CapacityMode.reservation),
      reservationId: fc.constantFrom(reservationId, reservationGroup),
      placementGroup: maybe(fc.constant("close")),
    }),
  ),
  written(fc.record({ mode: fc.constant(CapacityMode.openReservation), placementGroup: maybe(fc.constant("close")) })),
  fc.constant({ mode: CapacityMode.spot }),
);

/** Models that one GPU of any machine holds, and models that take a machine of eight. */
const smallModels = [{ model: "llama-3.1-8b" }, { model: "qwen3-32b", precision: "fp8" }];
const largeModels = [...smallModels, { model: "llama-3.3-70b" }, { model: "llama-3.1-405b", precision: "fp8" }];

function modelsOn(machine: string) {
  return fc.constantFrom(...(machine === "p5.4xlarge" ? smallModels : largeModels));
}

function someServing({ machine }: Setting): fc.Arbitrary<Partial<DecisionArgs>> {
  const shapes = [
    {},
    { replicas: 2 },
    { replicas: 3 },
    { pipelineParallel: 2, replicas: 1 },
    { pipelineParallel: 2, replicas: 2 },
  ];
  return fc
    .record({
      model: modelsOn(machine),
      contextLength: fc.integer({ min: 512, max: 16_384 }),
      concurrency: fc.integer({ min: 1, max: 8 }),
      overrides: fc.constantFrom(...shapes),
    })
    .map(({ model, ...rest }) => ({ ...model, ...rest }));
}

/** Adapters on a small model fit anywhere; all weights of it take a machine of eight GPUs. */
function someTraining({ machine }: Setting): fc.Arbitrary<Partial<DecisionArgs>> {
  const methods = [Workload.lora, Workload.qlora, ...(machine === "p5.4xlarge" ? [] : [Workload.full])];
  return fc.record({
    model: fc.constant("llama-3.1-8b"),
    workload: fc.constantFrom(...methods),
    overrides: fc.constantFrom({}, { nodes: 2 }),
  });
}

function someDecision(setting: Setting): fc.Arbitrary<DecisionArgs> {
  const { machine, region, zone, trains } = setting;
  return fc
    .record({ what: trains ? someTraining(setting) : someServing(setting), capacity: maybe(someCapacity) })
    .map(
      ({ what, capacity }) => ({ machine, region, zone, ...what, ...(capacity ? { capacity } : {}) }) as DecisionArgs,
    );
}

function someNetwork({ brought }: Setting): fc.Arbitrary<AwsNetworkArgs> {
  const subnet = {
    subnetId: fc.constant("subnet-0123456789abcdef0"),
    nodeAddresses: fc.constantFrom("10.1.4.0/24", "10.1.64.0/18"),
    routeTableId: maybe(fc.constant("rtb-0123456789abcdef0")),
  };
  const own = {
    vpcCidr: maybe(fc.constantFrom("10.32.0.0/16", "172.20.16.0/20", "192.168.128.0/18")),
    egress: maybe(oneOf(Egress)),
    flowLogs: maybe(oneOf(FlowLogs)),
  };
  return written<AwsNetworkArgs>(brought ? fc.record(subnet) : fc.record(own));
}

const someLustre = fc
  .record({
    steps: maybe(fc.integer({ min: 0, max: 3 })),
    throughput: maybe(fc.constantFrom(...lustreThroughputs)),
    efa: fc.boolean(),
  })
  .map(({ steps, throughput, efa }) => {
    const least = efa ? roundUp(leastWithEfa(throughput ?? 250)) : 1200;
    const capacityGiB = steps === undefined ? undefined : roundUp(least + steps * 2400);
    return { efa, ...(throughput && { throughput }), ...(capacityGiB && { capacityGiB }) };
  });

function someStorage(reachesHub: boolean, trains: boolean): fc.Arbitrary<AwsStorageArgs> {
  const store = {
    bucket: maybe(fc.constantFrom("models-of-ours", "shared.models")),
    onDelete: maybe(oneOf(OnDelete)),
    lustre: maybe(someLustre),
    weights: maybe(fc.constant(WeightsSource.store)),
  };
  const hub = {
    ...store,
    // Nodes that serve would read nothing of it.
    lustre: trains ? maybe(someLustre) : fc.constant(undefined),
    weights: fc.constant(WeightsSource.huggingFace),
    huggingFaceRepository: fc.constant("ours/model"),
    huggingFaceRevision: maybe(fc.constant("0123456789abcdef")),
    huggingFaceTokenSecret: maybe(fc.constant(tokenSecret)),
  };
  return reachesHub
    ? fc.oneof(written<AwsStorageArgs>(fc.record(store)), written<AwsStorageArgs>(fc.record(hub)))
    : written<AwsStorageArgs>(fc.record(store));
}

/** Where images come from: an ECR registry of the region where nodes reach no other. */
function someRegistry(region: string, isNeeded: boolean): fc.Arbitrary<Pick<AwsServingArgs, "imageRegistry">> {
  const registry = fc.constant(`${account}.dkr.ecr.${region}.amazonaws.com/mirror`);
  return written(fc.record({ imageRegistry: isNeeded ? registry : maybe(registry) }));
}

const someServingArgs = written<AwsServingArgs>(
  fc.record({
    image: maybe(fc.constant("vllm/vllm-openai:v0.25.0")),
    port: maybe(fc.constantFrom(1024, 8000, 8443, 65_535)),
    release: maybe(fc.integer({ min: 1, max: 1_000_000_000 })),
    amiId: maybe(fc.constant("ami-0123456789abcdef1")),
    apiKeySecret: maybe(fc.constant(`arn:aws:secretsmanager:us-east-1:${account}:secret:key`)),
  }),
);

function someEndpoint({ brought, otherZone }: Setting): fc.Arbitrary<AwsEndpointArgs> {
  const common = {
    certificateArn: maybe(fc.constant(certificateArn)),
    callers: maybe(fc.uniqueArray(range, { minLength: 1 })),
    deletionProtection: maybe(fc.boolean()),
  };
  const second = brought ? { secondSubnetId: "subnet-0123456789abcdef1" } : { secondZone: otherZone };
  const network = {
    ...common,
    loadBalancer: maybe(fc.constant(LoadBalancerKind.network)),
    privateLinkPrincipals: maybe(fc.constant<string[]>([`arn:aws:iam::${account}:root`])),
  };
  const kinds = fc.oneof(
    written<AwsEndpointArgs>(fc.record(network)),
    written<AwsEndpointArgs>(fc.record({ ...common, loadBalancer: fc.constant(LoadBalancerKind.application) })).map(
      (asked) => ({ ...asked, ...second }),
    ),
  );
  const domainName = "llm.example.internal";
  const names = fc.constantFrom({}, { domainName }, { domainName, hostedZoneId: "Z0123456789ABCDEFGHIJ" });
  return fc.record({ kind: kinds, name: names }).map(({ kind, name }) => ({ ...kind, ...name }));
}

const someObservability = written<AwsObservabilityArgs>(
  fc.record({
    logRetentionDays: maybe(fc.constantFrom(1, 30, 3653)),
    logGroup: maybe(fc.constant("/ours/llm")),
    alarmTopic: maybe(fc.constant(`arn:aws:sns:us-east-1:${account}:alarms`)),
    metricsFrom: maybe(fc.uniqueArray(range, { minLength: 1 })),
    expires: maybe(fc.constant("2027-01-31")),
    budgetUsd: maybe(fc.integer({ min: 1, max: 1_000_000 })),
  }),
);

function someArgs(setting: Setting, network: AwsNetworkArgs): fc.Arbitrary<AwsClusterArgs> {
  const isClosed = network.egress === Egress.none;
  const registry = someRegistry(setting.region, isClosed);
  const serving = fc.record({ own: someServingArgs, registry }).map(({ own, registry: from }) => ({ ...own, ...from }));
  const training = fc.constantFrom(
    { image: "ours/train:1" },
    { image: "ours/train:1", amiId: "ami-0123456789abcdef1", release: 7 },
  );
  return written<AwsClusterArgs>(
    fc.record({
      decision: someDecision(setting),
      network: fc.constant(network),
      storage: someStorage(!isClosed, setting.trains),
      serving: setting.trains ? registry : serving,
      training: setting.trains ? training : fc.constant(undefined),
      endpoint: setting.trains ? fc.constant(undefined) : maybe(someEndpoint(setting)),
      observability: maybe(someObservability),
      kmsKey: maybe(fc.constant(kmsKey)),
      tags: maybe(fc.dictionary(fc.constantFrom("team", "Cost-Center", "llm-cluster"), fc.constantFrom("a", "b"))),
    }),
  );
}

/** Arguments that pass every rule, of any machine where it is offered, bought in any way, with anything around it. */
export const someCluster: fc.Arbitrary<AwsClusterArgs> = someSetting.chain((setting) =>
  someNetwork(setting).chain((network) => someArgs(setting, network).map((args) => inRegion(args, setting.region))),
);

/** Keys, certificates and topics work in their own region only. */
function inRegion(args: AwsClusterArgs, region: string): AwsClusterArgs {
  return JSON.parse(JSON.stringify(args).replace(/arn:aws:(kms|acm|sns):us-east-1:/g, `arn:aws:$1:${region}:`));
}
