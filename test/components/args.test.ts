import type { AwsClusterArgs } from "../../components/aws/args";
import { planAwsCluster, UnfitError } from "../../components/aws/plan/layout";
import { parseAwsArgs } from "../../components/aws/rules/parseArgs";
import { purchaseWords } from "../../sizing/decisionArgs";
import { big, block, small, tuning } from "../support/clusters";

const subnetId = "subnet-0123456789abcdef0";
const brought = { subnetId, nodeAddresses: "10.1.4.0/28" };
const registry = "111122223333.dkr.ecr.us-east-1.amazonaws.com/docker-hub";
const application = { loadBalancer: "application", secondZone: "us-east-1b" } as const;

function problemsOf(args: object): string[] {
  return parseAwsArgs("llm", args).problems.map(({ path, message, fix }) => `${path}: ${message}. ${fix}`);
}

const buying = (capacity: object): object => ({ ...block, decision: { ...block.decision, capacity } });

test.each<[string, object]>([
  [
    "a VPC without a way out, its images in ECR",
    { ...small, network: { egress: "none" }, serving: { imageRegistry: registry } },
  ],
  [
    "an engine's image that is in ECR itself",
    { ...small, network: { egress: "none" }, serving: { image: `${registry}/vllm:1`, imageRegistry: registry } },
  ],
  ["a subnet of one's own", { ...small, network: { ...brought, routeTableId: "rtb-0123456789abcdef0" } }],
  ["a secret of the configuration in the place of an ARN", { ...small, serving: { apiKeySecret: "[secret]" } }],
  ["an application load balancer in two zones", { ...small, endpoint: application }],
  [
    "one in a subnet of one's own",
    {
      ...small,
      network: brought,
      endpoint: { loadBalancer: "application", secondSubnetId: "subnet-0fedcba9876543210" },
    },
  ],
  [
    "weights that nodes pull, of a repository that the catalogue has",
    { ...small, storage: { weights: "huggingFace" } },
  ],
  [
    "a file system with EFA of the least size",
    { ...big, storage: { lustre: { efa: true, throughput: 1000, capacityGiB: 4800 } } },
  ],
  [
    "a reservation's placement group",
    buying({ mode: "reservation", reservationId: "cr-0123456789abcdef0", placementGroup: "ours" }),
  ],
  [
    "a block that is bought in words",
    buying({ mode: "capacityBlock", offeringId: "cb-0123456789abcdef0", hours: 24, purchase: purchaseWords }),
  ],
  [
    "a registry for a cluster that trains",
    { ...tuning, network: { egress: "none" }, serving: { imageRegistry: registry } },
  ],
])("%s is taken", (_, args) => {
  expect(problemsOf(args)).toEqual([]);
});

