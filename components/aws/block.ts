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
  startDate: string;
  endDate: string;
}

/** What a block is known by as soon as it is bought: its zone by name alone, and no state yet. */
export type BoughtBlock = Omit<DescribedBlock, "availabilityZoneId" | "state" | "startDate">;

/** A block of another machine, place or size, or one that has not begun or is over, ends the update before a machine is asked for. */
export function checkBlock<B extends DescribedBlock>(block: B, layout: AwsLayout): B {
  const problems = findProblems(block, layout);
  const { id, state, startDate, endDate } = block;
  if (state !== "active") {
    const isOver = ["expired", "cancelled", "failed", "payment-failed", "unsupported"].includes(state);
    problems.push({
      path,
      value: id,
      message: `is ${state}; it is from ${startDate} to ${endDate}, and has no machines before and after`,
      fix: isOver ? "name the block that follows it, or destroy the stack" : "update when it has begun",
    });
  }
  if (problems.length > 0) throwProblems("the capacity block", problems);
  return block;
}

/** The same of a block that the stack has bought, whose offering may have been of something else. */
export function checkBought<B extends BoughtBlock>(block: B, layout: AwsLayout): B {
  const problems = findProblems(block, layout);
  if (problems.length > 0) throwProblems("the capacity block that was bought", problems);
  return block;
}

const path = "decision.capacity.reservationId";

function findProblems(block: BoughtBlock & Partial<DescribedBlock>, { plan, zoneName }: AwsLayout): Problem[] {
  const { instanceType, instanceCount, availabilityZone, availabilityZoneId } = block;
  const problems: Problem[] = [];
  const report = (message: string, fix: string) => problems.push({ path, value: block.id, message, fix });
  if (instanceType !== plan.machine) {
    report(
      `is a block of ${instanceType}, and the plan is for ${plan.machine}`,
      `set decision.machine to ${instanceType}, or name another block`,
    );
  }
  const zone = isZoneId(zoneName) ? availabilityZoneId : availabilityZone;
  if (zone !== undefined && zone !== zoneName) {
    const shown = availabilityZoneId === undefined ? availabilityZone : `${availabilityZone} (${availabilityZoneId})`;
    report(`is in ${shown}, and decision.zone is ${zoneName}`, `set decision.zone to ${zone}`);
  }
  if (instanceCount < plan.nodes) {
    report(
      `has ${instanceCount} machines, and the plan takes ${plan.nodes}`,
      "name a larger block, or plan for fewer machines",
    );
  }
  return problems;
}
