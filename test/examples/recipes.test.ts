import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCli } from "../support/cli";
import {
  folder,
  gitHubRecipes,
  gitLabJobs,
  gitLabRecipe,
  type Outcome,
  Runner,
  recipes,
  runGitHubJob,
  runGitLabJob,
  scripts,
  steps,
  type Variables,
  workflow,
} from "../support/recipes";
import { testWith } from "../support/tools";

/** What a command takes, by its own help, so that a recipe cannot use an option that is not there. */
const optionsOf = (command: string) => runCli([command, "--help"]).stdout.match(/--[a-z][\w-]*/g) ?? [];

test("every recipe is tested here", () => {
  const found = ["github", "gitlab"].flatMap((forge) =>
    readdirSync(join(folder, forge)).map((name) => `${forge}/${name}`),
  );
  expect(found.sort()).toEqual([...recipes].sort());
});

describe.each(recipes)("%s", (recipe) => {
  test("has shell that bash can read", () => {
    expect(scripts(recipe).length).toBeGreaterThan(2);
    for (const script of scripts(recipe))
      expect(spawnSync("bash", ["-n"], { input: script, encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
  });

  testWith("shellcheck")("has shell that shellcheck finds nothing in", () => {
    // GitLab runs what the image has, which may be no more than sh.
    const shell = recipe === gitLabRecipe ? "sh" : "bash";
    for (const script of scripts(recipe))
      expect(spawnSync("shellcheck", ["-s", shell, "-"], { input: script, encoding: "utf8" }).stdout).toBe("");
  });

  test("gives the commands only options that they have", () => {
    const calls = scripts(recipe)
      .map((script) => script.replaceAll("\\\n", " "))
      .flatMap((script) => [...script.matchAll(/npx --no-install llm-cluster (\w+)([^\n|;]*)/g)]);
    expect(new Set(calls.map(([, command]) => command))).toEqual(new Set(["diff", "comment"]));
    for (const [, command = "", options = ""] of calls)
      for (const [option] of options.matchAll(/--[\w-]+/g)) expect(optionsOf(command)).toContain(option);
    // A package that is not there must not be fetched from wherever has its name.
    expect(
      scripts(recipe)
        .join("\n")
        .match(/\bnpx\b/g),
    ).toHaveLength(calls.length);
  });

  test("is explained in the README", () => {
    expect(readFileSync(join(folder, "README.md"), "utf8")).toContain(`](${recipe})`);
  });
});

describe.each(gitHubRecipes)("%s", (recipe) => {
  test("puts nothing that somebody else wrote into a script", () => {
    for (const script of scripts(recipe)) expect(script).not.toContain("${{");
  });

  test("runs for pull requests, with no more rights than it uses", () => {
    const { on, permissions, jobs, defaults } = workflow(recipe);
    expect(on).toBe("pull_request");
    expect(permissions).toEqual({});
    expect(defaults.run.shell).toBe("bash");
    for (const job of Object.values(jobs)) {
      const uses = (what: string) => job.steps.some((step) => step.uses?.startsWith(what));
      const comments = job.steps.some(({ run }) => run?.includes("llm-cluster comment"));
      expect(job.permissions).toEqual({
        contents: "read",
        ...(comments && { "pull-requests": "write" }),
        ...(uses("aws-actions/") && { "id-token": "write" }),
      });
      // The token is for one step; what else runs in the job has no business with it.
      const withToken = job.steps.filter(({ env }) =>
        Object.values(env ?? {}).some((value) => value.includes("github.token")),
      );
      expect(withToken.map(({ name }) => name)).toEqual(comments ? ["Comment"] : []);
    }
  });

  test("names each action by a version", () => {
    for (const { uses } of steps(recipe)) if (uses) expect(uses).toMatch(/^[\w-]+\/[\w-]+@v\d+$/);
  });
});

test("a role is never in the same job as a token that may write", () => {
  for (const recipe of gitHubRecipes)
    for (const { permissions } of Object.values(workflow(recipe).jobs))
      expect(Object.values(permissions ?? {}).filter((right) => right === "write").length).toBeLessThan(2);
});

test("gitlab's jobs run in merge request pipelines of the project itself", () => {
  const { ".cost": base, ...jobs } = gitLabJobs();
  expect(base?.rules).toEqual([
    {
      if: '$CI_PIPELINE_SOURCE == "merge_request_event" && $CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_MERGE_REQUEST_PROJECT_ID',
    },
  ]);
  expect(Object.keys(jobs)).toEqual(["cost-offline", "cost-preview"]);
  for (const job of Object.values(jobs)) {
    expect(job.extends).toBe(".cost");
    expect(job.rules).toBeUndefined();
  }
});

/** The jobs that price and judge, each run with an exit code of `diff`. */
const judging: [string, (runner: Runner, given: Variables) => Outcome][] = [
  ["github, offline", (runner, given) => runGitHubJob(runner, "github/cost-offline.yml", "cost", given)],
  ["github, preview", (runner, given) => runGitHubJob(withPreviews(runner), "github/cost-preview.yml", "cost", given)],
  ["gitlab, offline", (runner, given) => runGitLabJob(runner, "cost-offline", given)],
  ["gitlab, preview", (runner, given) => runGitLabJob(runner, "cost-preview", given)],
];

/** What the action that fetches artifacts would leave. */
function withPreviews(runner: Runner): Runner {
  mkdirSync(join(runner.work, "previews"));
  for (const stack of ["dev", "prod-aws"]) writeFileSync(join(runner.work, `previews/${stack}.json`), "{}");
  return runner;
}

describe.each(judging)("%s", (kind, run) => {
  test.each([0, 2, 3])("diff ends with %i: the report is posted, then the job ends with the same", (code) => {
    const runner = new Runner("main");
    const done = run(runner, { DIFF_CODE: String(code) });
    expect(runner.comment).toBe(`report of a run that ends with ${code}\n`);
    expect(done.code).toBe(code);
    if (kind.startsWith("github")) expect(done.summary).toBe(runner.comment);
  });

  test("diff ends with 1: nothing is posted, and the job ends with 1", () => {
    const runner = new Runner("main");
    // A report of an earlier run must not be taken for this one's.
    writeFileSync(join(runner.work, "cost.md"), "an old report\n");
    expect(run(runner, { DIFF_CODE: "1" }).code).toBe(1);
    expect(runner.comment).toBeUndefined();
    expect(runner.calls.filter((call) => call.startsWith("comment"))).toEqual([]);
  });

  test("a comment that cannot be posted fails the job, whatever diff found", () => {
    expect(run(new Runner("main"), { DIFF_CODE: "0", COMMENT_CODE: "1" }).code).toBe(1);
  });

  test("diff is asked for the report that is posted, its own tag, and the gate", () => {
    const runner = new Runner("main");
    run(runner, { DIFF_CODE: "0", BUDGET_USD: "7" });
    const diff = runner.calls.find((call) => call.startsWith("diff"));
    const tag = kind.split(" ")[1];
    expect(diff).toMatch(
      new RegExp(
        `--format markdown --tag ${tag} --out cost.md --budget 7 --fail-on increase>10% --fail-on incomplete$`,
      ),
    );
    expect(runner.calls.at(-1)).toBe("comment cost.md");
    expect(diff).toContain(
      tag === "offline"
        ? `diff --against ${runner.began} stacks/Pulumi.dev.yaml stacks/Pulumi.prod-aws.yaml `
        : "diff --each previews/dev.json previews/prod-aws.json ",
    );
  });

  if (kind.endsWith("offline"))
    test("the name of a branch is never run", () => {
      const runner = new Runner("x$(touch${IFS}ran);touch${IFS}ran");
      expect(run(runner, { DIFF_CODE: "0" }).code).toBe(0);
      expect(existsSync(join(runner.work, "ran"))).toBe(false);
    });
});

test("a pull request from a fork has the report in its summary and no comment, and the gate holds", () => {
  const runner = new Runner("main");
  const done = runGitHubJob(runner, "github/cost-offline.yml", "cost", { DIFF_CODE: "2" }, { fork: "yes" });
  expect(done).toMatchObject({ code: 2, summary: "report of a run that ends with 2\n" });
  expect(done.output).toContain("::error::over the budget");
  expect(runner.comment).toBeUndefined();
});

describe.each([
  ["github", (runner: Runner, given: Variables) => runGitHubJob(runner, "github/cost-preview.yml", "preview", given)],
  ["gitlab", (runner: Runner, given: Variables) => runGitLabJob(runner, "cost-preview", { DIFF_CODE: "0", ...given })],
])("previews on %s", (forge, run) => {
  test("are kept by stack, with what does not change in them", () => {
    const runner = new Runner("main");
    expect(run(runner, {})).toMatchObject({ code: 0 });
    const stacks = forge === "github" ? ["dev"] : ["dev", "prod-aws"];
    expect(readdirSync(join(runner.work, "previews"))).toEqual(stacks.map((stack) => `${stack}.json`));
    expect(runner.calls.filter((call) => call.startsWith("pulumi"))).toEqual(
      stacks.map((stack) => `pulumi preview --stack ${stack} --json --show-sames --non-interactive`),
    );
  });

  test("that fail are the job's failure and say why, and nothing is priced", () => {
    const runner = new Runner("main");
    const done = run(runner, { FAILS: "dev" });
    expect(done.code).toBe(255);
    expect(done.output).toContain("no such zone");
    expect(runner.calls.filter((call) => /^(diff|comment)/.test(call))).toEqual([]);
  });
});
