import { machines } from "./catalogue";
import type { Machine } from "./hardware";

/** Where prices and offerings are looked up when nobody names a region: where each cloud's list prices are known best. */
export const homeRegion = {
  aws: "us-east-1",
  gcp: "us-central1",
  azure: "eastus2",
  any: "us-east-1",
};

let regions: ReadonlyMap<string, Machine["cloud"]> | undefined;

/** Every region where some machine of the catalogue is offered, and whose it is. No name is used by two clouds. */
export function knownRegions(): ReadonlyMap<string, Machine["cloud"]> {
  regions ??= new Map(
    machines.flatMap(({ cloud, regions: offered }) => offered.map((region) => [region, cloud] as const)).sort(),
  );
  return regions;
}

/** `us-east-1a`: which building it is differs from account to account. */
function isZoneName(zone: string): boolean {
  return /^[a-z]{2}(-[a-z]+)+-\d[a-z]$/.test(zone);
}

/** `use1-az4`: the same building in every account. */
export function isZoneId(zone: string): boolean {
  return /^[a-z]{3,5}\d-az\d+$/.test(zone);
}

/** `us-central1-b`: a zone of Google Cloud, the same building for everybody. */
function isGcpZone(zone: string): boolean {
  return /^[a-z]+(-[a-z]+)+\d+-[a-z]$/.test(zone);
}

/** `1`, `2` or `3`: a zone of Azure, which says nothing without its region. */
function isAzureZone(zone: string): boolean {
  return /^[123]$/.test(zone);
}

/** Whose zone it is, by its form; undefined for what is no zone. */
export function cloudOfZone(zone: string): Machine["cloud"] | undefined {
  if (isZoneName(zone) || isZoneId(zone)) return "aws";
  if (isGcpZone(zone)) return "gcp";
  return isAzureZone(zone) ? "azure" : undefined;
}

/** Whether a machine is known not to be offered in a zone that means the same to everybody. */
export function lacksZone({ zoneIds }: Machine, zone: string): boolean {
  return (isZoneId(zone) || isGcpZone(zone)) && zoneIds.length > 0 && !zoneIds.includes(zone);
}

/** The region that a zone is in; undefined for one of Azure, and for a zone id of a region that no machine is offered in. */
export function regionOfZone(zone: string): string | undefined {
  if (isAzureZone(zone)) return undefined;
  if (isGcpZone(zone)) return zone.slice(0, -2);
  if (isZoneName(zone)) return zone.slice(0, -1);
  const prefix = zone.slice(0, zone.lastIndexOf("-az"));
  return [...knownRegions()].find(([region, cloud]) => cloud === "aws" && zoneIdPrefix(region) === prefix)?.[0];
}

/** How the ids of a region's zones begin: use1 of us-east-1, apne2 of ap-northeast-2. */
function zoneIdPrefix(region: string): string {
  const [land = "", direction = "", number = ""] = region.split("-");
  return land + direction.replace(/(north|south|east|west|central)/g, (word) => word.charAt(0)) + number;
}

/** Whether a machine is known to be offered there. A zone's name says nothing: it differs from account to account. */
export function isOffered(machine: Machine, region: string, zone?: string): boolean {
  return machine.regions.includes(region) && (zone === undefined || !lacksZone(machine, zone));
}

/** Where a machine is looked at when nobody named a region: its cloud's home, or else the first region that offers it. */
export function usualRegion({ cloud, regions }: Machine): string {
  const home = homeRegion[cloud];
  return regions.includes(home) ? home : (regions[0] ?? home);
}
