import { spawnSync } from "node:child_process";
import { appendFileSync, chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { parse } from "yaml";
import { root } from "./cli";
import { file } from "./files";

export const folder = join(root, "examples/ci");
export const gitHubRecipes = ["github/cost-offline.yml", "github/cost-preview.yml"];
export const gitLabRecipe = "gitlab/.gitlab-ci.cost.yml";
export const recipes = [...gitHubRecipes, gitLabRecipe];

export type Variables = Record<string, string>;

export interface Step {
  name?: string;
  id?: string;
  uses?: string;
  if?: string;
  env?: Variables;
  run?: string;
}

export interface Job {
  if?: string;
  permissions?: Variables;
  env?: Variables;
  steps: Step[];
}

export interface Workflow {
  on: unknown;
  permissions: Variables;
  env: Variables;
  defaults: { run: { shell: string } };
  jobs: Record<string, Job>;
}

export interface GitLabJob {
  extends?: string;
  rules?: { if: string }[];
  variables?: Variables;
  before_script?: string[];
  script?: string[];
  id_tokens?: Record<string, { aud: string }>;
}

export const text = (recipe: string) => readFileSync(join(folder, recipe), "utf8");
export const workflow = (recipe: string) => parse(text(recipe)) as Workflow;
export const steps = (recipe: string) => Object.values(workflow(recipe).jobs).flatMap((job) => job.steps);
export const gitLabJobs = () => parse(text(gitLabRecipe)) as Record<string, GitLabJob>;

/** Every piece of shell of a recipe, as it is given to a shell. */
export function scripts(recipe: string): string[] {
  if (recipe !== gitLabRecipe) return steps(recipe).flatMap(({ run }) => run ?? []);
  return Object.values(gitLabJobs()).flatMap((job) => [...(job.before_script ?? []), ...(job.script ?? [])]);
}

/** Where a job runs: a clone with a request's commits in it, and stand-ins for the programs that steps call. */
export class Runner {
  readonly folder = mkdtempSync(join(tmpdir(), "recipe-"));
  readonly work = join(this.folder, "work");
  readonly programs = join(this.folder, "programs");
  readonly log = join(this.folder, "calls");
  /** The commit of the base that the request began at; the base has moved on since. */
  readonly began: string;

  /** @param base the base's name */
  constructor(readonly base: string) {
    const origin = join(this.folder, "origin");
    mkdirSync(this.programs);
    mkdirSync(join(origin, "stacks"), { recursive: true });
    this.git(origin, "init", "--quiet", "--initial-branch", base);
    for (const stack of ["dev", "prod-aws"]) writeFileSync(join(origin, `stacks/Pulumi.${stack}.yaml`), "config: {}\n");
    this.commit(origin, "base");
    this.began = this.git(origin, "rev-parse", "HEAD");
    this.git(this.folder, "clone", "--quiet", origin, this.work);
    this.commit(this.work, "change");
    this.commit(origin, "somebody else's");
    this.git(this.work, "fetch", "--quiet");
    writeFileSync(this.log, "");
    this.program("npm", 'echo "npm $*" >>"$CALLS"');
    this.program("npx", npxStandIn);
    this.program("pulumi", pulumiStandIn);
  }

  /** Calls of the stand-ins, one a line. */
  get calls(): string[] {
    return readFileSync(this.log, "utf8").split("\n").filter(Boolean);
  }

  /** What the comment said that was posted, if one was. */
  get comment(): string | undefined {
    const posted = join(this.folder, "posted.md");
    return existsSync(posted) ? readFileSync(posted, "utf8") : undefined;
  }

  /** Runs a script as the forge's runner does: bash that stops at the first command that fails. */
  bash(script: string, env: Variables): { code: number | null; output: string } {
    const path = file("step.sh", script);
    const { status, stdout, stderr } = spawnSync("bash", ["--noprofile", "--norc", "-eo", "pipefail", path], {
      cwd: this.work,
      encoding: "utf8",
      env: {
        PATH: [this.programs, process.env.PATH].join(delimiter),
        HOME: this.folder,
        CALLS: this.log,
        POSTED: join(this.folder, "posted.md"),
        ...env,
      },
    });
    return { code: status, output: stdout + stderr };
  }

  private program(name: string, body: string): void {
    const path = join(this.programs, name);
    writeFileSync(path, `#!/usr/bin/env bash\n${body}\n`);
    chmodSync(path, 0o755);
  }

  private commit(where: string, message: string): void {
    appendFileSync(join(where, "stacks/Pulumi.dev.yaml"), `# ${message}\n`);
    this.git(where, "add", ".");
    const person = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
    this.git(where, ...person, "-c", "commit.gpgsign=false", "commit", "--quiet", "--message", message);
  }

  private git(where: string, ...args: string[]): string {
    const { status, stdout, stderr } = spawnSync("git", ["-C", where, ...args], { encoding: "utf8" });
    if (status !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
    return stdout.trim();
  }
}

/** `diff` writes a report unless it ends with 1; `comment` posts what the file says, if it has a token. */
const npxStandIn = `
[[ $1 == --no-install && $2 == llm-cluster ]] || { echo "npx would fetch something: $*" >&2; exit 99; }
shift 2
echo "$*" >>"$CALLS"
case $1 in
  diff)
    while [[ $# -gt 0 && $1 != --out ]]; do shift; done
    [[ $DIFF_CODE == [023] ]] && echo "report of a run that ends with $DIFF_CODE" >"$2"
    exit "$DIFF_CODE"
    ;;
  comment)
    [[ -n \${GITHUB_TOKEN:-}\${GITLAB_TOKEN:-} ]] || { echo "no token" >&2; exit 1; }
    cp "$2" "$POSTED"
    exit "\${COMMENT_CODE:-0}"
    ;;
esac`;

/** A preview needs the credentials that the job is to make; with a stack that FAILS names, it ends as Pulumi does. */
const pulumiStandIn = `
echo "pulumi $*" >>"$CALLS"
if [[ -n \${AWS_ID_TOKEN:-} ]]; then
  [[ $AWS_ROLE_ARN && $(cat "$AWS_WEB_IDENTITY_TOKEN_FILE") == "$AWS_ID_TOKEN" ]] || exit 98
  [[ $(ls -l "$AWS_WEB_IDENTITY_TOKEN_FILE") == -rw------* ]] || exit 97
fi
if [[ $3 == "\${FAILS:-}" ]]; then echo '{"diagnostics":[{"message":"no such zone"}]}'; exit 255; fi
echo '{"steps":[]}'`;

export interface Outcome {
  code: number;
  output: string;
  summary: string;
}

/** What expressions stand for in a job of this runner. */
function evaluate(expression: string, outputs: Variables, context: Variables): string {
  return expression.replace(/\$\{\{ ([\w.-]+) \}\}/g, (_, name: string) => {
    const value = name.startsWith("steps.diff.outputs.") ? outputs[name.slice(19)] : context[name];
    if (value === undefined) throw new Error(`the test knows no ${name}`);
    return value;
  });
}

/** Runs a workflow's job step by step, as GitHub's runner does, until one fails. Actions do nothing here. */
export function runGitHubJob(
  runner: Runner,
  recipe: string,
  name: string,
  given: Variables,
  context: Variables = {},
): Outcome {
  const { env: shared, jobs } = workflow(recipe);
  const job = jobs[name] as Job;
  const [outputFile, summaryFile] = [file("output", ""), file("summary", "")];
  const all = { "github.base_ref": runner.base, "github.token": "t0ken", "matrix.stack": "dev", ...context };
  let output = "";
  for (const step of job.steps) {
    if (step.run === undefined) continue;
    if (step.if !== undefined) {
      expect(step.if).toBe("github.event.pull_request.head.repo.full_name == github.repository");
      if (context.fork) continue;
    }
    const outputs = Object.fromEntries(
      readFileSync(outputFile, "utf8")
        .split("\n")
        .map((line) => line.split("=", 2)),
    );
    const written = Object.entries({ ...shared, ...job.env, ...step.env }).map(([key, value]) => [
      key,
      evaluate(value, outputs, { "vars.PULUMI_BACKEND_URL": "", ...secrets, ...all }),
    ]);
    const env = {
      ...Object.fromEntries(written),
      GITHUB_OUTPUT: outputFile,
      GITHUB_STEP_SUMMARY: summaryFile,
      ...given,
    };
    const done = runner.bash(step.run, env);
    output += done.output;
    if (done.code !== 0) return { code: done.code ?? -1, output, summary: readFileSync(summaryFile, "utf8") };
  }
  return { code: 0, output, summary: readFileSync(summaryFile, "utf8") };
}

const secrets = { "secrets.PULUMI_CONFIG_PASSPHRASE": "", "secrets.PULUMI_ACCESS_TOKEN": "" };

/** Runs a GitLab job: all its lines in one shell, as GitLab's runner does. */
export function runGitLabJob(runner: Runner, name: string, given: Variables): Outcome {
  const { ".cost": base, [name]: job } = gitLabJobs();
  const lines = [...(base?.before_script ?? []), ...(job?.script ?? [])];
  const ids = Object.fromEntries(Object.keys(job?.id_tokens ?? {}).map((token) => [token, `${token}-of-the-job`]));
  const done = runner.bash(lines.join("\n"), {
    CI_MERGE_REQUEST_TARGET_BRANCH_NAME: runner.base,
    GITLAB_TOKEN: "t0ken",
    ...base?.variables,
    ...job?.variables,
    ...ids,
    ...given,
  });
  return { code: done.code ?? -1, output: done.output, summary: "" };
}
