import { existsSync } from "node:fs";
import { weightsPrefixOf } from "../../serving/release";
import { UserError } from "../output";
import type { StackStore } from "../store/stackStore";
import type { World } from "../store/world";
import { openFolder } from "./folderSource";
import { openHub, type Repository, readHub, readRepository } from "./hubSource";
import type { Source } from "./source";

/** A source, and who named it. */
export interface ChosenSource {
  source: Source;
  /** For a person: `--from`, the stack file, or the catalogue. */
  chosenBy: string;
}

/** Opens what `--from` names; without it the stack file's repository, else the catalogue's first. Throws a UserError. */
export async function chooseSource(
  { from, hub }: { from?: string; hub?: string },
  stack: StackStore,
  world: World,
  signal: AbortSignal,
): Promise<ChosenSource> {
  const open = (repository: Repository) => openHub(repository, readHub(hub, world), world, signal);
  if (from === undefined) {
    const { repository, chosenBy } = usualRepository(stack);
    return { source: await open(repository), chosenBy };
  }
  const chosenBy = "--from";
  const name = /^hf:(?:\/\/)?(.*)$/.exec(from)?.[1];
  if (name !== undefined) return { source: await open(readRepository(name, "--from")), chosenBy };
  if (existsSync(from)) return { source: openFolder(from), chosenBy };
  const meant = /^[\w.-]+\/[\w.-]+(@.+)?$/.test(from) ? `, or hf:${from} for the repository of that name` : "";
  throw new UserError(`--from ${from}: there is no such folder. Fix: give the path of one${meant}`);
}

function usualRepository({ args, layout, project }: StackStore): { repository: Repository; chosenBy: string } {
  const { huggingFaceRepository: name, huggingFaceRevision: revision } = args.storage ?? {};
  if (name !== undefined)
    return { repository: { name, revision }, chosenBy: `storage.huggingFaceRepository of ${project.stackFile}` };
  const [first] = args.resolved.checkpoint.repositories;
  if (first !== undefined) return { repository: { name: first }, chosenBy: "the catalogue" };
  const { model, precision } = layout.plan.decision;
  throw new UserError(
    `--from: is not given, and the catalogue has no published checkpoint of ${model} in ${precision}. Fix: give hf:REPOSITORY, or a folder with the weights of ${weightsPrefixOf(layout.plan)}`,
  );
}
