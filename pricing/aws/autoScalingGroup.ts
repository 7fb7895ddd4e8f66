import { type CostLine, hiddenLines, type PricingContext, type ResourcePricer, unknownLine } from "../lines";
import { isHidden, numberIn, type ResourceRecord, textIn, valueIn } from "../records";
import { partLines } from "./instanceParts";
import { launchTemplateOf, mixedTemplateOf } from "./launchTemplate";
import { machineLine, timesCount } from "./machine";

/** An Auto Scaling group: as many machines as it is to have, else the fewest that it may have, each with volumes and address. */
export const autoScalingGroupPricer: ResourcePricer = {
  price: (record, context) => {
    const { inputs, outputs } = record;
    const template = launchTemplateOf(record, context.graph) ?? mixedTemplateOf(record, context.graph);
    const override = valueIn(inputs, "mixedInstancesPolicy", "launchTemplate", "overrides", 0);
    const type = textIn(override, "instanceType") ?? textIn(template?.inputs, "instanceType");
    if (type === undefined || !template) {
      const reason = "the launch template is not in this document";
      return [unknownLine(record, "machine", "machines of the group", reason)];
    }
    const quantity = isHidden(inputs, "desiredCapacity")
      ? undefined
      : // A group that scales by itself has another number than it began with.
        (numberIn(inputs, "desiredCapacity") ?? numberIn(outputs, "desiredCapacity") ?? numberIn(inputs, "minSize"));
    const perMachine = partLines({ record, template: template.inputs }, context);
    return [
      ...machineLines({ record, type, template, quantity }, context),
      ...perMachine.map((line) => timesCount(line, quantity)),
      ...hiddenLines(record, inputs, decidingProperties),
    ];
  },
};

const distribution = "mixedInstancesPolicy.instancesDistribution";
const decidingProperties = [
  "mixedInstancesPolicy",
  "mixedInstancesPolicy.launchTemplate.overrides",
  "mixedInstancesPolicy.launchTemplate.overrides.0.instanceType",
  distribution,
  `${distribution}.onDemandBaseCapacity`,
  `${distribution}.onDemandPercentageAboveBaseCapacity`,
];

interface Group {
  record: ResourceRecord;
  type: string;
  template: ResourceRecord;
  quantity: number | undefined;
}

/** On demand up to a base, then by a percentage, the rest on spot; all on demand where no policy says otherwise. */
function machineLines({ record, type, template, quantity }: Group, context: PricingContext): CostLine[] {
  const unknownBecause = "the number of machines is not known before the update";
  const market = textIn(template.inputs, "instanceMarketOptions", "marketType");
  const policy = valueIn(record.inputs, "mixedInstancesPolicy", "instancesDistribution");
  if (policy === undefined || market !== undefined || quantity === undefined) {
    return [machineLine(record, context, { type, mode: market ?? "on-demand", count: { quantity, unknownBecause } })];
  }
  // Auto Scaling API, InstancesDistribution: the base is 0 and the share above it 100 % unless they are given.
  const base = Math.min(quantity, numberIn(policy, "onDemandBaseCapacity") ?? 0);
  const share = numberIn(policy, "onDemandPercentageAboveBaseCapacity") ?? 100;
  const onDemand = base + Math.ceil(((quantity - base) * share) / 100);
  const of = (mode: string, count: number) =>
    count === 0 ? [] : [machineLine(record, context, { type, mode, count: { quantity: count, unknownBecause } })];
  return [
    ...of("on-demand", onDemand),
    ...of("spot", quantity - onDemand).map((line) => ({ ...line, key: "machine.spot" })),
  ];
}
