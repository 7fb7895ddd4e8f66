import { defaultEngineImage } from "../../serving/engine";
import { type Release, type ReleaseRequest, renderRelease, weightsPrefixOf } from "../../serving/release";
import type { DecisionArgs } from "../../sizing/decisionArgs";
import type { NodeHost } from "./nodeHost";
import { planOf } from "./plans";

interface Published
  extends Partial<Pick<ReleaseRequest, "image" | "readyTimeoutSeconds" | "weights" | "surroundings">> {
  /** Nodes by index, when there are others; a node that is not there has an address that nobody answers at. */
  nodes?: readonly (NodeHost | undefined)[];
}

/** Addresses by index: those of the nodes that are there. */
export function addressesOf(node: NodeHost, nodes: readonly (NodeHost | undefined)[] = []): string[] {
  return Array.from({ length: 6 }, (_, index) =>
    index === node.index ? node.address : (nodes[index]?.address ?? `127.255.255.${index + 1}`),
  );
}

/** Publishes a release as the deployer does: the release first, then the pointer. Waits for the engine one second at most. */
export function publish(
  node: NodeHost,
  decision: DecisionArgs,
  number: number,
  { image = defaultEngineImage, readyTimeoutSeconds = 1, nodes, ...rest }: Published = {},
): Release {
  const plan = planOf(decision);
  const release = renderRelease({
    number,
    keyPrefix: "",
    plan,
    image,
    port: node.enginePort,
    weightsPrefix: weightsPrefixOf(plan),
    nodeAddresses: addressesOf(node, nodes),
    apiKeySecret: "key",
    readyTimeoutSeconds,
    ...rest,
  });
  node.put(release.key, release.content);
  node.put("releases/current", release.pointer);
  return release;
}

export function pushWeights(
  node: NodeHost,
  decision: DecisionArgs,
  parts = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"],
): void {
  const folder = weightsPrefixOf(planOf(decision));
  const index = {
    weight_map: {
      a: "model-00001-of-00002.safetensors",
      b: "model-00002-of-00002.safetensors",
      c: "model-00002-of-00002.safetensors",
    },
  };
  node.put(`${folder}/config.json`, "{}");
  node.put(`${folder}/model.safetensors.index.json`, JSON.stringify(index));
  for (const part of parts) node.put(`${folder}/${part}`, "weights");
}
