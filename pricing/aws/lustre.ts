import { type CostLine, hiddenLines, type PricingContext, priceLine, type ResourcePricer } from "../lines";
import { numberIn, type ResourceRecord, textIn } from "../records";

const GiBPerTiBStep = 1200;

/** An FSx for Lustre file system: its capacity by deployment type and throughput tier, and metadata performance that is ordered apart. */
export const lustrePricer: ResourcePricer = {
  price: (record, context) => [
    capacity(record, context),
    ...metadata(record, context),
    ...hiddenLines(record, record.inputs, [
      "deploymentType",
      "perUnitStorageThroughput",
      "storageType",
      "metadataConfiguration",
      "metadataConfiguration.mode",
    ]),
  ],
};

function capacity(record: ResourceRecord, context: PricingContext): CostLine {
  const { inputs } = record;
  const deployment = textIn(inputs, "deploymentType") ?? "SCRATCH_1";
  const tier = numberIn(inputs, "perUnitStorageThroughput");
  const media = (textIn(inputs, "storageType") ?? "SSD").toLowerCase();
  const sizeGiB = numberIn(inputs, "storageCapacity");
  return priceLine(record, context, {
    cloud: "aws",
    sku: skuOf(deployment, media, tier),
    key: "capacity",
    component: `Lustre capacity, ${deployment}${tier === undefined ? "" : ` ${tier} MB/s/TiB`}${sizeGiB === undefined ? "" : `, ${sizeGiB} GiB`}`,
    quantity: sizeGiB,
    unknownBecause:
      textIn(inputs, "backupId") === undefined
        ? `storageCapacity is not given; it goes in steps of ${GiBPerTiBStep} GiB`
        : "its size is its backup's",
  });
}

function skuOf(deployment: string, media: string, tier: number | undefined): string {
  const kind = deployment.toLowerCase().replace("_", "");
  return kind.startsWith("persistent") ? `fsx-lustre.${kind}.${media}.${tier ?? "?"}` : `fsx-lustre.${kind}`;
}

/** Metadata IOPS that the user sets. All are taken as billed: how many come with the capacity nothing here knows. */
function metadata(record: ResourceRecord, context: PricingContext): CostLine[] {
  const { inputs } = record;
  if (textIn(inputs, "metadataConfiguration", "mode") !== "USER_PROVISIONED") return [];
  return [
    priceLine(record, context, {
      cloud: "aws",
      sku: "fsx-lustre.metadata-iops",
      key: "metadata",
      component: "Lustre metadata IOPS",
      quantity: numberIn(inputs, "metadataConfiguration", "iops"),
      unknownBecause: "metadataConfiguration.iops is not known before the update",
    }),
  ];
}
