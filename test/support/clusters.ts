import type { AwsClusterArgs } from "../../components/aws/args";
import { gang, singleNode } from "./plans";

export const place = { region: "us-east-1", zone: "us-east-1a" };
export const small: AwsClusterArgs = { decision: { ...singleNode, ...place } };
export const big: AwsClusterArgs = { decision: { ...gang, ...place } };
export const block: AwsClusterArgs = {
  decision: {
    ...gang,
    ...place,
    capacity: { mode: "capacityBlock", reservationId: "cr-0123456789abcdef0", hours: 48 },
  },
};
/** LoRA of a model that takes two machines. */
export const tuning: AwsClusterArgs = {
  decision: { ...place, model: "llama-3.1-405b", workload: "lora", machine: "p5.48xlarge" },
  training: { image: "nvcr.io/nvidia/pytorch:25.10-py3" },
};
