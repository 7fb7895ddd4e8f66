import type { Cloud } from "../provider";
import { compute } from "./compute";
import { loadBalancing } from "./loadBalancing";
import { lookups } from "./lookups";
import { lustre } from "./lustre";
import { naming } from "./naming";
import { network } from "./network";
import { observability } from "./observability";
import replacements from "./replacements.json";
import { reservations } from "./reservations";
import { services } from "./services";

export { firstImage } from "./lookups";

/** AWS as far as the clusters of this package see it: one row a kind, each with its source. */
export const aws: Cloud = {
  // The provider version whose inputs the rows are written for.
  version: "7.48.0",
  kinds: {
    ...network,
    ...compute,
    ...reservations,
    ...services,
    ...loadBalancing,
    ...naming,
    ...lustre,
    ...observability,
  },
  replacements,
  lookups,
};
