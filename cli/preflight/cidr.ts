import { isIPv4 } from "node:net";

/** An IPv4 range, as whole numbers: its first and its last address. */
export interface AddressRange {
  first: number;
  last: number;
}

/** Reads `10.0.4.0/24`; undefined for what is no IPv4 range. */
export function readRange(cidr: string): AddressRange | undefined {
  const [address = "", length = ""] = cidr.split("/");
  const prefix = Number(length);
  if (!isIPv4(address) || !/^\d{1,2}$/.test(length) || prefix > 32) return undefined;
  const size = 2 ** (32 - prefix);
  const first = Math.floor(toNumber(address) / size) * size;
  return { first, last: first + size - 1 };
}

/** `10.0.4.7` as the number that it is. */
export function toNumber(address: string): number {
  return address.split(".").reduce((value, octet) => value * 256 + Number(octet), 0);
}

/** Whether one range lies inside another. */
export function isInside(inner: AddressRange, outer: AddressRange): boolean {
  return inner.first >= outer.first && inner.last <= outer.last;
}

/** Whether two ranges share an address. */
export function overlap(one: AddressRange, other: AddressRange): boolean {
  return one.first <= other.last && other.first <= one.last;
}

/** Addresses of a range that EC2 gives to machines: of a subnet the first four and the last are its own (VPC guide, "Subnet CIDR blocks"). */
export function usableAddresses(range: AddressRange, subnet: AddressRange): number {
  const first = Math.max(range.first, subnet.first + 4);
  const last = Math.min(range.last, subnet.last - 1);
  return Math.max(0, last - first + 1);
}
