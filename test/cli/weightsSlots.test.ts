import { Slots } from "../../cli/weights/slots";

/** Tasks that run until they are told to end; which ones have begun, in order. */
function tasks(slots: Slots) {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  const start = (name: string) =>
    slots.run(name.slice(0, 1), async () => {
      begun.push(name);
      await new Promise<void>((end) => ends.set(name, end));
    });
  const settle = () => new Promise((done) => setImmediate(done));
  const end = async (name: string) => {
    ends.get(name)?.();
    await settle();
  };
  return { begun, start, end, settle };
}

test("so many run at a time; a free slot goes to the group that has the fewest, and there to the first that came", async () => {
  const { begun, start, end, settle } = tasks(new Slots(2, new AbortController().signal));
  const all = ["a1", "a2", "a3", "b1", "b2"].map(start);
  await settle();
  expect(begun).toEqual(["a1", "a2"]);
  await end("a1");
  expect(begun).toEqual(["a1", "a2", "b1"]);
  await end("b1");
  expect(begun).toEqual(["a1", "a2", "b1", "b2"]);
  await end("b2");
  expect(begun).toEqual(["a1", "a2", "b1", "b2", "a3"]);
  await end("a2");
  await end("a3");
  await Promise.all(all);
});

test("a task that fails gives its slot back", async () => {
  const slots = new Slots(1, new AbortController().signal);
  const failing = slots.run("a", () => Promise.reject(new Error("of the test")));
  await expect(failing).rejects.toThrow("of the test");
  await expect(slots.run("b", async () => "done")).resolves.toBe("done");
});

test("when the signal has come, what waits fails with its reason, and is not begun", async () => {
  const controller = new AbortController();
  const { begun, start, end, settle } = tasks(new Slots(1, controller.signal));
  const [first, second] = [start("a1"), start("a2")];
  await settle();
  controller.abort(new Error("enough"));
  const refused = expect(second).rejects.toThrow("enough");
  await end("a1");
  await refused;
  await first;
  expect(begun).toEqual(["a1"]);
});
