import type { RecurrentMixer } from "../model";
import { widthRule } from "./fieldNames";
import type { Reading } from "./reading";

/**
 * RWKV 4 to 6: time mixing, and the receptance of channel mixing; its two other matrices are the layer's MLP.
 * The state is kept in float32: a matrix a head (5 and later) and the last token's two vectors.
 * Source: RWKV/rwkv-5-world-3b, modeling_rwkv5.py.
 */
export function readReceptance({ text, hiddenSize, modelType, report }: Reading): RecurrentMixer {
  const width = text.count(["attention_hidden_size"], widthRule) ?? hiddenSize;
  const headDim = text.count(["head_size", "head_dim"], widthRule) ?? 64;
  const first = modelType === "rwkv";
  if (/rwkv[6-9]/.test(modelType)) report.leaveOut(`${modelType}: read as RWKV 5; its low-rank mixing is not counted`);
  report.note("RWKV: vLLM does not serve it; the state is counted in float32");
  const matrices = first ? 4 : 5;
  const stateWidth = first ? 3 : headDim;
  return {
    kind: "recurrent",
    name: "rwkv",
    parameters: matrices * hiddenSize * width + hiddenSize * hiddenSize + 12 * hiddenSize,
    stateBytes: (width * stateWidth + 2 * hiddenSize) * 4,
  };
}
