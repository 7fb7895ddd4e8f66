import { aws } from "./aws";
import type { ResourcePricer } from "./lines";
import type { ResourceRecord } from "./records";

/** How one cloud's resources are priced: what a new cloud adds is one of these, and a line below. */
export interface CloudPricers {
  cloud: string;
  /** How the cloud's type tokens begin: `aws:`. */
  typePrefix: string;
  /** Where a stack says the region of resources that name none. */
  regionSetting: string;
  /** The region that a resource says that it is in. */
  regionOf(record: ResourceRecord): string | undefined;
  /** Whether a region is given, but cannot be read before the update. */
  isRegionHidden(record: ResourceRecord): boolean;
  /** Kinds that machines are made from, with the inputs of theirs that decide what the machines cost. */
  templates: Readonly<Record<string, readonly string[]>>;
  /** Pricers by type token. */
  pricers: Readonly<Record<string, ResourcePricer>>;
  /** Kinds that cost nothing themselves, and why. */
  freeKinds: Readonly<Record<string, string>>;
}

/** The clouds whose resources have pricers. */
export const pricedClouds: readonly CloudPricers[] = [aws];

/** What is known of a type: how it is priced, or why it is free; neither, where no pricer knows it. */
export interface KnownKind {
  /** Absent for what is in no cloud. */
  cloud?: CloudPricers;
  pricer?: ResourcePricer;
  free?: string;
}

const known = new Map<string, KnownKind>(
  pricedClouds.flatMap((cloud) => [
    ...Object.entries(cloud.freeKinds).map(([type, free]) => [type, { cloud, free }] as const),
    ...Object.entries(cloud.pricers).map(([type, pricer]) => [type, { cloud, pricer }] as const),
  ]),
);

/** Providers whose resources are values, made on this machine: nobody bills them. */
const elsewhere: readonly string[] = ["random:", "tls:", "time:", "null:", "cloudinit:"];

/** Looks a type token up. */
export function findKind(type: string): KnownKind | undefined {
  const kind = known.get(type);
  if (kind || !elsewhere.some((prefix) => type.startsWith(prefix))) return kind;
  return { free: "made on this machine" };
}

/** Every kind of which a usage file may state something, with its settings. */
export function usageSettings(): { type: string; settings: NonNullable<ResourcePricer["usage"]> }[] {
  return [...known].flatMap(([type, { pricer }]) => (pricer?.usage ? [{ type, settings: pricer.usage }] : []));
}
