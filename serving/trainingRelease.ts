import { efaDockerArguments } from "./fabricAws";
import { trainingScripts } from "./nodeFiles";
import { packRelease, type Release } from "./release";
import { assign } from "./shell";
import { type Surroundings, surroundingAssignments } from "./surroundings";
import { weightsAssignments } from "./weightsSource";

/** What a node needs to know to train: who its neighbours are, and where this cloud keeps things. */
export interface TrainingReleaseRequest {
  /** The user's number of this release. */
  number: number;
  /** Catalogue id of the model. */
  model: string;
  gpusPerNode: number;
  /** Container image that is trained in. */
  image: string;
  /** Key prefix of the weights that training starts from. */
  weightsPrefix: string;
  /** What goes before `releases/` in the store: empty, or a path that ends in a slash. */
  keyPrefix: string;
  /** Address of every node by index, fixed at plan time; the first is where ranks meet. */
  nodeAddresses: readonly string[];
  /** What is around a node: the end of its capacity, a file system, logs, metrics. */
  surroundings?: Surroundings;
}

/** Where torchrun's ranks meet: its own default. */
export const rendezvousPort = 29500;

/** The release's own settings, as the bash file that its scripts read. */
export function renderTrainingEnvironment(request: TrainingReleaseRequest): string {
  const nodes = request.nodeAddresses.length;
  return [
    `# Settings of release ${request.number}. Written by llm-cluster; a change here is a change of what the nodes have ready.`,
    assign("RELEASE_NUMBER", request.number),
    assign("SERVED_MODEL_NAME", request.model),
    assign("WEIGHTS_PREFIX", request.weightsPrefix),
    assign("CHECKPOINTS_PREFIX", `${request.keyPrefix}checkpoints`),
    assign("RECIPE_PREFIX", `${request.keyPrefix}recipe`),
    assign("TRAINING_IMAGE", request.image),
    assign("DOCKER_ARGS", nodes > 1 ? [...efaDockerArguments] : []),
    assign("GPUS_PER_NODE", request.gpusPerNode),
    assign("NODES_PER_REPLICA", nodes),
    assign("NODE_ADDRESSES", request.nodeAddresses),
    assign("MASTER_PORT", rendezvousPort),
    ...weightsAssignments(),
    ...surroundingAssignments(request.surroundings),
    "",
  ].join("\n");
}

/**
 * A release that has everything ready to train: weights on the local disk, the image pulled, and a command that starts
 * one node's part of a run.
 */
export function renderTrainingRelease(request: TrainingReleaseRequest): Release {
  return packRelease({ "release.env": renderTrainingEnvironment(request), ...trainingScripts }, request);
}
