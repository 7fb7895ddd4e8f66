import * as ec2 from "@pulumi/aws/ec2";
import type * as iam from "@pulumi/aws/iam";
import * as ssm from "@pulumi/aws/ssm";
import * as pulumi from "@pulumi/pulumi";
import { renderUserData } from "../../serving/userData";
import type { ParsedAwsArgs } from "./args";
import { type AwsLayout, type NodePlan, rootVolume } from "./layout";
import type { Network } from "./network";
import { childName, placed, type Scope, tagsOf } from "./scope";
import type { ModelStore } from "./storage";

/** One machine, with its place in the cluster. */
export interface Node extends NodePlan {
  instance: ec2.Instance;
}

/** The Deep Learning Base AMI: driver, fabric manager, EFA, container toolkit and Docker of one tested set. */
const imageParameter = "/aws/service/deeplearning/ami/x86_64/base-oss-nvidia-driver-gpu-ubuntu-22.04/latest/ami-id";

export interface NodesRequest {
  layout: AwsLayout;
  args: ParsedAwsArgs;
  network: Network;
  store: ModelStore;
  profile: iam.InstanceProfile;
}

export interface Nodes {
  nodes: Node[];
  imageId: pulumi.Output<string>;
  /** One a replica, on demand; capacity blocks are co-located by themselves and refuse placement groups. */
  placementGroups: ec2.PlacementGroup[];
}

/** Launch templates with every interface of the machine, a placement group a replica, and the machines themselves. */
export function createNodes(scope: Scope, request: NodesRequest): Nodes {
  const { layout, args } = request;
  const pinnedImage = args.serving?.amiId;
  const imageId = pulumi.output(
    pinnedImage ??
      ssm.getParameterOutput({ name: imageParameter, region: scope.region }, { parent: scope.parent }).insecureValue,
  );
  // A newer image must not replace machines unasked; one that the user pins, and changes, must.
  const ignoreChanges = pinnedImage === undefined ? ["imageId"] : [];
  const template = (suffix: string, head?: NodePlan) =>
    new ec2.LaunchTemplate(childName(scope, suffix), launchTemplate(scope, suffix, request, imageId, head), {
      parent: scope.parent,
      ignoreChanges,
    });
  const shared = layout.nodes.some(({ privateIpAddress }) => privateIpAddress === undefined)
    ? template("node-template")
    : undefined;
  const placementGroups = createPlacementGroups(scope, layout);
  const nodes = layout.nodes.map((node) => {
    const own = node.privateIpAddress === undefined ? shared : template(`${node.suffix}-template`, node);
    if (!own) throw new Error(`nodes: ${node.suffix} has no launch template`);
    return { ...node, instance: createInstance(scope, request, node, own, placementGroups[node.replica]) };
  });
  return { nodes, imageId, placementGroups };
}

function createPlacementGroups(scope: Scope, { plan, capacityBlockId }: AwsLayout): ec2.PlacementGroup[] {
  if (capacityBlockId !== undefined) return [];
  // One a replica, not one for all: only ranks of one replica talk to each other, and a smaller group is placed sooner.
  return Array.from({ length: plan.replicas }, (_, replica) => {
    const suffix = `placement-${replica}`;
    return new ec2.PlacementGroup(
      childName(scope, suffix),
      { ...placed(scope, suffix), strategy: "cluster" },
      { parent: scope.parent },
    );
  });
}

function launchTemplate(
  scope: Scope,
  suffix: string,
  { layout, network, store, profile }: NodesRequest,
  imageId: pulumi.Output<string>,
  head?: NodePlan,
): ec2.LaunchTemplateArgs {
  const userData = store.bucketName.apply((bucket) =>
    Buffer.from(renderUserData({ bucket, region: scope.region })).toString("base64"),
  );
  return {
    ...placed(scope, suffix),
    imageId,
    instanceType: layout.plan.machine,
    userData,
    updateDefaultVersion: true,
    iamInstanceProfile: { arn: profile.arn },
    // IMDSv2 only. One hop is enough, because containers use the host's network; tags tell a node its rank.
    metadataOptions: {
      httpEndpoint: "enabled",
      httpTokens: "required",
      httpPutResponseHopLimit: 1,
      instanceMetadataTags: "enabled",
    },
    blockDeviceMappings: [
      { deviceName: "/dev/sda1", ebs: { ...rootVolume, encrypted: "true", deleteOnTermination: "true" } },
    ],
    networkInterfaces: layout.networkInterfaces.map((plan, index) => ({
      ...plan,
      subnetId: network.nodesSubnet.id,
      // EFA needs the group on every interface that carries it.
      securityGroups: [network.nodesSecurityGroup.id],
      deleteOnTermination: "true",
      ...(index === 0 && head ? { privateIpAddress: head.privateIpAddress } : {}),
    })),
    ...capacityOf(layout),
  };
}

/** Exactly the fields of each purchase mode: a capacity block is a market of its own, with its block named. */
function capacityOf({ capacityBlockId }: AwsLayout): Partial<ec2.LaunchTemplateArgs> {
  if (capacityBlockId === undefined) return {};
  return {
    instanceMarketOptions: { marketType: "capacity-block" },
    capacityReservationSpecification: { capacityReservationTarget: { capacityReservationId: capacityBlockId } },
  };
}

function createInstance(
  scope: Scope,
  { layout, network }: NodesRequest,
  node: NodePlan,
  template: ec2.LaunchTemplate,
  placementGroup: ec2.PlacementGroup | undefined,
): ec2.Instance {
  // On the instance, not in the template: a template's tags make a new version, and a new version replaces machines.
  const tags = {
    ...tagsOf(scope, node.suffix),
    "llm-cluster-replica": String(node.replica),
    "llm-cluster-rank": String(node.rank),
  };
  return new ec2.Instance(
    childName(scope, node.suffix),
    {
      region: scope.region,
      launchTemplate: { id: template.id, version: template.latestVersion.apply(String) },
      placementGroup: placementGroup?.name,
      tags,
      volumeTags: tags,
    },
    {
      parent: scope.parent,
      dependsOn: network.routes,
      // A fixed address, and a slot of a capacity block, must be free before the next machine can take it.
      deleteBeforeReplace: node.privateIpAddress !== undefined || layout.capacityBlockId !== undefined,
      customTimeouts: { create: "30m", delete: "30m" },
    },
  );
}
