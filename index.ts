// What the package exports: components, and the pure core that they are made of.
export {
  type AwsClusterArgs,
  type AwsNetworkArgs,
  type AwsServingArgs,
  type AwsStorageArgs,
  OnDelete,
} from "./components/aws/args";
export { AwsCluster } from "./components/aws/awsCluster";
export { type Estimate, type EstimateOptions, estimateCost } from "./pricing/estimate";
export { type FoundPrice, PriceBook, type PriceRow, shippedPrices } from "./pricing/priceBook";
export type { ResourceRecord } from "./pricing/records";
export { type Release, type ReleaseRequest, renderRelease } from "./serving/release";
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
  type OverridesArgs,
  type TargetsArgs,
  Workload,
} from "./sizing/decisionArgs";
export { type FitRequest, type FitResult, judgeFit } from "./sizing/fit";
export type { Gpu, Machine } from "./sizing/hardware";
export type { Checkpoint, Layer, Mixer, Mlp, Model } from "./sizing/model";
export type { Plan } from "./sizing/plan";
export { planDecision, type Sizing } from "./sizing/planner";
export { type Problem, ProblemsError } from "./sizing/problems";
export { type RankedOption, type Ranking, type RankingSettings, rankOptions } from "./sizing/ranking";
export { type SweepPoint, sweepDecisions } from "./sizing/sweep";
export { estimateThroughput, type Throughput } from "./sizing/throughput/estimate";
