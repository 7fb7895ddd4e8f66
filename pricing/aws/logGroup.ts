import { hiddenLines, type ResourcePricer, usageLine } from "../lines";
import { numberIn, textIn } from "../records";
import { infracostDefaults, type UsageSetting } from "../usage";

const ingestedGB: UsageSetting = {
  key: "ingestedGB",
  meaning: "GB of logs that arrive",
  assume: { quantity: 10, because: infracostDefaults },
};
const storageGB: UsageSetting = {
  key: "storageGB",
  meaning: "GB of logs that are kept",
  assume: { quantity: 166, because: infracostDefaults },
};
const daysPerMonth = 365 / 12;

/** A CloudWatch log group: what arrives and what is kept; with a retention, what is kept follows from what arrives. */
export const logGroupPricer: ResourcePricer = {
  usage: [ingestedGB, storageGB],
  price: (record, context) => {
    // Another class than the standard one has its own rate for what arrives, which nothing here knows.
    const logClass = (textIn(record.inputs, "logGroupClass") ?? "STANDARD").toLowerCase();
    const ingest = `cloudwatch.logs.ingest${logClass === "standard" ? "" : `.${logClass}`}`;
    const days = numberIn(record.inputs, "retentionInDays") ?? 0;
    const arriving = context.usage.stated(record, ingestedGB.key)?.quantity ?? ingestedGB.assume?.quantity ?? 0;
    const kept = days > 0 ? Math.round((arriving * days * 10) / daysPerMonth) / 10 : undefined;
    return [
      ...hiddenLines(record, record.inputs, ["retentionInDays"]),
      usageLine(record, context, {
        cloud: "aws",
        sku: ingest,
        key: "ingest",
        component: "logs that arrive",
        setting: ingestedGB,
      }),
      usageLine(record, context, {
        cloud: "aws",
        sku: "cloudwatch.logs.storage",
        key: "storage",
        component: "logs that are kept",
        setting: storageGB,
        assume:
          kept === undefined ? undefined : { quantity: kept, because: `what arrives in ${days} days of retention` },
      }),
    ];
  },
};
