import { isIPv4 } from "node:net";
import * as fc from "fast-check";
import { fixedAddressCount, isVpcCidr, nodeAddress, planAddresses } from "../../components/aws/plan/addresses";
import { runs } from "../support/runs";

const range = (cidr: string) => {
  const [address = "", prefix = ""] = cidr.split("/");
  const from = address.split(".").reduce((value, octet) => value * 256 + Number(octet), 0);
  return { from, to: from + 2 ** (32 - Number(prefix)) - 1 };
};
const zones = ["us-east-1a", "us-east-1f", "use1-az1", "use1-az6", "apne1-az4"];
const inside = (inner: string, outer: string) =>
  range(inner).from >= range(outer).from && range(inner).to <= range(outer).to;

test("any VPC is cut into parts that lie inside it and apart from each other, with AWS's own addresses left alone", () => {
  const vpcs = fc.record({ prefix: fc.integer({ min: 16, max: 20 }), block: fc.nat(1000) }).map(({ prefix, block }) => {
    const base = 10 * 2 ** 24 + (block % 2 ** (prefix - 8)) * 2 ** (32 - prefix);
    return `${[24, 16, 8, 0].map((shift) => Math.floor(base / 2 ** shift) % 256).join(".")}/${prefix}`;
  });
  fc.assert(
    fc.property(vpcs, fc.constantFrom(...zones), (vpc, zone) => {
      expect(isVpcCidr(vpc)).toBe(true);
      const plan = planAddresses(vpc, zone);
      expect(inside(plan.nodesCidr, vpc) && inside(plan.publicCidr, vpc)).toBe(true);
      expect(range(plan.publicCidr).from).toBeGreaterThan(range(plan.nodesCidr).to);
      expect(inside(plan.fixedCidr, plan.nodesCidr)).toBe(true);
      // The first four addresses of a subnet and its last are AWS's.
      expect(range(plan.fixedCidr).from).toBeGreaterThan(range(plan.nodesCidr).from + 3);
      expect(range(plan.fixedCidr).to).toBeLessThan(range(plan.nodesCidr).to);
      const nodes = [0, 1, fixedAddressCount(plan) - 1].map((index) => nodeAddress(plan, index));
      expect(new Set(nodes).size).toBe(3);
      for (const node of nodes) {
        expect(isIPv4(node)).toBe(true);
        expect(inside(`${node}/32`, plan.fixedCidr)).toBe(true);
      }
    }),
    runs(100),
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

test("zones have parts of their own, so that a cluster can move from one to another", () => {
  const parts = ["us-east-1a", "us-east-1b", "us-east-1h"].map((zone) => planAddresses("10.0.0.0/16", zone).nodesCidr);
  expect(parts).toEqual(["10.0.0.0/20", "10.0.32.0/20", "10.0.224.0/20"]);
  expect(planAddresses("10.0.0.0/16", "use1-az2").nodesCidr).toBe("10.0.32.0/20");
  expect(fixedAddressCount(planAddresses("10.0.0.0/16", "us-east-1a"))).toBe(1024);
});
