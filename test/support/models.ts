import { models } from "../../sizing/catalogue";
import type { Model } from "../../sizing/model";

/** A model of the catalogue; a test that names none that there is fails here. */
export function modelOf(id: string): Model {
  const model = models.find((row) => row.id === id);
  if (!model) throw new Error(`no model ${id}`);
  return model;
}
