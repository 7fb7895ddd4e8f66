import { parseDecision } from "../../sizing/decision";
import { planDecision } from "../../sizing/planner";
import { ProblemsError } from "../../sizing/problems";

const small = { model: "llama-3.1-8b", contextLength: 8192 };

function problemsOf(part: object, region?: string): Record<string, string> {
  try {
    parseDecision({ ...small, ...part }, { region });
  } catch (error) {
    if (!(error instanceof ProblemsError)) throw error;
    return Object.fromEntries(error.problems.map(({ path, message }) => [path, message]));
  }
  return {};
}

// Every form of zone is one cloud's: what contradicts it is refused when the decision is read, not by the cloud.
test.each([
  [
    "Azure's zone in an AWS region",
    { zone: "1", region: "us-east-1" },
    "a zone of azure, and the rest of the decision is aws's",
  ],
  ["Azure's zone on AWS", { zone: "1", cloud: "aws" }, "a zone of azure"],
  [
    "Azure's zone with a machine of Google Cloud",
    { zone: "2", machine: "a3-highgpu-8g" },
    "the rest of the decision is gcp's",
  ],
  ["an AWS zone on Google Cloud", { zone: "us-east-1a", cloud: "gcp" }, "a zone of aws"],
  ["an AWS zone on Azure", { zone: "us-east-1a", cloud: "azure" }, "a zone of aws"],
  ["Google's zone on Azure", { zone: "us-central1-b", cloud: "azure" }, "a zone of gcp"],
  ["Google's zone with an AWS machine", { zone: "us-central1-b", machine: "p5.48xlarge" }, "a zone of gcp"],
  ["a zone id of no region", { zone: "use9-az4" }, "in no region that has machines"],
  ["a zone of no region", { zone: "us-east-9a" }, "in no region that has machines"],
  ["Google's zone of no region", { zone: "mars-east1-a" }, "in no region that has machines"],
  [
    "Google's zone that lacks the machine",
    { zone: "us-central1-a", machine: "a4-highgpu-8g" },
    "does not offer a4-highgpu-8g",
  ],
  ["no zone at all", { zone: "here" }, "neither a zone name nor a zone id"],
])("%s is refused", (_, part, message) => {
  const problems = problemsOf(part);
  expect(Object.keys(problems)).toEqual(["decision.zone"]);
  expect(problems["decision.zone"]).toContain(message);
});

test("the stack's own region counts too", () => {
  expect(problemsOf({ zone: "1" }, "us-east-1")).toHaveProperty(["decision.zone"]);
});

test.each([
  [{ zone: "us-central1-b" }, "gcp", "us-central1"],
  [{ zone: "2" }, "azure", "eastus2"],
  [{ zone: "3", region: "westeurope" }, "azure", "westeurope"],
  [{ zone: "us-west-2b" }, "aws", "us-west-2"],
])("%p is %s's, in %s", (part, cloud, region) => {
  const { candidates } = planDecision(parseDecision({ ...small, ...part }));
  expect(candidates.length).toBeGreaterThan(2);
  const prefix = { gcp: /^(a3|a4|ct6e)/, azure: /^Standard/, aws: /^p[56]/ }[cloud];
  for (const { machine } of candidates) expect(machine).toMatch(prefix ?? /never/);
  if (cloud !== "azure" || "region" in part) expect(candidates[0]?.decision.region).toBe(region);
});

test("no combination of cloud, region, zone and machine that is read is left without a plan", () => {
  const clouds = [undefined, "aws", "gcp", "azure", "any"];
  const regions = [undefined, "us-east-1", "us-central1", "eastus2"];
  const zones = [undefined, "us-east-1a", "use1-az4", "us-central1-b", "1"];
  const modes = [undefined, "spot", "flexStart"];
  let planned = 0;
  for (const cloud of clouds)
    for (const region of regions)
      for (const zone of zones)
        for (const mode of modes) {
          const part = { cloud, region, zone, ...(mode ? { capacity: { mode } } : {}) };
          if (Object.keys(problemsOf(part)).length > 0) continue;
          expect(planDecision(parseDecision({ ...small, ...part })).candidates.length).toBeGreaterThan(0);
          planned += 1;
        }
  expect(planned).toBeGreaterThan(40);
});
