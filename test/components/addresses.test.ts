import { isIPv4 } from "node:net";
import * as fc from "fast-check";
import { headAddress, isVpcCidr, planAddresses } from "../../components/aws/addresses";

const range = (cidr: string) => {
  const [address = "", prefix = ""] = cidr.split("/");
  const from = address.split(".").reduce((value, octet) => value * 256 + Number(octet), 0);
  return { from, to: from + 2 ** (32 - Number(prefix)) - 1 };
};
const inside = (inner: string, outer: string) =>
  range(inner).from >= range(outer).from && range(inner).to <= range(outer).to;

test("any VPC is cut into parts that lie inside it and apart from each other, with AWS's own addresses left alone", () => {
  const vpcs = fc.record({ prefix: fc.integer({ min: 16, max: 22 }), block: fc.nat(1000) }).map(({ prefix, block }) => {
    const base = 10 * 2 ** 24 + (block % 2 ** (prefix - 8)) * 2 ** (32 - prefix);
    return `${[24, 16, 8, 0].map((shift) => Math.floor(base / 2 ** shift) % 256).join(".")}/${prefix}`;
  });
  fc.assert(
    fc.property(vpcs, (vpc) => {
      expect(isVpcCidr(vpc)).toBe(true);
      const plan = planAddresses(vpc);
      expect(inside(plan.nodesCidr, vpc) && inside(plan.publicCidr, vpc)).toBe(true);
      expect(range(plan.publicCidr).from).toBeGreaterThan(range(plan.nodesCidr).to);
      expect(inside(plan.headsCidr, plan.nodesCidr)).toBe(true);
      // The first four addresses of a subnet and its last are AWS's.
      expect(range(plan.headsCidr).from).toBeGreaterThan(range(plan.nodesCidr).from + 3);
      expect(range(plan.headsCidr).to).toBeLessThan(range(plan.nodesCidr).to);
      const heads = [0, 1, 100].map((replica) => headAddress(plan, replica));
      expect(new Set(heads).size).toBe(3);
      for (const head of heads) {
        expect(isIPv4(head)).toBe(true);
        expect(inside(`${head}/32`, plan.headsCidr)).toBe(true);
      }
    }),
  );
});

test.each([
  "10.0.0.0/8",
  "10.0.0.0/24",
  "10.0.0.1/16",
  "10.0.0/16",
  "10.0.0.0",
  "::/16",
  "10.0.0.256/16",
  "x/16",
  "10.0.0.0/1 6",
  "",
])("%p is not a VPC's range", (text) => {
  expect(isVpcCidr(text)).toBe(false);
});

test("more replicas than addresses is an error that names the network", () => {
  expect(() => headAddress(planAddresses("10.0.0.0/22"), 100_000)).toThrow(/network\.vpcCidr.*larger VPC/);
});
