import { cutToLength } from "../../cli/forges/cut";
import { file } from "../support/files";
import { marker, ours, report, StandIn, token, useStandIn } from "../support/forges";

const { standIn, waits, run, failure, bodies } = useStandIn();

describe("on github", () => {
  test.each([
    ["a pull request's event", { pull_request: { number: 12 } }],
    ["the event of a comment", { issue: { number: 12 } }],
  ])("the number is that of %s", async (_, event) => {
    const path = file("event.json", JSON.stringify(event));
    await run("github", { env: { GITHUB_EVENT_PATH: path, GITHUB_REF: "refs/heads/x" } });
    expect(bodies()).toEqual([report]);
  });

  test("an event that names no pull request is an error", async () => {
    const env = { GITHUB_EVENT_PATH: file("event.json", "{}"), GITHUB_REF: "refs/heads/main" };
    expect(await failure("github", { env })).toMatch(
      /--pull-request: .*GITHUB_EVENT_PATH.*Fix: run the job on: pull_request/,
    );
  });

  test("GH_TOKEN does as well", async () => {
    await run("github", { env: { GITHUB_TOKEN: undefined, GH_TOKEN: token } });
    expect(bodies()).toEqual([report]);
  });

  test("a job that may not write is told which permission it lacks, and of forks", async () => {
    const content = { message: "Resource not accessible by integration" };
    standIn.instead.push({ on: /^POST/, reply: { status: 403, content } });
    const message = await failure("github");
    expect(message).toContain("403 (Resource not accessible by integration). Fix: ");
    expect(message).toContain("pull-requests: write");
    expect(message).toContain("fork");
    expect(standIn.writes).toHaveLength(1);
  });

  test("a 403 that is a limit on requests is waited out, and not taken for somebody else's comment", async () => {
    standIn.comments = [{ id: 6, body: `${marker}\nof yesterday`, author: ours }];
    standIn.instead.push({ on: /^PATCH/, reply: { status: 403, headers: { "retry-after": "3" } } });
    const reset = String(Math.floor(Date.now() / 1000) + 7200);
    await run("github");
    expect(bodies()).toEqual([report]);
    expect(waits).toEqual([3000]);
    const headers = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset };
    standIn.instead.push({ on: /^GET/, reply: { status: 403, headers } });
    expect(await failure("github")).toMatch(/too many requests, and it asks to wait 7\d{3} s/);
  });

  test("a next page on another host is refused: the token would go there", async () => {
    const headers = { link: '<https://elsewhere.test/comments?page=2>; rel="next"' };
    standIn.instead.push({ on: /^GET/, reply: { status: 200, content: [], headers } });
    expect(await failure("github")).toContain("its next page is elsewhere");
  });

  test.each(["infra", "acme/infra/x", "acme/in fra", "acme/infra?x"])(
    "--repository %j is refused",
    async (repository) => {
      expect(await failure("github", { options: { repository } })).toContain("--repository");
    },
  );
});

describe("on gitlab", () => {
  test("where only the job's own token is there, it says that this one cannot write notes", async () => {
    const message = await failure("gitlab", { env: { GITLAB_TOKEN: undefined } });
    expect(message).toMatch(/CI_JOB_TOKEN .* may read notes and not write them\. Fix: make a project access token/);
  });

  test("what GitLab itself notes is no comment of ours", async () => {
    standIn.comments = [{ id: 1, body: `${marker}\nx`, author: ours, system: true }];
    await run("gitlab");
    expect(bodies()).toEqual([`${marker}\nx`, report]);
  });

  test("a token that may not write is an error that says which one can", async () => {
    const content = { error: "insufficient_scope", error_description: "needs higher privileges" };
    standIn.instead.push({ on: /^POST/, reply: { status: 403, content } });
    expect(await failure("gitlab")).toMatch(/403 \(needs higher privileges\)\. Fix: .*scope api/);
  });

  test("outside a merge request pipeline it says how to get into one", async () => {
    expect(await failure("gitlab", { env: { CI_MERGE_REQUEST_IID: undefined } })).toContain("merge_request_event");
  });
});

test("outside the jobs that it knows, the forge has to be given", async () => {
  expect(await failure("github", { env: { GITHUB_ACTIONS: undefined } })).toMatch(
    /^--forge: .*neither .*Fix: give github or gitlab/,
  );
  expect(await failure("github", { env: { GITLAB_CI: "true" } })).toMatch(/^--forge: .*both /);
  expect(await failure("github", { options: { forge: "bitbucket" } })).toMatch(/^--forge bitbucket: is not known/);
});

test("a forge that cannot be reached is an error that names the address", async () => {
  const gone = new StandIn();
  await gone.start();
  const { url } = gone;
  await gone.stop();
  const message = await failure("github", { env: { GITHUB_API_URL: url } });
  expect(message).toContain(
    `GET ${url}/repos/acme/infra/issues/12/comments?per_page=100: no answer (ECONNREFUSED), 4 times`,
  );
});

describe("a cut", () => {
  const cut = (lines: readonly string[], longest: number) => cutToLength(lines.join("\n"), longest, "CUT");
  const filler = Array.from({ length: 50 }, () => "0123456789");

  test("closes a block of code with its own fence, and what is around it", () => {
    const text = cut(["M", "<details>", "<details>", "````json", "```", ...filler, "````"], 120);
    expect(text.length).toBeLessThanOrEqual(120);
    expect(text).toMatch(/0123456789\n````\n\n<\/details>\n\n<\/details>\n\nCUT\n$/);
  });

  test("takes what is closed for closed, and a fence's content for code", () => {
    const text = cut(["M", "<details>x</details>", "~~~", "<details>", "```", "~~~", ...filler], 120);
    expect(text).toMatch(/^M\n<details>x<\/details>\n~~~\n<details>\n```\n~~~\n(0123456789\n)+\nCUT\n$/);
  });

  test("leaves what fits as it is", () => {
    expect(cut(filler, 50 * 11 - 1)).toBe(filler.join("\n"));
    expect(cut(filler, 50 * 11 - 2)).toContain("CUT");
  });

  test("at any length fits, and is lines of the text, closed", () => {
    const lines = ["M", "a", "<details>", "```", "b", "```", "</details>", "```x", "c", "```", "<details>", ...filler];
    const whole = lines.join("\n");
    for (let longest = 40; longest < whole.length; longest++) {
      const text = cutToLength(whole, longest, "CUT");
      expect(text.length).toBeLessThanOrEqual(longest);
      const count = (pattern: RegExp) => text.match(pattern)?.length ?? 0;
      expect(count(/^```/gm) % 2).toBe(0);
      expect(count(/^<details>$/gm)).toBe(count(/^<\/details>$/gm));
    }
  });
});
