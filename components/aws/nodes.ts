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
  /** The image that every node of this cluster starts from, now and when it grows. */
  imageId: pulumi.Output<string>;
}

/** A placement group, and for each node a launch template with every interface of the machine, and the machine itself. */
export function createNodes(scope: Scope, request: NodesRequest): Nodes {
  const { layout, args } = request;
  const amiId = args.training?.amiId ?? args.serving?.amiId;
  const imageId = amiId === undefined ? pinNewestImage(scope) : pulumi.output(amiId);
  const placementGroup = createPlacementGroup(scope, layout);
  const nodes = layout.nodes.map((node) => {
    const suffix = `${node.suffix}-template`;
    const template = new ec2.LaunchTemplate(
      childName(scope, suffix),
      launchTemplate(scope, suffix, request, imageId, node),
      {
        parent: scope.parent,
        // The provider takes any change of a template, of its tags too, for a new version, and a preview would then show
        // every machine replaced (aws_launch_template, latest_version).
        ignoreChanges: ["tags", "tagsAll"],
      },
    );
    return { ...node, instance: createInstance(scope, request, node, template, placementGroup) };
  });
  return { nodes, imageId };
}

/**
 * Keeps the image that was the newest when the cluster was made, in a parameter of the cluster's own: a newer image must
 * not replace machines unasked, and a node that is added later must not differ from its replica's others.
 */
function pinNewestImage(scope: Scope): pulumi.Output<string> {
  const { parent, region } = scope;
  const newest = ssm.getParameterOutput({ name: imageParameter, region }, { parent }).insecureValue;
  const pinned = new ssm.Parameter(
    childName(scope, "image"),
    {
      ...placed(scope, "image"),
      type: "String",
      insecureValue: newest,
      description: "Machine image of an llm-cluster's nodes",
    },
    { parent, ignoreChanges: ["insecureValue"] },
  );
  return pinned.insecureValue;
}

/** On demand, nodes are placed close to each other; capacity blocks are so by themselves, and refuse placement groups. */
function createPlacementGroup(scope: Scope, { capacityBlockId }: AwsLayout): ec2.PlacementGroup | undefined {
  if (capacityBlockId !== undefined) return undefined;
  return new ec2.PlacementGroup(
    childName(scope, "placement"),
    { ...placed(scope, "placement"), strategy: "cluster" },
    { parent: scope.parent },
  );
}

function launchTemplate(
  scope: Scope,
  suffix: string,
  { layout, network, store, profile }: NodesRequest,
  imageId: pulumi.Output<string>,
  node: NodePlan,
): ec2.LaunchTemplateArgs {
  const userData = store.bucketName.apply((bucket) =>
    Buffer.from(renderUserData({ bucket, prefix: store.prefix, region: scope.region })).toString("base64"),
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
      ...(index === 0 ? { privateIpAddress: node.privateIpAddress, ...connectionTracking(layout) } : {}),
    })),
    ...capacityOf(layout),
  };
}

/**
 * P6 machines forget an idle TCP connection after 350 s, P5 after five days; quiet control links of a replica, and
 * streams, want the latter (DescribeInstanceTypes, ConnectionTrackingConfiguration).
 */
function connectionTracking({ tcpEstablishedTimeout }: AwsLayout) {
  return tcpEstablishedTimeout === undefined ? {} : { connectionTrackingSpecification: { tcpEstablishedTimeout } };
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
  { network }: NodesRequest,
  node: NodePlan,
  template: ec2.LaunchTemplate,
  placementGroup: ec2.PlacementGroup | undefined,
): ec2.Instance {
  // The node reads its index from its own tags.
  const tags = { ...tagsOf(scope, node.suffix), "llm-cluster-index": String(node.index) };
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
      dependsOn: network.ready,
      // A fixed address, a slot of a capacity block, and scarce capacity must be free before the next machine takes them.
      deleteBeforeReplace: true,
      customTimeouts: { create: "30m", delete: "30m" },
    },
  );
}
