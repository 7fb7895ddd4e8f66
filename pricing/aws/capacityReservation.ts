import { hiddenLines, includedLine, priceLine, type ResourcePricer, unknownLine } from "../lines";
import { isPartOfCluster, numberIn, textIn } from "../records";
import { machineLine } from "./machine";

/** An on-demand capacity reservation: billed at the on-demand rate for all its machines, used or not (EC2 guide). */
export const capacityReservationPricer: ResourcePricer = {
  price: (record, context) => {
    const { inputs } = record;
    if (isPartOfCluster(record)) {
      return [
        includedLine(record, "machine", "reservation of its machines", "they run in it, and are billed by themselves"),
      ];
    }
    const type = textIn(inputs, "instanceType") ?? "?";
    const tenancy = textIn(inputs, "tenancy");
    const count = {
      quantity: numberIn(inputs, "instanceCount"),
      unknownBecause: "the number of machines is not known before the update",
    };
    return [
      machineLine(record, context, { type, mode: "on-demand", tenancy, count }),
      ...hiddenLines(record, inputs, ["tenancy"]),
    ];
  },
};

/** A capacity block that a stack buys: its fee is upfront, for machines and hours that only its offering tells. */
export const capacityBlockReservationPricer: ResourcePricer = {
  price: (record, context) => {
    const { outputs } = record;
    if (isPartOfCluster(record)) {
      return [includedLine(record, "block", "capacity block", "its fee is the cluster's line")];
    }
    const type = textIn(outputs, "instanceType");
    const machines = numberIn(outputs, "instanceCount");
    const [start, end] = [textIn(outputs, "startDate"), textIn(outputs, "endDate")].map((date) =>
      Date.parse(date ?? ""),
    );
    const hours = start === undefined || end === undefined || !(end > start) ? undefined : (end - start) / 3_600_000;
    if (type === undefined) {
      const reason = "what is bought only its offering tells: look it up before you buy it";
      return [{ ...unknownLine(record, "capacityBlock", "capacity block", reason), schedule: "oneOff" }];
    }
    return [
      priceLine(record, context, {
        cloud: "aws",
        sku: type,
        mode: "capacity-block",
        key: "capacityBlock",
        component: `${machines ?? "?"} x ${type}, capacity-block${hours === undefined ? "" : `, ${Math.round(hours)} hours`}`,
        schedule: "oneOff",
        quantity: hours === undefined || machines === undefined ? undefined : machines * Math.round(hours),
        unknownBecause: "its length is not known",
      }),
    ];
  },
};
