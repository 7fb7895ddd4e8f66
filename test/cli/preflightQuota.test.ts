import type { Subject } from "../../cli/preflight/subject";
import { check, machine, ownTags, refusal, reservation, said } from "./preflightSupport";

const onDemand: Subject["capacity"] = { mode: "onDemand" };
const spot: Subject["capacity"] = { mode: "spot" };
const quotaOf = (code: string, value: number) => ({ [code]: { name: "Running On-Demand P instances", value } });

describe("on demand", () => {
  test("a new account's quota of 0 fails, with the command that asks for what is needed", async () => {
    const { findings } = await check({ capacity: onDemand }, { quotas: quotaOf("L-417A185B", 0) });
    expect(findings.filter((finding) => finding.check === "quota")).toEqual([
      {
        check: "quota",
        state: "fails",
        fact: "quota L-417A185B (Running On-Demand P instances) is 0 vCPU, and 2 x p5.48xlarge need 384",
        meaning: "RunInstances answers VcpuLimitExceeded",
        fix: expect.stringContaining("--quota-code L-417A185B --desired-value 384 --region us-east-1"),
      },
    ]);
  });

  test("exactly enough is enough, and one vCPU less is not", async () => {
    const state = async (value: number) =>
      said(await check({ capacity: onDemand }, { quotas: quotaOf("L-417A185B", value) }), "quota").join();
    expect(await state(384)).toMatch(/^ok: .*other P machines on demand take 0, and 2 x p5.48xlarge need 384$/);
    expect(await state(383)).toMatch(/^fails/);
  });

  test("what others run is taken off; the cluster's own, spot and capacity blocks are not", async () => {
    const own = machine("i-own", { Tags: ownTags });
    const elsewhere = [
      machine("i-spot", { InstanceLifecycle: "spot" }),
      machine("i-block", { InstanceLifecycle: "capacity-block" }),
    ];
    const ok = said(await check({ capacity: onDemand }, { machines: [own, ...elsewhere] }), "quota");
    expect(ok).toEqual([
      "ok: quota L-417A185B (Running On-Demand P instances) is 384 vCPU, other P machines on demand take 0 (this cluster's 192, by tag llm-cluster-stack=llm-cluster/dev, are among the need), and 2 x p5.48xlarge need 384",
    ]);
    // The machine of another cluster stands on the listing's last page.
    const other = machine("i-other", {
      InstanceType: "p4d.24xlarge",
      CpuOptions: { CoreCount: 48, ThreadsPerCore: 2 },
    });
    const short = await check({ capacity: onDemand }, { machines: [own, ...elsewhere, other] });
    expect(said(short, "quota").join()).toMatch(/^fails: .*take 96/);
    const fix = short.findings.find((finding) => finding.check === "quota")?.fix;
    expect(fix).toContain("--desired-value 480");
  });

  test("unused slots of reservations count too, but for the one that the cluster has made for itself", async () => {
    const idle = reservation({ AvailableInstanceCount: 1, InstanceMatchCriteria: "open" });
    const warned = await check({ capacity: onDemand }, { reservations: [idle] });
    expect(said(warned, "quota").join()).toMatch(/^warns: .*reservations hold 192 more that are not used/);
    const mine = await check({ capacity: onDemand }, { reservations: [{ ...idle, Tags: ownTags }] });
    expect(said(mine, "quota").join()).toMatch(/^ok/);
    const inIt = await check({ capacity: { mode: "openReservation" } }, { reservations: [idle] });
    expect(said(inIt, "quota").join()).toMatch(/^ok/);
  });

  test("where machines may not be listed, the quota itself is judged, and the rest is said to be open", async () => {
    const refuse = async () => {
      throw refusal("UnauthorizedOperation", 403);
    };
    const { findings } = await check({ capacity: onDemand }, {}, {}, { describeInstances: refuse });
    expect(findings.find((finding) => finding.check === "quota")).toMatchObject({
      state: "could not check",
      fact: expect.stringMatching(
        /is 384 vCPU, and 2 x p5.48xlarge need 384, but what runs already: .*UnauthorizedOperation/,
      ),
      fix: "grant ec2:DescribeInstances, which only reads",
      error: { code: "UnauthorizedOperation", permission: "ec2:DescribeInstances" },
    });
    const short = await check(
      { capacity: onDemand },
      { quotas: quotaOf("L-417A185B", 0) },
      {},
      { describeInstances: refuse },
    );
    expect(said(short, "quota").join()).toMatch(/^fails/);
  });

  test("AWS's default holds where the account has no value of its own", async () => {
    const account = { quotas: {}, defaultQuotas: quotaOf("L-417A185B", 0) };
    expect(said(await check({ capacity: onDemand }, account), "quota").join()).toMatch(/^fails: .* is 0 vCPU/);
    expect(said(await check({ capacity: onDemand }, { quotas: {} }), "quota")).toEqual([
      "could not check: Service Quotas has no L-417A185B in us-east-1",
    ]);
  });

  test("slots of a named reservation were counted when it was made: too small a quota is only odd", async () => {
    const capacity: Subject["capacity"] = { mode: "reservation", reservationId: "cr-0123456789abcdef0" };
    const account = { reservations: [reservation()], machines: [machine("i-other")] };
    expect(said(await check({ capacity }, account), "quota").join()).toMatch(/^ok/);
    const small = { ...account, quotas: quotaOf("L-417A185B", 192) };
    expect(said(await check({ capacity }, small), "quota").join()).toMatch(/^warns/);
  });
});

describe("spot", () => {
  test("the quota whose name has the machine's family is judged, not the one of P4 and older", async () => {
    expect(said(await check({ capacity: spot }), "quota")).toEqual([
      "ok: quota L-C4BD4855 (All P5 Spot Instance Requests) is 384 vCPU, and 2 x p5.48xlarge need 384; other spot machines take 0",
    ]);
    const taken = [machine("i-1", { InstanceLifecycle: "spot", InstanceType: "p5en.48xlarge" })];
    expect(said(await check({ capacity: spot }, { machines: taken }), "quota").join()).toMatch(/^fails: .*take 192/);
    const otherFamily = [machine("i-1", { InstanceLifecycle: "spot", InstanceType: "p4d.24xlarge" })];
    expect(said(await check({ capacity: spot }, { machines: otherFamily }), "quota").join()).toMatch(/^ok/);
  });

  test("one quota for all P families is judged by that name", async () => {
    const quotas = { "L-7212CCBC": { name: "All P Spot Instance Requests", value: 200 } };
    expect(said(await check({ capacity: spot }, { quotas }), "quota").join()).toMatch(/^fails: quota L-7212CCBC/);
  });

  test("a family that no quota names is not guessed", async () => {
    const p6 = { capacity: spot, machine: "p6-b200.48xlarge" };
    const finding = (await check(p6)).findings.find((one) => one.check === "quota");
    expect(finding).toMatchObject({
      state: "could not check",
      meaning: "neither name has p6-b200.48xlarge's family, so which one counts is not known",
    });
    const quotas = { "L-C4BD4855": { name: "All P5 Spot Instance Requests", value: 0 } };
    expect(said(await check(p6, { quotas }), "quota").join()).toMatch(/^fails/);
  });

  test("that it may be taken back, and that nobody knows whether there is any, is said", async () => {
    expect((await check({ capacity: spot })).notChecked.join()).toContain("two minutes' notice");
  });
});
