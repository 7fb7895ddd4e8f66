import { GB } from "../../sizing/units";
import type { ProgressOutput, World } from "../store/world";

/** How often a terminal's line is written anew, and over how long the rate is taken, milliseconds. */
const repaintMs = 500;
const windowMs = 60_000;
/** A rate of less time than this says nothing. */
const leastWindowMs = 5_000;

/** What of a push is done: one line that changes on a terminal, a line for each file elsewhere. */
export class Progress {
  private done = 0;
  private sent = 0;
  private painted = Number.NEGATIVE_INFINITY;
  private readonly samples: { at: number; sent: number }[];
  private readonly output: ProgressOutput;

  /** @param total bytes that will have arrived in the end */
  constructor(
    private readonly total: number,
    private readonly world: Pick<World, "progress" | "now">,
  ) {
    this.output = world.progress;
    this.samples = [{ at: world.now(), sent: 0 }];
  }

  /** Bytes are in the store: sent now, or there already. */
  arrived(bytes: number, sent: boolean): void {
    this.done += bytes;
    if (sent) this.sent += bytes;
    const at = this.world.now();
    this.samples.push({ at, sent: this.sent });
    while (this.samples.length > 2 && at - (this.samples[0]?.at ?? at) > windowMs) this.samples.shift();
    if (this.output.isTerminal && at - this.painted >= repaintMs) this.paint(at);
  }

  /** A file is in the store whole. */
  finished(path: string, bytes: number): void {
    if (!this.output.isTerminal) this.output.write(`${path} (${showBytes(bytes)}): ${this.describe()}\n`);
  }

  /** Leaves the terminal's line, so that what follows begins a new one. */
  end(): void {
    if (this.output.isTerminal && Number.isFinite(this.painted)) this.output.write("\n");
  }

  private paint(at: number): void {
    this.painted = at;
    this.output.write(`\r\u001b[K${this.describe().slice(0, Math.max(20, this.output.columns - 1))}`);
  }

  private describe(): string {
    const share = this.total === 0 ? 100 : Math.floor((100 * this.done) / this.total);
    const rate = this.bytesPerSecond();
    const left = rate > 0 ? `, ${showBytes(rate)}/s, ${showSeconds((this.total - this.done) / rate)} left` : "";
    return `${showBytes(this.done)} of ${showBytes(this.total)} (${share} %)${left}`;
  }

  private bytesPerSecond(): number {
    const [first, last] = [this.samples[0], this.samples.at(-1)];
    if (!first || !last || last.at - first.at < leastWindowMs) return 0;
    return (1000 * (last.sent - first.sent)) / (last.at - first.at);
  }
}

/** Bytes for a person, in the decimal units of disks and networks. */
export function showBytes(bytes: number): string {
  if (bytes >= 1000 * GB) return `${(bytes / (1000 * GB)).toFixed(2)} TB`;
  if (bytes >= GB) return `${(bytes / GB).toFixed(1)} GB`;
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(1)} MB`;
  if (bytes >= 1000) return `${(bytes / 1000).toFixed(1)} kB`;
  return bytes === 1 ? "1 byte" : `${Math.round(bytes)} bytes`;
}

/** A length of time for a person: `45 s`, `12 min`, `3 h 05 min`, `2 d 4 h`. */
export function showSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 90) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, "0")} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
