/** A task that waits for a slot, and whom it is for. */
interface Waiting {
  group: string;
  start(): void;
}

/**
 * Lets so many tasks run at a time. A free slot goes to the group, a file, that has the fewest, and within a group to
 * whoever came first: a file's parts are hashed in order, so files side by side keep several threads busy.
 */
export class Slots {
  private readonly queue: Waiting[] = [];
  /** Tasks that run, by group. */
  private readonly running = new Map<string, number>();
  private free: number;

  constructor(
    count: number,
    private readonly signal: AbortSignal,
  ) {
    this.free = count;
  }

  /** Runs the task when a slot is free; rejects without running it when the signal has come by then. */
  async run<Result>(group: string, task: () => Promise<Result>): Promise<Result> {
    await new Promise<void>((start) => {
      this.queue.push({ group, start });
      this.fill();
    });
    try {
      this.signal.throwIfAborted();
      return await task();
    } finally {
      this.count(group, -1);
      this.fill();
    }
  }

  private fill(): void {
    while (this.free > 0 && this.queue.length > 0) {
      let next = 0;
      for (const [index, { group }] of this.queue.entries())
        if (this.of(group) < this.of(this.queue[next]?.group ?? "")) next = index;
      const [waiting] = this.queue.splice(next, 1);
      if (!waiting) return;
      this.count(waiting.group, 1);
      waiting.start();
    }
  }

  private of(group: string): number {
    return this.running.get(group) ?? 0;
  }

  private count(group: string, change: 1 | -1): void {
    this.free -= change;
    const now = this.of(group) + change;
    if (now === 0) this.running.delete(group);
    else this.running.set(group, now);
  }
}
