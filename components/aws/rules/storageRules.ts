import type { ResolvedDecision } from "../../../sizing/decision";
import { awsInstanceTypes } from "../../../sizing/machinesAws";
import type { Problem } from "../../../sizing/problems";
import { isTraining } from "../../../sizing/training/recipe";
import { type AwsLustreArgs, WeightsSource } from "../args";
import { leastWithEfa, lustreThroughputs, planLustre, roundUp } from "../plan/lustrePlan";
import type { ReadableArgs } from "./argRules";

type Storage = NonNullable<ReadableArgs["storage"]>;

/** Weights come from one place, and a file system has the sizes that AWS sells. */
export function checkStorage({ storage = {} }: ReadableArgs, resolved: ResolvedDecision | undefined): Problem[] {
  return [
    ...checkWeights(storage, resolved),
    ...(storage.lustre ? checkLustre(storage.lustre, storage, resolved) : []),
  ];
}

function checkWeights(storage: Storage, resolved: ResolvedDecision | undefined): Problem[] {
  const { weights = WeightsSource.store, huggingFaceRepository, huggingFaceRevision, huggingFaceTokenSecret } = storage;
  if (weights === WeightsSource.store) {
    const given = { huggingFaceRepository, huggingFaceRevision, huggingFaceTokenSecret };
    return Object.entries(given)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => ({
        path: `storage.${key}`,
        value: String(value),
        message: "is for nodes that pull weights for themselves, and storage.weights is store",
        fix: "remove it, or set storage.weights to huggingFace",
      }));
  }
  if (huggingFaceRepository !== undefined || !resolved || resolved.checkpoint.repositories?.length) return [];
  return [
    {
      path: "storage.huggingFaceRepository",
      message: `is missing, and the catalogue has no repository of ${resolved.decision.model} in ${resolved.decision.precision}`,
      fix: "name the repository that nodes pull, such as Qwen/Qwen3-32B",
    },
  ];
}

function checkLustre(lustre: AwsLustreArgs, { weights }: Storage, resolved: ResolvedDecision | undefined): Problem[] {
  const problems: Problem[] = [];
  const serves = resolved !== undefined && !isTraining(resolved.decision.workload);
  if (weights === WeightsSource.huggingFace && serves) {
    problems.push({
      path: "storage.lustre",
      message: "is read by nobody where nodes pull the weights for themselves",
      fix: "remove it, or set storage.weights to store",
    });
  }
  const { throughput, capacityGiB, efa } = planLustre(lustre, 0);
  if (!lustreThroughputs.includes(throughput)) {
    problems.push({
      path: "storage.lustre.throughput",
      value: throughput,
      message: "is not a throughput that AWS sells",
      fix: `one of ${lustreThroughputs.join(", ")} MB/s for each TiB`,
    });
    return problems;
  }
  if (capacityGiB !== roundUp(capacityGiB)) {
    problems.push({
      path: "storage.lustre.capacityGiB",
      value: capacityGiB,
      message: "is not a capacity that AWS sells: 1200, 2400, then multiples of 2400 GiB",
      fix: `the next is ${roundUp(capacityGiB)}`,
    });
  } else if (efa && capacityGiB < leastWithEfa(throughput)) {
    problems.push({
      path: "storage.lustre.capacityGiB",
      value: capacityGiB,
      message: `is below the least that takes EFA at ${throughput} MB/s for each TiB`,
      fix: `give ${leastWithEfa(throughput)} or more, raise throughput, or remove efa`,
    });
  }
  const { machine } = resolved?.decision ?? {};
  if (efa && machine !== undefined && awsInstanceTypes[machine]?.NetworkInfo.EfaSupported === false) {
    problems.push({
      path: "storage.lustre.efa",
      value: String(efa),
      message: `is of no use: ${machine} has no EFA`,
      fix: "remove it",
    });
  }
  return problems;
}
