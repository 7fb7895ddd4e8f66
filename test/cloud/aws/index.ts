import type { Cloud } from "../provider";
import { compute } from "./compute";
import { network } from "./network";
import replacements from "./replacements.json";
import { services } from "./services";

/** The newest image of the account, until a test says otherwise. */
export const firstImage = "ami-0aaaaaaaaaaaaaaa1";

/** AWS as far as the clusters of this package see it: one row a kind, each with its source. */
export const aws: Cloud = {
  // The provider version whose inputs the rows are written for.
  version: "7.48.0",
  kinds: { ...network, ...compute, ...services },
  replacements,
  lookups: {
    "aws:ssm/getParameter:getParameter": ({ name }, world) => {
      const value = world.read().facts[String(name)] ?? firstImage;
      return {
        arn: `arn:aws:ssm:us-east-1::parameter${name}`,
        id: name,
        name,
        type: "String",
        insecureValue: value,
        value,
        version: 1,
      };
    },
  },
};
