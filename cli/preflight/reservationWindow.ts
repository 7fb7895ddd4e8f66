import type { CapacityReservation } from "@aws-sdk/client-ec2";
import { type Finding, findingsOf } from "./finding";
import { minutesUntil, showTime } from "./times";

const say = findingsOf("reservation");

/** Machines in a capacity block are terminated from this many minutes before its end (EC2 guide, "Capacity Blocks for ML"). */
const terminationMinutes = 30;
/** A day: what is served for less than that is worth a word. */
const soonMinutes = 24 * 60;

// What each state that is not active means (DescribeCapacityReservations, State).
const notYet: Readonly<Record<string, string>> = {
  assessing: "AWS has not yet agreed to it",
  scheduled: "it has not started",
  delayed: "AWS could not deliver it in time",
  "payment-pending": "it is not paid yet",
};

/** Whether a reservation holds capacity now, and for how long. */
export function judgeWindow(reservation: CapacityReservation, now: Date): Finding[] {
  const { CapacityReservationId: id, State = "unknown", StartDate } = reservation;
  if (State === "active") return [judgeEnd(reservation, now)];
  if (State === "pending") {
    const meaning = "it may hold capacity already: AWS takes up to five minutes to say so";
    return [say.warns(`${id} is pending`, meaning, "ask again in a minute")];
  }
  const meaning = notYet[State];
  if (meaning === undefined) {
    const fix = "name a reservation that is active";
    return [say.fails(`${id} is ${State}`, "it holds no capacity, and will not again", fix)];
  }
  const starts = StartDate === undefined ? "" : `; it starts ${showTime(StartDate)}`;
  const fix = `run pulumi up when it is active${StartDate === undefined ? "" : `, from ${showTime(StartDate)} on`}`;
  return [say.fails(`${id} is ${State}${starts}`, `${meaning}, and no machine starts in it before`, fix)];
}

/** A block's machines end with it, half an hour before; in any other reservation they go on, on demand. */
function judgeEnd({ CapacityReservationId: id, EndDate, ReservationType }: CapacityReservation, now: Date): Finding {
  if (EndDate === undefined) return say.ok(`${id} is active, without an end`);
  const left = minutesUntil(EndDate, now);
  const fact = `${id} is active until ${showTime(EndDate)}`;
  if (ReservationType !== "capacity-block") {
    const meaning = "machines go on running then, on demand, and one that is replaced finds no slot";
    return left > soonMinutes ? say.ok(fact) : say.warns(fact, meaning, "move its end, or name another reservation");
  }
  if (left <= terminationMinutes) {
    const meaning = `AWS terminates its machines from ${terminationMinutes} minutes before the end on`;
    return say.fails(fact, meaning, "extend the block before it ends, or name another one");
  }
  const last = showTime(new Date(EndDate.getTime() - terminationMinutes * 60_000));
  if (left <= soonMinutes) return say.warns(fact, `its machines are terminated from ${last} on`, "extend the block");
  return say.ok(`${fact}; its machines are terminated from ${last} on`);
}
