import * as ec2 from "@pulumi/aws/ec2";
import type * as iam from "@pulumi/aws/iam";
import type * as pulumi from "@pulumi/pulumi";
import { renderUserData } from "../../serving/userData";
import type { ParsedAwsArgs } from "./args";
import type { Capacity } from "./capacity";
import type { Network } from "./network/network";
import type { AwsLayout, NodePlan } from "./plan/layout";
import { childName, placed, type Scope, tagsOf } from "./scope";
import type { ModelStore } from "./storage";

/** One machine, with its place in the cluster. */
export interface Node extends NodePlan {
  instance: ec2.Instance;
}

export interface NodesRequest {
  layout: AwsLayout;
  args: ParsedAwsArgs;
  network: Network;
  capacity: Capacity;
  store: ModelStore;
  profile: iam.InstanceProfile;
  imageId: pulumi.Output<string>;
}

/**
 * For each node a launch template with every interface of the machine, and the machine itself.
 *
 * A machine is a resource of its own, never one of a group that AWS fills: a group that finds too little capacity fails
 * with what it has started, and the engine keeps no trace of it (pulumi-aws#5178).
 */
export function createNodes(scope: Scope, request: NodesRequest): Node[] {
  return request.layout.nodes.map((node) => {
    const suffix = `${node.suffix}-template`;
    const template = new ec2.LaunchTemplate(childName(scope, suffix), launchTemplate(scope, suffix, request, node), {
      parent: scope.parent,
      // The provider takes any change of a template, of its tags too, for a new version, and a preview would then show
      // every machine replaced (aws_launch_template, latest_version).
      ignoreChanges: ["tags", "tagsAll"],
    });
    return { ...node, instance: createInstance(scope, request, node, template) };
  });
}

/**
 * One hop: the engine's container shares the host's network, so that the metadata service is as near to it as to the
 * host. A container on a bridge would need two, and so would give the node's role to whatever it is talked into asking.
 */
const metadataHops = 1;

function launchTemplate(
  scope: Scope,
  suffix: string,
  { layout, args, network, capacity, store, profile, imageId }: NodesRequest,
  node: NodePlan,
): ec2.LaunchTemplateArgs {
  const userData = store.bucketName.apply((bucket) =>
    Buffer.from(renderUserData({ bucket, prefix: store.prefix, region: scope.region })).toString("base64"),
  );
  const rootDevice = { ...layout.rootVolume, encrypted: "true", kmsKeyId: args.kmsKey, deleteOnTermination: "true" };
  return {
    ...placed(scope, suffix),
    imageId,
    instanceType: layout.plan.machine,
    userData,
    updateDefaultVersion: true,
    iamInstanceProfile: { arn: profile.arn },
    // IMDSv2 only; tags tell a node its index.
    metadataOptions: {
      httpEndpoint: "enabled",
      httpTokens: "required",
      httpPutResponseHopLimit: metadataHops,
      instanceMetadataTags: "enabled",
    },
    blockDeviceMappings: [{ deviceName: "/dev/sda1", ebs: rootDevice }],
    networkInterfaces: layout.networkInterfaces.map((plan, index) => ({
      ...plan,
      subnetId: network.subnetId,
      // EFA needs the group on every interface that carries it.
      securityGroups: [network.nodesSecurityGroup.id],
      deleteOnTermination: "true",
      ...(index === 0 ? { privateIpAddress: node.privateIpAddress, ...connectionTracking(layout) } : {}),
    })),
    ...capacity.launch,
  };
}

/**
 * P6 machines forget an idle TCP connection after 350 s, P5 after five days; quiet control links of a replica, and
 * streams, want the latter (DescribeInstanceTypes, ConnectionTrackingConfiguration).
 */
function connectionTracking({ tcpEstablishedTimeout }: AwsLayout) {
  return tcpEstablishedTimeout === undefined ? {} : { connectionTrackingSpecification: { tcpEstablishedTimeout } };
}

function createInstance(
  scope: Scope,
  { network, capacity }: NodesRequest,
  node: NodePlan,
  template: ec2.LaunchTemplate,
): ec2.Instance {
  // The node reads its index from its own tags.
  const tags = { ...tagsOf(scope, node.suffix), "llm-cluster-index": String(node.index) };
  return new ec2.Instance(
    childName(scope, node.suffix),
    {
      region: scope.region,
      launchTemplate: { id: template.id, version: template.latestVersion.apply(String) },
      placementGroup: capacity.placementGroup,
      tags,
      volumeTags: tags,
    },
    {
      parent: scope.parent,
      dependsOn: [...network.ready, ...capacity.ready],
      // A fixed address, a slot of a capacity block, and scarce capacity must be free before the next machine takes them.
      deleteBeforeReplace: true,
      customTimeouts: { create: "30m", delete: "30m" },
    },
  );
}
