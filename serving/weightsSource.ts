import { assign } from "./shell";

/** Nodes copy the weights from the model store, or from the file system that shows it. */
export interface WeightsInStore {
  from: "store";
}

/** Each node downloads the weights from Hugging Face for itself. */
export interface WeightsOnHuggingFace {
  from: "huggingFace";
  /** Owner and name, `meta-llama/Llama-3.1-8B-Instruct`. */
  repository: string;
  /** Commit, tag or branch; default `main`. Only a commit is the same for a node that joins later. */
  revision?: string;
  /** ARN of the secret whose text is an access token; needed for gated repositories. */
  tokenSecret?: string;
}

export type WeightsSource = WeightsInStore | WeightsOnHuggingFace;

/** Where a release's weights come from, as settings of the node. */
export function weightsAssignments(weights: WeightsSource = { from: "store" }): string[] {
  const { repository = "", revision = "main", tokenSecret = "" } = weights.from === "store" ? {} : weights;
  return [
    assign("WEIGHTS_FROM", weights.from),
    assign("HF_REPOSITORY", repository),
    assign("HF_REVISION", weights.from === "store" ? "" : revision),
    assign("HF_TOKEN_SECRET", tokenSecret),
  ];
}
