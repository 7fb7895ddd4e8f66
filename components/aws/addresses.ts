import { isIPv4 } from "node:net";

/** How a cluster's VPC is cut. All in IPv4 CIDR notation. */
export interface AddressPlan {
  vpcCidr: string;
  /** Every node, and the endpoint: the first half of the zone's eighth of the VPC. */
  nodesCidr: string;
  /** The NAT gateway: a small block at the start of the second half. */
  publicCidr: string;
  /** The second quarter of the nodes' subnet: AWS hands out none of it by itself, so nodes can have fixed addresses. */
  fixedCidr: string;
}

/** Largest and smallest VPC that can be cut this way. */
export const vpcPrefixRange = { min: 16, max: 20 };
const publicPrefix = 28;

/**
 * Cuts a VPC's range: an eighth for each zone, so that a cluster that moves to another zone gets subnets beside the old
 * ones, which are still there while the new ones are made. The range must have passed `isVpcCidr`.
 */
export function planAddresses(vpcCidr: string, zone: string): AddressPlan {
  const { base, prefix } = parseCidr(vpcCidr);
  const slotPrefix = prefix + 3;
  const slot = base + zoneSlot(zone) * sizeOf(slotPrefix);
  const nodesPrefix = slotPrefix + 1;
  const fixedPrefix = nodesPrefix + 2;
  return {
    vpcCidr,
    nodesCidr: formatCidr(slot, nodesPrefix),
    publicCidr: formatCidr(slot + sizeOf(nodesPrefix), publicPrefix),
    fixedCidr: formatCidr(slot + sizeOf(fixedPrefix), fixedPrefix),
  };
}

/** A zone's number among its region's: a of us-east-1a is 0, 4 of use1-az4 is 3. */
function zoneSlot(zone: string): number {
  const number = /-az(\d+)$/.exec(zone)?.[1];
  const ordinal = number === undefined ? zone.charCodeAt(zone.length - 1) - "a".charCodeAt(0) : Number(number) - 1;
  return ((ordinal % 8) + 8) % 8;
}

/** How many nodes have a fixed address in a plan. */
export function fixedAddressCount({ fixedCidr }: AddressPlan): number {
  return sizeOf(parseCidr(fixedCidr).prefix);
}

/** The fixed address of a node. */
export function nodeAddress({ fixedCidr }: AddressPlan, index: number): string {
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
