import type * as ec2 from "@pulumi/aws/ec2";
import * as pulumi from "@pulumi/pulumi";
import { type AwsClusterArgs, type ParsedAwsArgs, parseAwsArgs } from "./args";
import { costOf } from "./cost";
import { createEndpoint } from "./endpoint";
import { throwProblems, withoutStack } from "./errors";
import { createApiKeySecret, createInstanceProfile } from "./identity";
import { type AwsLayout, planAwsCluster, planInputs, TooManyNodesError, UnfitError } from "./layout";
import { createNetwork } from "./network";
import { createNodes } from "./nodes";
import { createRelease } from "./release";
import type { Scope } from "./scope";
import { createModelStore } from "./storage";

/**
 * A cluster on AWS P5 or P6 machines, made from a sizing decision: network, model store, machines with every EFA
 * interface; to serve, engine and an internal endpoint; to train, weights, image and a command that starts a run.
 *
 * Cost: machines x their hourly rate (on demand: 730 h a month; capacity block: upfront for its hours), plus for each
 * machine a 200 GB gp3 root volume, plus once a NAT gateway with its public address, a network load balancer, a secret,
 * and the weights in S3. A cluster that trains has no load balancer and no secret, and keeps checkpoints in S3. Traffic through NAT and load balancer comes on top. `hourlyCostUsd` and its neighbours carry
 * the sums; they are computed from the shipped prices, whose date is in the plan.
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
  /** The cluster's own network, to peer with or to add to. */
  readonly vpc: pulumi.Output<ec2.Vpc>;

  constructor(name: string, args: AwsClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    const parsed = parse(name, args);
    const layout = plan(parsed);
    super("llm-cluster:index:AwsCluster", name, { ...args, plan: planInputs(layout) }, opts);
    const scope: Scope = { name, parent: this, region: layout.region, tags: parsed.tags ?? {} };

    const network = createNetwork(scope, layout);
    const store = createModelStore(scope, layout, parsed);
    const { serves } = layout;
    const apiKeySecret = serves ? createApiKeySecret(scope, parsed) : undefined;
    const profile = createInstanceProfile(scope, store, { apiKeySecret, trainingImage: parsed.training?.image });
    const { nodes, imageId } = createNodes(scope, { layout, args: parsed, network, store, profile });
    createRelease(scope, { layout, store, apiKeySecret, after: [profile, ...nodes.map(({ instance }) => instance)] });
    const endpoint = serves ? createEndpoint(scope, layout, network, nodes) : pulumi.output("");
    const cost = costOf(layout, parsed);

    this.endpoint = endpoint;
    this.apiKeySecret = apiKeySecret ?? pulumi.output("");
    this.modelStore = store.bucketName;
    this.nodeAddresses = pulumi.all(nodes.map(({ instance }) => instance.privateIp));
    this.instanceIds = pulumi.all(nodes.map(({ instance }) => instance.id));
    this.accessCommand = pulumi.interpolate`aws ssm start-session --region ${layout.region} --target ${this.instanceIds[0]}`;
    this.plan = pulumi.output(layout.plan);
    this.hourlyCostUsd = pulumi.output(cost.hourlyCostUsd);
    this.monthlyCostUsd = pulumi.output(cost.monthlyCostUsd);
    this.oneOffCostUsd = pulumi.output(cost.oneOffCostUsd);
    this.imageId = imageId;
    this.vpc = pulumi.output(network.vpc);
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
      vpc: this.vpc,
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
