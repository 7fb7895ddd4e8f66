import { isIPv4 } from "node:net";

/** How a cluster's VPC is cut. All in IPv4 CIDR notation. */
export interface AddressPlan {
  vpcCidr: string;
  /** Every node, and the endpoint: the first half of the zone's eighth of the VPC. */
  nodesCidr: string;
  /** The NAT gateway: a small block at the start of the second half. */
  publicCidr: string;
  /** A second zone's part, where a load balancer needs one: after the block of that zone's NAT gateway. */
  secondCidr?: string;
  /** The second quarter of the nodes' subnet: AWS hands out none of it by itself, so nodes can have fixed addresses. */
  fixedCidr: string;
}

/** Largest and smallest VPC that can be cut this way. */
export const vpcPrefixRange = { min: 16, max: 20 };
const publicPrefix = 28;
/** An application load balancer wants a /27 with eight free addresses in each zone (ELB guide, subnets). */
const balancerPrefix = 27;

/**
 * Cuts a VPC's range: an eighth for each zone, so that a cluster that moves to another zone gets subnets beside the old
 * ones, which are still there while the new ones are made. The range must have passed `isVpcCidr`.
 */
export function planAddresses(vpcCidr: string, zone: string, secondZone?: string): AddressPlan {
  const { base, prefix } = parseCidr(vpcCidr);
  const slotPrefix = prefix + 3;
  const slotOf = (name: string) => base + zoneSlot(name) * sizeOf(slotPrefix);
  const slot = slotOf(zone);
  const nodesPrefix = slotPrefix + 1;
  const fixedPrefix = nodesPrefix + 2;
  // A name and an id may have the same number: this block lies apart from all that a zone's own slot holds.
  const second =
    secondZone && formatCidr(slotOf(secondZone) + sizeOf(nodesPrefix) + sizeOf(balancerPrefix), balancerPrefix);
  return {
    vpcCidr,
    nodesCidr: formatCidr(slot, nodesPrefix),
    publicCidr: formatCidr(slot + sizeOf(nodesPrefix), publicPrefix),
    fixedCidr: formatCidr(slot + sizeOf(fixedPrefix), fixedPrefix),
    ...(second === undefined ? {} : { secondCidr: second }),
  };
}

/** A zone's number among its region's: a of us-east-1a is 0, 4 of use1-az4 is 3. */
function zoneSlot(zone: string): number {
  const number = /-az(\d+)$/.exec(zone)?.[1];
  const ordinal = number === undefined ? zone.charCodeAt(zone.length - 1) - "a".charCodeAt(0) : Number(number) - 1;
  return ((ordinal % 8) + 8) % 8;
}

/** How many nodes have a fixed address in a plan. */
export function fixedAddressCount({ fixedCidr }: Pick<AddressPlan, "fixedCidr">): number {
  return sizeOf(parseCidr(fixedCidr).prefix);
}

/** The fixed address of a node. */
export function nodeAddress({ fixedCidr }: Pick<AddressPlan, "fixedCidr">, index: number): string {
  return formatAddress(parseCidr(fixedCidr).base + index);
}

/** Whether a text is an IPv4 range that a VPC can have, with no bits set beyond its prefix. */
export function isVpcCidr(text: string): boolean {
  const [address = "", length = ""] = text.split("/");
  const prefix = Number(length);
  if (!isIPv4(address) || !/^\d{1,2}$/.test(length) || text.split("/").length !== 2) return false;
  if (prefix < vpcPrefixRange.min || prefix > vpcPrefixRange.max) return false;
  return parseAddress(address) % sizeOf(prefix) === 0;
}

/** Whether one range lies within another. */
export function isWithin(inner: string, outer: string): boolean {
  const [small, large] = [parseCidr(inner), parseCidr(outer)];
  return small.base >= large.base && small.base + sizeOf(small.prefix) <= large.base + sizeOf(large.prefix);
}

/** Whether AWS keeps an address of a subnet for itself: the first four and the last (VPC guide, subnet sizing). */
export function isKeptByAws(address: string, subnet: string): boolean {
  const { base, prefix } = parseCidr(subnet);
  const offset = parseAddress(address) - base;
  return (offset >= 0 && offset < 4) || offset === sizeOf(prefix) - 1;
}

/** Whether no bit of a range is set beyond its prefix. */
export function startsAtItsBase(cidr: string): boolean {
  const { base, prefix } = parseCidr(cidr);
  return base % sizeOf(prefix) === 0;
}

/** A range as part of a name: 10.0.0.0/16 is 10-0-0-0-16. */
export function slugOf(cidr: string): string {
  return cidr.replaceAll(/[./]/g, "-");
}

function parseCidr(cidr: string): { base: number; prefix: number } {
  const [address = "", prefix = ""] = cidr.split("/");
  return { base: parseAddress(address), prefix: Number(prefix) };
}

function parseAddress(address: string): number {
  return address.split(".").reduce((value, octet) => value * 256 + Number(octet), 0);
}

function formatCidr(base: number, prefix: number): string {
  return `${formatAddress(base)}/${prefix}`;
}

function formatAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => (value >>> shift) % 256).join(".");
}

function sizeOf(prefix: number): number {
  return 2 ** (32 - prefix);
}
