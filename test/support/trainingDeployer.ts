import { weightsPrefixOf } from "../../serving/release";
import type { Surroundings } from "../../serving/surroundings";
import { renderTrainingRelease } from "../../serving/trainingRelease";
import { parseDecision } from "../../sizing/decision";
import type { NodeHost } from "./nodeHost";

const { decision } = parseDecision({ model: "llama-3.1-8b", workload: "lora" });
const weightsPrefix = weightsPrefixOf({ decision });

/** Publishes a release that trains, as the deployer does: the release first, then the pointer. */
export function publishTraining(
  node: NodeHost,
  number: number,
  {
    nodes,
    image = "nvcr.io/nvidia/pytorch:25.10-py3",
    surroundings,
  }: { nodes: number; image?: string; surroundings?: Surroundings },
): void {
  const release = renderTrainingRelease({
    number,
    model: decision.model,
    gpusPerNode: 8,
    image,
    weightsPrefix,
    keyPrefix: "",
    nodeAddresses: Array.from({ length: nodes }, () => "127.0.0.1"),
    surroundings,
  });
  node.put(release.key, release.content);
  node.put("releases/current", release.pointer);
}

/** The weights that training starts from. */
export function trainedWeights(node: NodeHost): void {
  node.put(`${weightsPrefix}/config.json`, "{}");
  node.put(`${weightsPrefix}/model.safetensors`, "weights");
}
