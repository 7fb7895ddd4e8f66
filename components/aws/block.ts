import { isZoneId } from "../../sizing/places";
import type { Problem } from "../../sizing/problems";
import { throwProblems } from "./errors";
import type { AwsLayout } from "./plan/layout";

/** What AWS says of a capacity block, as far as a cluster cares. */
export interface DescribedBlock {
  id: string;
  instanceType: string;
  instanceCount: number;
  availabilityZone: string;
  availabilityZoneId: string;
  state: string;
  endDate: string;
}

/** States of a block whose machines can be had, now or later (EC2 API, CapacityReservationState). */
const living = ["active", "scheduled", "payment-pending", "assessing", "delayed"];

/** A block of another machine, place or size, or one that is over, ends the update before a machine is asked for. */
export function checkBlock<B extends DescribedBlock>(block: B, layout: AwsLayout): B {
  const { instanceType, instanceCount, availabilityZone, availabilityZoneId, state, endDate } = block;
  const { plan, zoneName } = layout;
  const problems: Problem[] = [];
  const report = (message: string, fix: string) =>
    problems.push({ path: "decision.capacity.reservationId", value: block.id, message, fix });
  if (instanceType !== plan.machine) {
    report(
      `is a block of ${instanceType}, and the plan is for ${plan.machine}`,
      `set decision.machine to ${instanceType}, or name another block`,
    );
  }
  const zone = isZoneId(zoneName) ? availabilityZoneId : availabilityZone;
  if (zone !== zoneName) {
    report(
      `is in ${availabilityZone} (${availabilityZoneId}), and decision.zone is ${zoneName}`,
      `set decision.zone to ${availabilityZoneId}`,
    );
  }
  if (instanceCount < plan.nodes) {
    report(
      `has ${instanceCount} machines, and the plan takes ${plan.nodes}`,
      "name a larger block, or plan for fewer machines",
    );
  }
  if (!living.includes(state)) {
    report(`is ${state}; it ended on ${endDate}`, "name the block that follows it, or destroy the stack");
  }
  if (problems.length > 0) throwProblems("the capacity block", problems);
  return block;
}
