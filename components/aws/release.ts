import * as s3 from "@pulumi/aws/s3";
import * as pulumi from "@pulumi/pulumi";
import { pointerKey, type Release, releaseKey, renderRelease } from "../../serving/release";
import type { Surroundings } from "../../serving/surroundings";
import { renderTrainingRelease } from "../../serving/trainingRelease";
import type { WeightsSource } from "../../serving/weightsSource";
import { isTrainingPlan } from "../../sizing/training/plan";
import type { EngineLogs } from "./logs";
import type { SharedFiles } from "./lustre";
import type { AwsLayout } from "./plan/layout";
import { childName, type Scope } from "./scope";
import type { ModelStore } from "./storage";

export interface ReleaseRequest {
  layout: AwsLayout;
  store: ModelStore;
  /** Absent where the cluster trains. */
  apiKeySecret?: pulumi.Output<string>;
  /** Secret of a Hugging Face token, where nodes pull a gated model for themselves. */
  tokenSecret?: pulumi.Input<string>;
  logs: EngineLogs;
  files?: SharedFiles;
  /** When the machines are taken away. */
  endsAt?: pulumi.Output<string>;
  /** What the cluster is called among metrics. */
  metricCluster: string;
  /** What must be there before the release may be taken: the machines that it is for, and their right to read it. */
  after: readonly pulumi.Resource[];
}

/** What of a release only the cloud knows. */
interface Answers {
  apiKeySecret?: string;
  tokenSecret?: string;
  surroundings: Surroundings;
}

/**
 * Writes what the nodes run as one object, and then the pointer that makes it current. A changed decision that keeps
 * the machines is an update of these two objects; no node is touched. A release that needs more machines is pointed to
 * when they are there, so that those that serve are not stopped for machines that did not come.
 */
export function createRelease(scope: Scope, request: ReleaseRequest): void {
  const { layout, store, after } = request;
  const { parent, region } = scope;
  const release = pulumi.output(answersOf(request)).apply((answers) => renderFor(layout, store, answers));
  const object = { region, bucket: store.bucketName, contentType: "text/plain; charset=utf-8" };
  const content = new s3.BucketObjectv2(
    childName(scope, "release"),
    { ...object, key: releaseKey(store.prefix, layout.releaseNumber), content: release.content },
    // Not before its machines: the same number is the same key, and until then the pointer has the old checksum.
    { parent, dependsOn: [...after] },
  );
  new s3.BucketObjectv2(
    childName(scope, "release-pointer"),
    { ...object, key: pointerKey(store.prefix), content: release.pointer },
    // After the release itself: a node never meets a pointer to something that is not there.
    { parent, dependsOn: [content, ...after] },
  );
}

function answersOf({ layout, apiKeySecret, tokenSecret, logs, files, endsAt, metricCluster }: ReleaseRequest) {
  const { dcgmImage } = layout;
  const surroundings = { capacityEndsAt: endsAt, lustre: files, logGroup: logs.name, metricCluster, dcgmImage };
  return { apiKeySecret, tokenSecret, surroundings };
}

function renderFor({ plan, ...layout }: AwsLayout, { prefix }: ModelStore, answers: Answers): Release {
  const { apiKeySecret, tokenSecret, surroundings } = answers;
  const common = {
    number: layout.releaseNumber,
    keyPrefix: prefix,
    image: layout.image,
    weightsPrefix: layout.weightsPrefix,
    weights: weightsOf(layout.weights, tokenSecret),
    nodeAddresses: layout.nodes.map(({ privateIpAddress }) => privateIpAddress),
    surroundings,
  };
  if (isTrainingPlan(plan)) {
    const gpus = plan.tensorParallel * plan.pipelineParallel * plan.dataParallel;
    return renderTrainingRelease({ ...common, model: plan.decision.model, gpusPerNode: gpus / plan.nodes });
  }
  if (apiKeySecret === undefined) throw new Error("release: a cluster that serves has no API key");
  return renderRelease({ ...common, plan, port: layout.port, apiKeySecret });
}

function weightsOf(weights: AwsLayout["weights"], tokenSecret: string | undefined): WeightsSource {
  return weights.from === "store" ? weights : { ...weights, tokenSecret };
}
