import { money } from "../money";
import { asNumber, asRate, count } from "./arithmetic";
import { type HiddenIdea, notStated, unknownCost } from "./hiddenCost";
import { originOf } from "./metered";

/**
 * Old and new machines billed side by side. A cluster's own machines are deleted before they are replaced, so that this
 * is for a second cluster that is brought up beside the first, or for machines that are managed otherwise.
 */
export const replacementSurge: HiddenIdea = ({ name, machines }, { replacementsPerMonth = 0, surgeMinutes }) => {
  if (replacementsPerMonth === 0) return [];
  const subject = { cluster: name, key: "surge", what: "old and new machine together", within: "beside" } as const;
  if (surgeMinutes === undefined) return [notStated(subject, "--surge-minutes")];
  const { price, machine, unknownBecause } = machines;
  if (!price) return [unknownCost(subject, unknownBecause ?? "the price of a machine is not known")];
  return [
    {
      ...subject,
      arithmetic: `${count(replacementsPerMonth, "replacement")} x ${asNumber(surgeMinutes)} min / 60 x ${machine} x ${asRate(price.usd)}`,
      monthlyUsd: money(price.usd).times(replacementsPerMonth).times(surgeMinutes).div(60),
      ...originOf(price),
      assumption: false,
    },
  ];
};
