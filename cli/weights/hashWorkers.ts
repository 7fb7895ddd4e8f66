import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { type HashState, type HashStep, hashStep } from "./sha256";

/** One hash that is under way: what to tell when it is done. */
interface Waiting {
  step: HashStep;
  resolve(state: HashState): void;
  reject(error: Error): void;
}

/**
 * Threads that hash. A thread manages a few hundred MB/s, and the main one has connections to serve. Each step brings
 * its own state, so any thread can take any step.
 */
export class HashWorkers {
  private readonly idle: Worker[] = [];
  private readonly all: Worker[] = [];
  private readonly queue: Waiting[] = [];
  private readonly under = new Map<Worker, Waiting>();

  /** @param most threads at most; default: as many as the machine runs at once, up to 4 */
  constructor(private readonly most = Math.min(4, availableParallelism())) {}

  /** The state after a step. The bytes are copied, and remain the caller's. */
  run(step: HashStep): Promise<HashState> {
    return new Promise((resolve, reject) => {
      this.queue.push({ step, resolve, reject });
      this.serve();
    });
  }

  /** Ends all threads; steps that are under way fail. */
  async close(): Promise<void> {
    for (const { reject } of this.queue.splice(0)) reject(new Error("sha256: the hashing threads were ended"));
    await Promise.all([...this.all].map((worker) => worker.terminate()));
  }

  private serve(): void {
    if (this.queue.length === 0) return;
    const worker = this.idle.pop() ?? (this.all.length < this.most ? this.start() : undefined);
    const waiting = worker && this.queue.shift();
    if (!worker || !waiting) return;
    this.under.set(worker, waiting);
    worker.postMessage(waiting.step);
  }

  private start(): Worker {
    const worker = new Worker(workerText, { eval: true });
    worker.on("message", (state: HashState) => {
      this.under.get(worker)?.resolve(state);
      this.under.delete(worker);
      this.idle.push(worker);
      this.serve();
    });
    const fail = (error: Error) => {
      this.under.get(worker)?.reject(error);
      this.under.delete(worker);
    };
    worker.on("error", fail);
    worker.on("exit", () => {
      fail(new Error("sha256: the hashing thread ended"));
      this.all.splice(this.all.indexOf(worker), 1);
      // What waits for a thread gets another one.
      this.serve();
    });
    this.all.push(worker);
    return worker;
  }
}

// The function's own text: the command runs from JavaScript files and the tests from TypeScript, which a thread cannot
// load.
const workerText = `
const { parentPort } = require("node:worker_threads");
const hashStep = ${hashStep.toString()};
parentPort.on("message", (step) => parentPort.postMessage(hashStep(step)));
`;