test.each<[string, object, RegExp]>([
  [
    "no way out, and the engine's image elsewhere",
    { ...small, network: { egress: "none" } },
    /serving\.imageRegistry: is no ECR registry of us-east-1.*could not pull vllm\/vllm-openai/,
  ],
  [
    "no way out, and a registry of another region",
    { ...small, network: { egress: "none" }, serving: { imageRegistry: registry.replace("us-east-1", "us-west-2") } },
    /serving\.imageRegistry: is no ECR registry of us-east-1/,
  ],
  [
    "no way out, and weights from outside",
    {
      ...small,
      network: { egress: "none" },
      serving: { imageRegistry: registry },
      storage: { weights: "huggingFace" },
    },
    /storage\.weights: cannot be reached/,
  ],
  ["a subnet without addresses for nodes", { ...small, network: { subnetId } }, /network\.nodeAddresses: is missing/],
  [
    "a range that begins inside itself",
    { ...small, network: { subnetId, nodeAddresses: "10.1.4.8/28" } },
    /network\.nodeAddresses: must start at its own base/,
  ],
  [
    "a way out of somebody else's VPC",
    { ...small, network: { ...brought, egress: "nat" } },
    /network\.egress: is of a VPC that the cluster makes/,
  ],
  [
    "addresses in a VPC that is made",
    { ...small, network: { nodeAddresses: "10.0.4.0/28" } },
    /network\.nodeAddresses: is of a subnet that you bring/,
  ],
  [
    "an application load balancer in one zone",
    { ...small, endpoint: { loadBalancer: "application" } },
    /endpoint\.secondZone: is missing/,
  ],
  [
    "its second zone the same",
    { ...small, endpoint: { ...application, secondZone: "us-east-1a" } },
    /endpoint\.secondZone: is the nodes' own/,
  ],
  [
    "its second zone elsewhere",
    { ...small, endpoint: { ...application, secondZone: "us-west-2a" } },
    /endpoint\.secondZone: is not in region us-east-1/,
  ],
  [
    "a second zone for a network one",
    { ...small, endpoint: { secondZone: "us-east-1b" } },
    /endpoint\.secondZone: is for an application load balancer/,
  ],
  [
    "PrivateLink of an application one",
    { ...small, endpoint: { ...application, privateLinkPrincipals: ["arn:aws:iam::111122223333:root"] } },
    /privateLinkPrincipals: needs a network load balancer/,
  ],
  ["a zone for no name", { ...small, endpoint: { hostedZoneId: "Z0123456789" } }, /endpoint\.domainName: is missing/],
  [
    "a port where nodes say that they are ready",
    { ...small, serving: { port: 8090 } },
    /serving\.port: is where a node says whether it is ready/,
  ],
  [
    "an endpoint of a cluster that trains",
    { ...tuning, endpoint: { deletionProtection: true } },
    /endpoint: is for a cluster that serves/,
  ],
  [
    "a repository that nobody pulls",
    { ...small, storage: { huggingFaceRepository: "a/b" } },
    /huggingFaceRepository: is for nodes that pull/,
  ],
  [
    "a size that Lustre does not have",
    { ...small, storage: { lustre: { capacityGiB: 3000 } } },
    /lustre\.capacityGiB: is not a capacity.*the next is 4800/,
  ],
  [
    "a throughput that Lustre does not have",
    { ...small, storage: { lustre: { throughput: 300 } } },
    /lustre\.throughput: is not a throughput.*125, 250, 500, 1000/,
  ],
  [
    "a file system too small for EFA",
    { ...big, storage: { lustre: { efa: true, capacityGiB: 2400 } } },
    /lustre\.capacityGiB: is below the least that takes EFA at 250.*give 19200/,
  ],
  [
    "a retention that CloudWatch does not have",
    { ...small, observability: { logRetentionDays: 31 } },
    /logRetentionDays: must be one of/,
  ],
  [
    "a day that is none",
    { ...small, observability: { expires: "2027-02-30" } },
    /observability\.expires: must be a day/,
  ],
  [
    "a purchase without the words",
    buying({ mode: "capacityBlock", offeringId: "cb-0123456789abcdef0", purchase: "yes" }),
    /capacity\.purchase: is not the sentence that buys/,
  ],
  [
    "an offering without a purchase",
    buying({ mode: "capacityBlock", offeringId: "cb-0123456789abcdef0" }),
    /capacity\.purchase: is not the sentence that buys/,
  ],
  [
    "words without an offering",
    buying({ mode: "capacityBlock", reservationId: undefined, purchase: purchaseWords }),
    /capacity\.offeringId: is missing/,
  ],
  [
    "buying what was bought",
    buying({
      mode: "capacityBlock",
      reservationId: "cr-0123456789abcdef0",
      offeringId: "cb-0123456789abcdef0",
      purchase: purchaseWords,
    }),
    /offeringId: is for a block that is still to be bought/,
  ],
  [
    "a block by the ARN of a group",
    buying({ mode: "capacityBlock", reservationId: "arn:aws:resource-groups:us-east-1:111122223333:group/x" }),
    /reservationId: is not the id/,
  ],
  [
    "a placement group on demand",
    buying({ mode: "onDemand", placementGroup: "ours" }),
    /placementGroup: is not used by onDemand/,
  ],
  ["all or none on spot", buying({ mode: "spot", allOrNothing: true }), /allOrNothing: is not used by spot/],
  ["a key that is none", { ...small, kmsKey: "alias/ours" }, /kmsKey: must be the ARN of a KMS key/],
  [
    "a second subnet that is the first",
    { ...small, network: brought, endpoint: { loadBalancer: "application", secondSubnetId: subnetId } },
    /endpoint\.secondSubnetId: is the nodes' own subnet/,
  ],
  [
    "a second zone by id beside one by name",
    { ...small, endpoint: { ...application, secondZone: "use1-az6" } },
    /endpoint\.secondZone: may be us-east-1a itself/,
  ],
  [
    "PrivateLink for everybody",
    { ...small, endpoint: { privateLinkPrincipals: ["*"] } },
    /privateLinkPrincipals\.0: must be the ARN/,
  ],
  [
    "a range twice",
    { ...small, endpoint: { callers: ["10.0.0.0/16", "10.0.0.0/16"] } },
    /endpoint\.callers: must name each range once/,
  ],
  [
    "a range that begins inside itself",
    { ...small, observability: { metricsFrom: ["10.0.0.1/8"] } },
    /metricsFrom\.0: must start at its own base/,
  ],
  [
    "a key of another region",
    { ...small, kmsKey: "arn:aws:kms:eu-west-1:111122223333:key/01234567-89ab-cdef-0123-456789abcdef" },
    /kmsKey: is in eu-west-1, and the cluster in us-east-1/,
  ],
  [
    "a file system that nobody reads",
    { ...small, storage: { weights: "huggingFace", lustre: {} } },
    /storage\.lustre: is read by nobody/,
  ],
  [
    "a purchase of unknown length",
    buying({ mode: "capacityBlock", offeringId: "cb-0123456789abcdef0", purchase: purchaseWords }),
    /capacity\.hours: is missing, and what is bought must have a price/,
  ],
  ["a tag that IAM refuses", { ...small, tags: { team: "a (b)" } }, /tags\.team: must be letters/],
])("%s is refused, with the fix", (_, args, words) => {
  expect(problemsOf(args).join("\n")).toMatch(words);
});

test("every problem is reported at once, whichever part it is of", () => {
  const wrong = {
    decision: { ...small.decision, model: "nope" },
    network: { subnetId },
    endpoint: { hostedZoneId: "Z1", loadBalancer: "application" },
    storage: { lustre: { throughput: 1 } },
  };
  const paths = parseAwsArgs("llm", wrong).problems.map(({ path }) => path);
  expect(paths.sort()).toEqual([
    "decision.model",
    "endpoint.domainName",
    "endpoint.secondSubnetId",
    "network.nodeAddresses",
    "storage.lustre.throughput",
  ]);
});

test("the refusal of p6e-gb200 says why", () => {
  const args: AwsClusterArgs = {
    decision: {
      model: "llama-3.1-70b",
      machine: "p6e-gb200.36xlarge",
      contextLength: 8192,
      region: "us-east-1",
      zone: "us-east-1a",
    },
  };
  const { parsed, problems } = parseAwsArgs("llm", args);
  expect(problems).toEqual([]);
  if (!parsed) throw new Error("these arguments are valid");
  expect(() => planAwsCluster(parsed)).toThrow(UnfitError);
  expect(() => planAwsCluster(parsed)).toThrow(
    /p6e-gb200\.36xlarge is not built by this package: sold as UltraServers/,
  );
});
