import { money } from "../money";
import { asNumber, count } from "./arithmetic";
import { type HiddenIdea, unknownCost } from "./hiddenCost";
import { meteredCost } from "./metered";

/**
 * Time series that dcgm-exporter has of a GPU as it ships: 21 fields are on in etc/default-counters.csv
 * (NVIDIA/dcgm-exporter 00d6d34, counted 2026-11), each with the GPU as a label. CloudWatch bills every combination of
 * name and labels as a metric of its own.
 */
export const defaultSeriesPerGpu = 21;

/** What an exporter tells of each GPU, sent to CloudWatch as custom metrics. The component sends one of its own, which is in its bill; this is if you send these. */
export const customMetrics: HiddenIdea = (bill, options) => {
  const { nodes, machine } = bill.machines;
  const [key, what] = ["customMetrics", "GPU metrics in CloudWatch"];
  const facts = machine === undefined ? undefined : options.machineFacts(machine);
  if (nodes === undefined || !facts) {
    const why = `how many GPUs ${machine ?? "its machine"} has is not known`;
    return [unknownCost({ cluster: bill.name, key, what, within: "beside" }, why)];
  }
  const { metricSeriesPerGpu = defaultSeriesPerGpu } = options;
  const units = `${count(nodes, "machine")} x ${count(facts.gpus, "GPU")} x ${asNumber(metricSeriesPerGpu)} series`;
  const assumed = `all ${defaultSeriesPerGpu} series that dcgm-exporter has of a GPU as it ships, if sent to CloudWatch`;
  const because = options.metricSeriesPerGpu === undefined ? assumed : undefined;
  const quantity = money(nodes).times(facts.gpus).times(metricSeriesPerGpu);
  return [meteredCost(bill, options, { key, what, sku: "cloudwatch.metric.custom", quantity, units, because })];
};
