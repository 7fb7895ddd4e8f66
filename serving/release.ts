import { createHash } from "node:crypto";
import { type EnginePlan, engineArguments, engineEnvironment, masterPort } from "./engine";
import { efaDockerArguments } from "./fabricAws";
import { releaseScripts } from "./nodeFiles";
import { assign, hereDocument } from "./shell";
import { type Surroundings, surroundingAssignments } from "./surroundings";
import { type WeightsSource, weightsAssignments } from "./weightsSource";

/** What a node needs to know to serve: the plan, and where this cloud keeps things. */
export interface ReleaseRequest {
  /** The user's number of this release. */
  number: number;
  plan: EnginePlan & { nodesPerReplica: number };
  image: string;
  port: number;
  /** Key prefix of the weights in the model store. */
  weightsPrefix: string;
  /** What goes before `releases/` in the store: empty, or a path that ends in a slash. */
  keyPrefix: string;
  /** Address of every node by index, fixed at plan time. Each replica is the next `nodesPerReplica` of them, head first. */
  nodeAddresses: readonly string[];
  /** ARN or name of the secret that holds the API key. */
  apiKeySecret: string;
  /**
   * How long an engine may take until it is healthy, seconds; default one hour: loading several hundred GB of weights
   * and capturing CUDA graphs takes minutes, and published starts stay under half an hour.
   */
  readyTimeoutSeconds?: number;
  /** Where the weights come from; default the model store. */
  weights?: WeightsSource;
  /** What is around a node: the end of its capacity, a file system, logs, metrics. */
  surroundings?: Surroundings;
}

/** A release: one text object that unpacks itself, and the pointer that makes it the current one. */
export interface Release {
  key: string;
  content: string;
  sha256: string;
  pointer: string;
}

/** Where nodes look for the pointer. */
export function pointerKey(keyPrefix: string): string {
  return `${keyPrefix}releases/current`;
}

export function releaseKey(keyPrefix: string, number: number): string {
  return `${keyPrefix}releases/${number}/release.sh`;
}

const defaultReadyTimeoutSeconds = 3600;

/** Where a model's weights are looked for in the store, whatever release reads them. */
export function weightsPrefixOf({ decision }: Pick<EnginePlan, "decision">): string {
  return `models/${decision.model}/${decision.precision}`;
}

/** The release's own settings, as the bash file that its scripts read. */
export function renderReleaseEnvironment(request: ReleaseRequest): string {
  const { plan, number, image, port } = request;
  const gang = plan.nodesPerReplica > 1;
  return [
    `# Settings of release ${number}. Written by llm-cluster; a change here is a change of what the nodes serve.`,
    assign("RELEASE_NUMBER", number),
    assign("SERVED_MODEL_NAME", plan.decision.model),
    assign("WEIGHTS_PREFIX", request.weightsPrefix),
    assign("ENGINE_IMAGE", image),
    assign("ENGINE_PORT", port),
    assign("ENGINE_ARGS", engineArguments(plan, port)),
    assign("DOCKER_ARGS", [...engineEnvironment, ...(gang ? efaDockerArguments : [])]),
    assign("NODES_PER_REPLICA", plan.nodesPerReplica),
    assign("NODE_ADDRESSES", request.nodeAddresses),
    assign("MASTER_PORT", masterPort),
    assign("API_KEY_SECRET", request.apiKeySecret),
    assign("READY_TIMEOUT_SECONDS", request.readyTimeoutSeconds ?? defaultReadyTimeoutSeconds),
    ...weightsAssignments(request.weights),
    ...surroundingAssignments(request.surroundings),
    "",
  ].join("\n");
}

/** The files of a release, by name: what `bash release.sh FOLDER` unpacks. */
export function releaseFiles(request: ReleaseRequest): Record<string, string> {
  return { "release.env": renderReleaseEnvironment(request), ...releaseScripts };
}

/** A release that serves. */
export function renderRelease(request: ReleaseRequest): Release {
  return packRelease(releaseFiles(request), request);
}

/**
 * Packs files as a shell text that unpacks itself: readable in a preview's diff, and the same bytes for the same
 * input, so that an unchanged release is an unchanged object.
 */
export function packRelease(
  files: Readonly<Record<string, string>>,
  request: Pick<ReleaseRequest, "number" | "keyPrefix">,
): Release {
  const parts = Object.entries(files).map(([name, text]) => hereDocument(name, text, "END_OF_RELEASE_FILE"));
  const executables = Object.keys(files).filter((name) => name.endsWith(".sh"));
  const content = [
    "#!/usr/bin/env bash",
    `# llm-cluster release ${request.number}. Unpacks into the folder given; the agent runs it after its checksum is right.`,
    "set -euo pipefail",
    "folder=$1",
    'mkdir -p "$(dirname "$folder")"',
    'aside=$(mktemp -d "$folder.XXXXXX")',
    'cd "$aside"',
    ...parts,
    `chmod 0755 "$aside" ${executables.join(" ")}`,
    // Whole or not at all: a node that loses power half-way unpacks again.
    'rm -rf "$folder"',
    'mv "$aside" "$folder"',
    "",
  ].join("\n");
  const sha256 = createHash("sha256").update(content).digest("hex");
  const key = releaseKey(request.keyPrefix, request.number);
  return { key, content, sha256, pointer: `${request.number} ${sha256} ${key}\n` };
}
