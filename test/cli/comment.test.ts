import { both, marker, ours, report, somebody, token, useStandIn } from "../support/forges";

const quietReport = `${marker}\n<!-- llm-cluster:unchanged -->\nNothing costs more or less.\n`;
const { standIn, waits, run, failure, bodies } = useStandIn();

describe.each(both)("on %s", (forge) => {
  test("the first run posts one comment and says where", async () => {
    standIn.comments = [{ id: 1, body: "Looks good", author: somebody }];
    const said = await run(forge);
    expect(bodies()).toEqual(["Looks good", report]);
    expect(said).toMatch(/request 12 of acme\/infra: posted https:.*12#(note_)?\d+$/);
  });

  test("a later run updates it in place, on whichever page it is", async () => {
    const others = [1, 2, 3, 4, 5].map((id) => ({ id, body: `comment ${id}`, author: somebody }));
    standIn.comments = [...others, { id: 6, body: `${marker}\nof yesterday\n`, author: ours }];
    expect(await run(forge)).toMatch(/updated https:.*12#(note_)?6$/);
    expect(bodies()).toEqual([...others.map(({ body }) => body), report]);
    expect(standIn.requests.filter((request) => /^GET .*(comments|notes)/.test(request))).toHaveLength(3);
    expect(standIn.writes).toHaveLength(1);
  });

  test("what stands there already is not sent again, whatever its line ends", async () => {
    standIn.comments = [{ id: 6, body: report.trimEnd().replaceAll("\n", "\r\n"), author: ours }];
    expect(await run(forge)).toContain("unchanged");
    expect(standIn.writes).toEqual([]);
  });

  test("only a comment that starts with exactly this marker is taken for the earlier one", async () => {
    const near = [
      `<!-- llm-cluster:cost-diff prod -->\nof another tag\n`,
      `> ${marker}\nquoted\n`,
      `\n${marker}\nbelow`,
      `${marker} and more\n`,
    ];
    standIn.comments = near.map((body, index) => ({ id: index + 1, body, author: ours }));
    await run(forge);
    expect(bodies()).toEqual([...near, report]);
  });

  test("a tag keeps two reports of one request apart", async () => {
    const tagged = report.replace("cost-diff", "cost-diff preview");
    await run(forge);
    await run(forge, { text: tagged });
    await run(forge, { text: `${tagged}more\n` });
    expect(bodies()).toEqual([report, `${tagged}more\n`]);
  });

  test.each([true, false])(
    "somebody else's comment with our marker is left alone (forge says who we are: %s)",
    async (known) => {
      standIn.knowsUs = known;
      standIn.comments = [{ id: 1, body: `${marker}\nAll is free`, author: somebody }];
      // GitLab's PUT is refused to all but the author; GitHub's is allowed to who may write.
      if (forge === "gitlab") standIn.instead.push({ on: /^PUT/, reply: { status: 403, content: {} } });
      await run(forge);
      expect(bodies()).toEqual([`${marker}\nAll is free`, report]);
    },
  );

  test.each([403, 404])("a comment whose change is refused with %i is left, and a new one posted", async (status) => {
    standIn.knowsUs = true;
    standIn.comments = [{ id: 1, body: `${marker}\nof yesterday`, author: ours }];
    standIn.instead.push({ on: /^(PATCH|PUT)/, reply: { status, content: { message: "no" } } });
    expect(await run(forge)).toContain("posted");
    expect(bodies()).toEqual([`${marker}\nof yesterday`, report]);
  });

  test("where nothing changes in cost, no comment is made, but one that is there is updated", async () => {
    expect(await run(forge, { text: quietReport })).toContain("none is posted");
    expect(standIn.writes).toEqual([]);
    standIn.comments = [{ id: 6, body: report, author: ours }];
    await run(forge, { text: quietReport });
    expect(bodies()).toEqual([quietReport]);
  });

  test("a dry run reads, says what it would do, and posts nothing", async () => {
    expect(await run(forge, { options: { dryRun: true } })).toContain("would post a new comment");
    standIn.comments = [{ id: 6, body: `${marker}\nof yesterday`, author: ours }];
    expect(await run(forge, { options: { dryRun: true } })).toContain("would update");
    expect(standIn.writes).toEqual([]);
  });

  test("options win over what the job says", async () => {
    const wrong = { CI_MERGE_REQUEST_PROJECT_ID: "no/such", GITHUB_REPOSITORY: "no/such", CI_MERGE_REQUEST_IID: "99" };
    const env = { ...wrong, GITHUB_REF: "refs/pull/99/merge" };
    await run(forge, { env, options: { forge, repository: "acme/infra", pullRequest: "12" } });
    expect(bodies()).toEqual([report]);
  });

  test("faults that pass are waited out, longer each time, and as long as the forge asks", async () => {
    standIn.instead.push({ on: /^GET/, reply: { status: 502 } });
    standIn.instead.push({ on: /^GET/, reply: { status: 0, dropped: true } });
    standIn.instead.push({ on: /^GET/, reply: { status: 429, headers: { "retry-after": "17" } } });
    await run(forge);
    expect(waits).toEqual([1000, 2000, 17_000]);
    expect(bodies()).toEqual([report]);
  });

  test("a fault that stays is an error after four tries", async () => {
    for (let count = 0; count < 9; count++) standIn.instead.push({ on: /^GET/, reply: { status: 503 } });
    expect(await failure(forge)).toMatch(/^GET http.*: 503, 4 times/);
    expect(standIn.requests).toHaveLength(4);
  });

  test("nobody waits an hour for a limit on requests", async () => {
    standIn.instead.push({ on: /^GET/, reply: { status: 429, headers: { "retry-after": "3600" } } });
    expect(await failure(forge)).toMatch(/429, too many requests, and it asks to wait 3600 s/);
    expect(waits).toEqual([]);
  });

  test.each([
    ["the answer is lost", { status: 0, lost: true }, 1],
    ["the connection breaks", { status: 0, dropped: true }, 2],
    ["the forge has a fault", { status: 500 }, 2],
    ["there are too many requests", { status: 429 }, 2],
  ])("one comment is posted, and not two, when %s", async (_, reply, posts) => {
    standIn.instead.push({ on: /^POST/, reply });
    await run(forge);
    expect(bodies()).toEqual([report]);
    expect(standIn.writes).toHaveLength(posts);
  });

  test("a token that the forge refuses is an error that says so", async () => {
    const wrong = { GITHUB_TOKEN: "expired", GITLAB_TOKEN: "expired" };
    expect(await failure(forge, { env: wrong })).toMatch(/401 \(Bad credentials\)\. Fix: .*(token|TOKEN)/);
    expect(standIn.requests).toHaveLength(1);
  });

  test("a request or repository that is not there is an error that names its address", async () => {
    const message = await failure(forge, { options: { pullRequest: "13" } });
    expect(message).toMatch(
      /^GET http:.*\/13\/.*: 404 \(Not Found\)\. Fix: check the (repository|project) and the number/,
    );
  });

  test("a forge that repeats the token in what it says does not get it printed", async () => {
    const content = { message: `token ${token} is bad` };
    standIn.instead.push({ on: /^GET/, reply: { status: 400, content } });
    expect(await failure(forge)).toContain("token *** is bad");
  });

  test("a redirect is not followed: the token would go along", async () => {
    const headers = { location: `${standIn.url}/elsewhere` };
    standIn.instead.push({ on: /^GET/, reply: { status: 301, headers } });
    expect(await failure(forge)).toContain("301");
    expect(standIn.requests).toHaveLength(1);
  });

  test("a page that is no list, such as that of a proxy, is an error", async () => {
    standIn.instead.push({ on: /^GET/, reply: { status: 200, content: { hello: "there" } } });
    expect(await failure(forge)).toContain("the answer is not a list");
  });

  test("a report that is too long is cut at a line and says so; posted again it is the same", async () => {
    const longest = forge === "github" ? 65_536 : 1_000_000;
    const row = `| a resource with a name | $1 |`;
    const text = `${report}<details><summary>all</summary>\n\n${`${row}\n`.repeat(40_000)}</details>\n`;
    await run(forge, { text });
    const [posted = ""] = bodies();
    expect(posted.length).toBeLessThanOrEqual(longest);
    expect(posted.length).toBeGreaterThan(longest - 500);
    const sentence = /^_Cut here: the report has 1,\d{3},\d{3} characters.*at most (65,536|1,000,000)\..*cost\.md\._$/;
    expect(posted.split("\n").slice(-6)).toEqual([row, "", "</details>", "", expect.stringMatching(sentence), ""]);
    expect(await run(forge, { text })).toContain("unchanged");
  });

  test.each([
    ["without a marker", "## Cost\n"],
    ["whose marker is not first", `\n${report}`],
    ["that is empty", ""],
  ])("a file %s is refused before anything is asked", async (_, text) => {
    expect(await failure(forge, { text })).toMatch(/cost\.md: its first line is not a marker.*--format markdown/);
    expect(standIn.requests).toEqual([]);
  });

  test.each(["0", "12x", "../3", "", "-1", "1.5"])("--pull-request %j is refused", async (pullRequest) => {
    expect(await failure(forge, { options: { pullRequest } })).toContain("--pull-request");
    expect(standIn.requests).toEqual([]);
  });

  test("without a token it says which variable to set", async () => {
    const message = await failure(forge, { env: { GITHUB_TOKEN: "", GITLAB_TOKEN: "" } });
    expect(message).toContain(forge === "github" ? "GITHUB_TOKEN: is not set" : "GITLAB_TOKEN: is not set");
  });

  test("a token with a line break in it is refused without being shown", async () => {
    const broken = `${token}\nx`;
    expect(await failure(forge, { env: { GITHUB_TOKEN: broken, GITLAB_TOKEN: broken } })).toContain(
      "_TOKEN: has characters",
    );
  });

  test("an address with a password in it is refused without being shown", async () => {
    const url = "https://me:hunter2@forge.test";
    const message = await failure(forge, { env: { GITHUB_API_URL: url, CI_API_V4_URL: url } });
    expect(message).toMatch(/^(GITHUB_API_URL|CI_API_V4_URL): is not the plain address/);
    expect(message).not.toContain("hunter2");
  });
});
