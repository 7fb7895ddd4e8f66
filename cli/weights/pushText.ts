import { money, toDollars, toText } from "../../pricing/money";
import { shippedPrices } from "../../pricing/snapshot";
import { GB } from "../../sizing/units";
import type { StackStore } from "../store/stackStore";
import { showBytes, showSeconds } from "./progress";
import type { PushRequest, PushResult } from "./push";
import { groupLeftOut, type LeftOut } from "./selection";

/** A push, and what is told of it. */
export interface PushReport {
  stack: StackStore;
  request: PushRequest;
  result: PushResult;
  chosenBy: string;
  warnings: readonly string[];
  seconds: number;
}

const sumOf = (files: readonly { size: number }[]) => files.reduce((total, { size }) => total + size, 0);

/** What a push does, before it does it. */
export function describeStart({ source, selection, store }: PushRequest, chosenBy: string): string[] {
  const { taken, leftOut } = selection;
  return [
    `${source.title} (by ${chosenBy}) -> s3://${store.bucket.name}/${store.prefix}/: ${countFiles(taken.length)}, ${showBytes(sumOf(taken))}`,
    ...describeLeftOut(leftOut),
  ];
}

function describeLeftOut(leftOut: readonly LeftOut[]): string[] {
  return groupLeftOut(leftOut).map(
    ({ why, paths, bytes }) => `left out, ${why}: ${shorten(paths)} (${showBytes(bytes)})`,
  );
}

/** What a push did. */
export function describeResult(report: PushReport): string[] {
  const { request, result, seconds, stack } = report;
  const { there, missing, others, sentBytes, manifestWasThere } = result;
  const where = `s3://${request.store.bucket.name}/${request.store.prefix}/`;
  if (request.dryRun) return describeDryRun(report);
  const stored = `${where} holds ${request.source.label}: ${countFiles(there.length + missing.length)}, ${showBytes(sumOf([...there, ...missing]))}`;
  const done =
    missing.length === 0
      ? `everything was there already${manifestWasThere ? ", and nothing was done" : "; the manifest was written"}`
      : `sent ${countFiles(missing.length)}, ${showBytes(sentBytes)} in ${showSeconds(seconds)}`;
  return [stored, done, ...describeOthers(others, request), ...describeCost(report, stack)];
}

function describeDryRun({ request, result, stack, ...report }: PushReport): string[] {
  const { there, missing, others } = result;
  return [
    ...missing.map(({ path, size }) => `would send ${path} (${showBytes(size)})`),
    `to send: ${countFiles(missing.length)}, ${showBytes(sumOf(missing))}; there already: ${countFiles(there.length)}, ${showBytes(sumOf(there))}`,
    ...describeOthers(others, request),
    ...describeCost({ request, result, stack, ...report }, stack),
  ];
}

function describeOthers(others: PushResult["others"], { deleteOthers, dryRun }: PushRequest): string[] {
  if (others.length === 0) return [];
  const listed = `${shorten(others.map(({ path }) => path))} (${showBytes(sumOf(others))})`;
  if (deleteOthers) return [`${dryRun ? "would remove" : "removed"} what is none of these: ${listed}`];
  return [`also there, and none of these: ${listed}; nodes copy them too. --delete-others removes them`];
}

function describeCost({ result }: PushReport, stack: StackStore): string[] {
  const cost = storageCost(stack, sumOf([...result.there, ...result.missing]));
  if (!cost) return [`storage: no price of S3 in ${stack.region} is known`];
  return [`storage: ${toDollars(cost.usd)} a month (S3 Standard, ${cost.region}, price of ${cost.asOf})`];
}

/** What keeping so many bytes costs a month, by the stack's prices. */
function storageCost({ region, args }: StackStore, bytes: number) {
  const prices = args.prices ?? shippedPrices();
  const row = prices.find({ cloud: "aws", sku: "s3.standard.storage", region }, true);
  return row && { usd: money(row.usd).times(bytes / GB), region: row.region, asOf: row.asOf };
}

/** A push as data. */
export function toDocument({ stack, request, result, chosenBy, warnings, seconds }: PushReport) {
  const { source, selection, store, dryRun, deleteOthers } = request;
  const { missing, there, others, sentBytes, manifestWasThere } = result;
  const cost = storageCost(stack, sumOf([...there, ...missing]));
  return {
    bucket: store.bucket.name,
    prefix: `${store.prefix}/`,
    region: stack.region,
    source: source.label,
    chosenBy,
    dryRun,
    files: selection.taken.length,
    bytes: sumOf(selection.taken),
    [dryRun ? "toSend" : "sent"]: missing.map(({ path, size }) => ({ path, size })),
    sentBytes,
    thereAlready: there.length,
    leftOut: groupLeftOut(selection.leftOut),
    others: others.map(({ path, size }) => ({ path, size })),
    othersRemoved: deleteOthers && !dryRun && others.length > 0,
    manifest: dryRun ? "untouched" : manifestWasThere ? "unchanged" : "written",
    storageMonthlyUsd: cost ? toText(cost.usd) : "unknown",
    warnings,
    seconds: Math.round(seconds),
  };
}

function countFiles(count: number): string {
  return count === 1 ? "1 file" : `${count} files`;
}

function shorten(paths: readonly string[]): string {
  const shown = paths.slice(0, 5).join(", ");
  return paths.length > 5 ? `${shown} and ${paths.length - 5} more` : shown;
}
