import { isIPv4 } from "node:net";

/** How a cluster's VPC is cut. All in IPv4 CIDR notation. */
export interface AddressPlan {
  vpcCidr: string;
  /** Every node, in one zone: the first half of the VPC. */
  nodesCidr: string;
  /** The NAT gateway: a small block at the start of the second half. */
  publicCidr: string;
  /** The second quarter of the nodes' subnet: AWS hands out none of it by itself, so heads can have fixed addresses. */
  headsCidr: string;
}

/** Largest and smallest VPC that can be cut this way. */
export const vpcPrefixRange = { min: 16, max: 22 };
const publicPrefix = 28;

/** Cuts a VPC's range. The range must have passed `isVpcCidr`. */
export function planAddresses(vpcCidr: string): AddressPlan {
  const { base, prefix } = parseCidr(vpcCidr);
  const nodesPrefix = prefix + 1;
  const headsPrefix = nodesPrefix + 2;
  return {
    vpcCidr,
    nodesCidr: formatCidr(base, nodesPrefix),
    publicCidr: formatCidr(base + sizeOf(nodesPrefix), publicPrefix),
    headsCidr: formatCidr(base + sizeOf(headsPrefix), headsPrefix),
  };
}

/** The fixed address of a replica's head. Throws when there are more replicas than addresses. */
export function headAddress({ headsCidr }: AddressPlan, replica: number): string {
  const { base, prefix } = parseCidr(headsCidr);
  if (replica >= sizeOf(prefix)) {
    throw new Error(`network.vpcCidr: ${headsCidr} has no address for replica ${replica}. Fix: use a larger VPC`);
  }
  return formatAddress(base + replica);
}

/** Whether a text is an IPv4 range that a VPC can have, with no bits set beyond its prefix. */
export function isVpcCidr(text: string): boolean {
  const [address = "", length = ""] = text.split("/");
  const prefix = Number(length);
  if (!isIPv4(address) || !/^\d{1,2}$/.test(length)) return false;
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
