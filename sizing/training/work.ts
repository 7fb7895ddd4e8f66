import { LoraTargets } from "../decisionArgs";
import type { Model } from "../model";
import { attentionFlops } from "../throughput/work";
import { countParameters } from "../weights";
import { countAllAdapters } from "./partition";
import type { Recipe } from "./recipe";

/**
 * Floating-point operations of one trained token, recomputation left out: what utilisation is measured by. Two a
 * parameter forwards, two for the gradients of what went in and two for those of the weight: 6, and 4 where the weight is
 * frozen (as NVIDIA-NeMo counts LoRA). Attention is causal, so half of the sequence on average, and twice that on the way
 * back; PaLM's own count (arXiv 2204.02311, appendix B), and with it some published figures, takes all of the sequence.
 */
export function flopsOfToken(model: Model, recipe: Recipe): number {
  const { activeLinear } = countParameters(model);
  const attention = attentionFlops(model, recipe.sequenceLength, recipe.sequenceLength).prompt;
  if (recipe.method === "full") return 6 * activeLinear + 3 * attention;
  // A token passes few of the routed experts, so that their adapters weigh next to nothing.
  const targets = recipe.loraTargets === LoraTargets.experts ? LoraTargets.all : recipe.loraTargets;
  return 4 * activeLinear + 3 * attention + 6 * countAllAdapters(model, { ...recipe, loraTargets: targets });
}
