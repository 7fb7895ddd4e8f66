import * as pulumi from "@pulumi/pulumi";
import { createAlarms } from "./alarms";
import type { AwsClusterArgs, ParsedAwsArgs } from "./args";
import { createCapacity } from "./capacity";
import { costOf, planFacts } from "./cost";
import { createEndpoint } from "./endpoint";
import { throwProblems, withoutStack } from "./errors";
import { createApiKeySecret, createInstanceProfile } from "./identity";
import { chooseImage } from "./image";
import { createEngineLogs } from "./logs";
import { createSharedFiles } from "./lustre";
import { createNetwork } from "./network/network";
import { createNodes } from "./nodes";
import { type AwsLayout, planAwsCluster, TooManyNodesError, UnfitError } from "./plan/layout";
import { createRelease } from "./release";
import { parseAwsArgs } from "./rules/parseArgs";
import type { Scope } from "./scope";
import { createModelStore } from "./storage";
import { clusterTags } from "./tags";

/**
 * A cluster on AWS P5 or P6 machines, made from a sizing decision: network, model store, machines with every EFA
 * interface; to serve, engine and an internal endpoint; to train, weights, image and a command that starts a run.
 *
 * Cost, a month of 730 hours, in us-east-1 (`llm-cluster prices where` says of each rate whence and of what day it is):
 *
 * - machines: nodes x hourly rate x 730. One p5.48xlarge on demand: 55.04 x 730 = 40179.20; a
 *   p5.4xlarge 6.88 x 730 = 5022.40. A capacity block is paid
 *   upfront, nodes x hours x its rate, and never given back. A reservation that is made so that all start or none
 *   costs nothing beside the machines that run in it; a slot without its machine is billed like one.
 * - for each node a root volume: 200 GB x 0.08 + 3000 IOPS x 0.005 + 375 MB/s x 0.04 = 46.00.
 * - a NAT gateway and its address: 730 x 0.045 + 730 x 0.005 = 36.50; or, without NAT, eight interface endpoints:
 *   8 x 730 x 0.01 = 58.40. Neither in a subnet that is brought along.
 * - to serve, a load balancer: 730 x 0.0225 = 16.43; a secret: 0.40; an alarm of its own: 0.10.
 * - one metric of the GPUs and its alarm: 0.30 + 0.10 = 0.40.
 * - weights in S3: GB x 0.023. Llama 3.1 405B in FP8: 410.1 GB x 0.023 = 9.43.
 * - if asked for: a private zone for a name of its own, 0.50; a file system, GB x the rate of its throughput.
 *
 * What goes through NAT, endpoints, load balancer, logs and key depends on use and comes on top; a preview lists it.
 * `hourlyCostUsd` and its neighbours carry the sums.
 */
export class AwsCluster extends pulumi.ComponentResource {
  /** Base URL of the OpenAI-compatible API, reachable inside the VPC. Empty where the cluster trains. */
  readonly endpoint: pulumi.Output<string>;
  /** ARN of the secret that holds the API key. Empty where the cluster trains. */
  readonly apiKeySecret: pulumi.Output<string>;
  /** Name of the bucket that holds weights, releases and status reports, and checkpoints where the cluster trains. */
  readonly modelStore: pulumi.Output<string>;
  /** Private addresses of the nodes, in order; each replica's nodes stand together, its head first. */
  readonly nodeAddresses: pulumi.Output<string[]>;
  /** Command that opens a shell on the first head, through SSM. */
  readonly accessCommand: pulumi.Output<string>;
  /** The plan: machines, split, memory, throughput, warnings and the arithmetic behind them. */
  // biome-ignore lint/suspicious/noExplicitAny: Pulumi's schema inference takes `any` for a free-form value, and not `unknown`
  readonly plan: pulumi.Output<any>;
  /** Run rate of everything that has a price, US dollars an hour, as a decimal string; `unknown` if a price is missing. */
  readonly hourlyCostUsd: pulumi.Output<string>;
  /** 730 hours of it. */
  readonly monthlyCostUsd: pulumi.Output<string>;
  /** What is paid upfront for a capacity block; never part of the monthly figure. */
  readonly oneOffCostUsd: pulumi.Output<string>;
  /** Machine image that new nodes start from. */
  readonly imageId: pulumi.Output<string>;
  /** Ids of the instances, in the order of nodeAddresses. */
  readonly instanceIds: pulumi.Output<string[]>;
  /** The newest image of the same kind: where it differs from imageId the image has drifted, and nothing is done about it. */
  readonly newestImageId: pulumi.Output<string>;
  /** Id of the VPC that the machines are in, to peer with or to add to. */
  readonly vpc: pulumi.Output<string>;
  /** Id of the nodes' security group: who is in it is one of them. */
  readonly nodesSecurityGroup: pulumi.Output<string>;
  /** Name of the placement group. Empty where the machines are in none. */
  readonly placementGroup: pulumi.Output<string>;
  /** Name of the log group of engines and runs. */
  readonly logGroup: pulumi.Output<string>;
  /** Name of the endpoint service that other VPCs make endpoints for. Empty unless principals are listed. */
  readonly privateLinkService: pulumi.Output<string>;
  /** When a capacity block's machines are taken away, ISO 8601. Empty where nothing says. */
  readonly capacityEndsAt: pulumi.Output<string>;

