import { money } from "../money";
import { numberIn } from "../records";
import { asNumber, count } from "./arithmetic";
import { type HiddenIdea, notStated, unknownCost } from "./hiddenCost";
import { inBill, meteredCost } from "./metered";

/** Checkpoints of a training run that stay in the store. A store that was brought along is its owner's. */
export const checkpoints: HiddenIdea = (bill, options) => {
  // The cluster's pricer has a line of them where the plan trains and the store is the cluster's own.
  const line = bill.lines.find(({ key }) => key === "checkpoints");
  const sizeGB = numberIn(bill.inputs, "plan", "checkpointGB");
  if (!line || sizeGB === undefined) return [];
  const subject = { key: "checkpoints", what: "checkpoints that are kept" };
  if (line.state === "priced") return [inBill(bill, line, subject)];
  const { checkpointsKept } = options;
  if (checkpointsKept === undefined) {
    return [notStated({ ...subject, cluster: bill.name, within: "beside" }, "--checkpoints-kept")];
  }
  const quantity = money(sizeGB).times(checkpointsKept);
  const units = `${count(checkpointsKept, "checkpoint")} x ${asNumber(sizeGB)} GB`;
  return [meteredCost(bill, options, { ...subject, sku: "s3.standard.storage", quantity, units })];
};

/** Snapshots of volumes. Nothing of a machine needs one: what it runs is in the store and its release. */
export const snapshots: HiddenIdea = (bill, options) => {
  const { snapshotGBPerNode = 0 } = options;
  if (snapshotGBPerNode === 0) return [];
  const subject = { key: "snapshots", what: "volume snapshots" };
  const { nodes } = bill.machines;
  if (nodes === undefined) {
    const why = "the plan does not say how many machines there are";
    return [unknownCost({ ...subject, cluster: bill.name, within: "beside" }, why)];
  }
  const quantity = money(nodes).times(snapshotGBPerNode);
  const units = `${count(nodes, "machine")} x ${asNumber(snapshotGBPerNode)} GB`;
  return [meteredCost(bill, options, { ...subject, sku: "ebs.snapshot", quantity, units })];
};
