/** First and last address of an IPv4 range, as numbers; all of them where there is no range. */
export function range(cidr: unknown): { from: number; to: number } {
  const [address = "0.0.0.0", prefix = "0"] = String(cidr ?? "0.0.0.0/0").split("/");
  const from = addressNumber(address);
  return { from, to: from + 2 ** (32 - Number(prefix)) - 1 };
}

export function addressNumber(address: string): number {
  return address.split(".").reduce((value, octet) => value * 256 + Number(octet), 0);
}