  constructor(name: string, args: AwsClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    const parsed = parse(name, args);
    const layout = plan(parsed);
    super("llm-cluster:index:AwsCluster", name, { ...args, plan: planFacts(layout, parsed) }, opts);
    const scope: Scope = { name, parent: this, region: layout.region, tags: clusterTags(parsed) };
    const metricCluster = `${pulumi.getProject()}-${pulumi.getStack()}-${name}`;

    const network = createNetwork(scope, layout, parsed);
    const store = createModelStore(scope, layout, parsed);
    const files = createSharedFiles(scope, layout, network, store, parsed);
    const logs = createEngineLogs(scope, parsed);
    const apiKeySecret = layout.serves ? createApiKeySecret(scope, parsed) : undefined;
    const profile = createInstanceProfile(scope, { layout, args: parsed, store, logs, apiKeySecret });
    const image = chooseImage(scope, parsed);
    const capacity = createCapacity(scope, layout, network);
    const nodes = createNodes(scope, { layout, args: parsed, network, capacity, store, profile, imageId: image.id });
    const machines = nodes.map(({ instance }) => instance);
    createRelease(scope, {
      layout,
      store,
      apiKeySecret,
      tokenSecret: parsed.storage?.huggingFaceTokenSecret,
      logs,
      files,
      endsAt: capacity.endsAt,
      metricCluster,
      after: [profile, ...machines],
    });
    const endpoint = layout.serves ? createEndpoint(scope, layout, parsed, network, nodes) : undefined;
    createAlarms(scope, metricCluster, parsed, endpoint);
    const cost = costOf(layout, parsed);

    this.endpoint = endpoint?.url ?? pulumi.output("");
    this.apiKeySecret = apiKeySecret ?? pulumi.output("");
    this.modelStore = store.bucketName;
    this.nodeAddresses = pulumi.all(machines.map(({ privateIp }) => privateIp));
    this.instanceIds = pulumi.all(machines.map(({ id }) => id));
    this.accessCommand = pulumi.interpolate`aws ssm start-session --region ${layout.region} --target ${this.instanceIds[0]}`;
    this.plan = pulumi.output(layout.plan);
    this.hourlyCostUsd = pulumi.output(cost.hourlyCostUsd);
    this.monthlyCostUsd = pulumi.output(cost.monthlyCostUsd);
    this.oneOffCostUsd = pulumi.output(cost.oneOffCostUsd);
    this.imageId = image.id;
    this.newestImageId = image.newestId;
    this.vpc = network.vpcId;
    this.nodesSecurityGroup = network.nodesSecurityGroup.id;
    this.placementGroup = capacity.placementGroup ?? pulumi.output("");
    this.logGroup = logs.name;
    this.privateLinkService = endpoint?.privateLinkService ?? pulumi.output("");
    this.capacityEndsAt = capacity.endsAt ?? pulumi.output("");
    this.registerOutputs({
      endpoint: this.endpoint,
      apiKeySecret: this.apiKeySecret,
      modelStore: this.modelStore,
      nodeAddresses: this.nodeAddresses,
      instanceIds: this.instanceIds,
      accessCommand: this.accessCommand,
      plan: this.plan,
      hourlyCostUsd: this.hourlyCostUsd,
      monthlyCostUsd: this.monthlyCostUsd,
      oneOffCostUsd: this.oneOffCostUsd,
      imageId: this.imageId,
      newestImageId: this.newestImageId,
      vpc: this.vpc,
      nodesSecurityGroup: this.nodesSecurityGroup,
      placementGroup: this.placementGroup,
      logGroup: this.logGroup,
      privateLinkService: this.privateLinkService,
      capacityEndsAt: this.capacityEndsAt,
    });
  }
}

/** Checks the arguments; every problem is reported at once, before anything is registered. */
function parse(name: string, args: AwsClusterArgs): ParsedAwsArgs {
  const { parsed, problems } = parseAwsArgs(
    name,
    args,
    new pulumi.Config("aws").get("region"),
    pulumi.runtime.getRootDirectory(),
  );
  return parsed ?? throwProblems(`AwsCluster ${name}`, problems);
}

/** Plans the cluster; a decision that no machine carries ends here. */
function plan(parsed: ParsedAwsArgs): AwsLayout {
  try {
    return planAwsCluster(parsed);
  } catch (error) {
    throw error instanceof UnfitError || error instanceof TooManyNodesError ? withoutStack(error) : error;
  }
}
