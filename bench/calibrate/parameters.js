// The constants as numbers that are fitted: where each stands, what is expected of it before any row is seen, and how
// far (as a logarithm) a fit may reasonably move it.

const engines = ["vllm", "sglang", "trtllm"];
const precisions = ["bf16", "fp8", "int4", "mxfp4", "nvfp4"];

const parameters = [
  ["weightBandwidth", 0.85, 0.1],
  ["expertBandwidth", 0.7, 0.2],
  ["spreadBandwidth", 1, 0.3],
  ["cacheBandwidth", 0.7, 0.2],
  ["arithmetic", 0.7, 0.2],
  ["promptArithmetic.dense", 0.6, 0.3],
  ["promptArithmetic.moe", 0.3, 0.3],
  ["promptAttention", 0.4, 0.3],
  ["linkBandwidth", 0.5, 0.2],
  ["layerUs", 45, 0.25],
  ["mixtureLayerUs", 20, 0.5],
  ["latentLayerUs", 15, 0.5],
  ["collectiveUs", 8, 0.5],
  ["stepMs", 1.5, 0.4],
  ["requestUs", 15, 0.7],
  ["interference", 1, 0.15],
  ["firstTokenMs", 40, 0.4],
  ["firstTokenLayerMs.dense", 0.1, 1],
  ["firstTokenLayerMs.moe", 1, 0.7],
  ["firstTokenSteps", 1, 0.1],
  ["queueShare", 0.07, 0.4],
  ...engines.flatMap((engine) => [
    [`engines.${engine}.launch`, 1, 0.08],
    [`engines.${engine}.prompt`, 1, 0.08],
    [`engines.${engine}.firstToken`, 1, 0.25],
  ]),
  ...precisions.flatMap((precision) => [
    [`precisions.${precision}.prompt`, 1, 0.3],
    [`precisions.${precision}.bandwidth`, 1, 0.06],
  ]),
  ["blackwell.arithmetic", 1, 0.2],
  ["blackwell.launch", 1, 0.2],
  ["blackwell.firstToken", 1, 0.4],
];

/** What belongs to how some rows were taken, and to nothing that is shipped. */
const circumstances = [
  ["waitsForPlace", 0.8, 0.3],
  ["burst", 2, 0.7],
  ["untuned", 1.4, 0.3],
];

/** No row has stages, and latent attention is never bound by arithmetic in any: these are set. */
const set = [
  ["latentArithmetic", 0.5],
  ["stageHopUs", 10],
];

const fitted = [...parameters, ...circumstances];

/** A point of the fit (logarithms) as the constants' tree, and the circumstances beside it. */
function unpack(point) {
  const constants = {};
  const values = fitted.map(([path], index) => [path, Math.exp(point[index])]);
  for (const [path, value] of [...values.slice(0, parameters.length), ...set]) put(constants, path.split("."), value);
  return { constants, circumstances: Object.fromEntries(values.slice(parameters.length)) };
}

function put(target, [key, ...rest], value) {
  if (rest.length === 0) target[key] = value;
  else {
    target[key] ??= {};
    put(target[key], rest, value);
  }
}

module.exports = { fitted, unpack };
