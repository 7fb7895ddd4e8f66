// What the package exports: components, and the pure core that they are made of.
export {
  type AwsClusterArgs,
  type AwsNetworkArgs,
  type AwsServingArgs,
  type AwsStorageArgs,
  type AwsTrainingArgs,
  OnDelete,
} from "./components/aws/args";
export { AwsCluster } from "./components/aws/awsCluster";
export { type CostReport, type ReportOptions, reportCosts, type StackReport } from "./pricing/diff/report";
export { type Estimate, type EstimateOptions, estimateCost } from "./pricing/estimate";
export { combine } from "./pricing/inputs/combine";
export { readDocument } from "./pricing/inputs/readDocument";
export type { StackChange } from "./pricing/inputs/stackChange";
export { PriceBook } from "./pricing/priceBook";
export type { FoundPrice, PriceLayer, PriceRow } from "./pricing/priceRow";
export type { ResourceRecord } from "./pricing/records";
export { toInfracost } from "./pricing/render/infracost";
export { toMarkdown } from "./pricing/render/markdown";
export { shippedLayer, shippedPrices } from "./pricing/snapshot";
export { type Release, type ReleaseRequest, renderRelease } from "./serving/release";
export { renderTrainingRelease, type TrainingReleaseRequest } from "./serving/trainingRelease";
export { renderUserData } from "./serving/userData";
export { gpus, machines, models } from "./sizing/catalogue";
export { type ConfigFiles, parseConfigText, readModelConfig } from "./sizing/config/readConfig";
export { type Decision, parseDecision, type ResolvedDecision } from "./sizing/decision";
export {
  type CapacityArgs,
  CapacityMode,
  Cloud,
  type DecisionArgs,
  KvCacheDtype,
  Logits,
  LoraTargets,
  Offload,
  Optimizer,
  type OverridesArgs,
  Recomputation,
  Sharding,
  StateFormat,
  type TargetsArgs,
  type TrainingArgs,
  Workload,
} from "./sizing/decisionArgs";
export { type FitRequest, type FitResult, judgeFit } from "./sizing/fit";
export type { Gpu, Machine } from "./sizing/hardware";
export { judgeConfiguration } from "./sizing/judge";
export type { Checkpoint, Layer, Mixer, Mlp, Model } from "./sizing/model";
export type { Plan } from "./sizing/plan";
export { planDecision, type Sizing } from "./sizing/planner";
export { type Problem, ProblemsError } from "./sizing/problems";
export { type RankedOption, type Ranking, type RankingSettings, rankOptions } from "./sizing/ranking";
export { sizeDecision } from "./sizing/size";
export { type SweepPoint, sweepDecisions } from "./sizing/sweep";
export { estimateThroughput, type Throughput } from "./sizing/throughput/estimate";
export { judgeTrainingFit, type TrainingFitRequest, type TrainingFitResult } from "./sizing/training/fit";
export { isTrainingPlan, type TrainingPlan } from "./sizing/training/plan";
export { planTraining, type SmallestOfCloud, type TrainingSizing } from "./sizing/training/planner";
