import { findKind, pricedClouds } from "./clouds";
import type { PricingContext } from "./lines";
import { isHidden, type ResourceGraph, type ResourceRecord, readUrn, textIn } from "./records";

/** Finds the region of each resource of a graph, and counts how often nothing but the fallback told it. */
export interface RegionLookup {
  of: PricingContext["regionOf"];
  fallbacks(): number;
}

/**
 * A resource's region is what it says itself, else its provider's, else the fallback. A provider that the program made
 * itself may be of any region: where the document leaves it out, the fallback would be a guess, and is not taken.
 */
export function regionLookup(graph: ResourceGraph, fallback: string | undefined): RegionLookup {
  const fallenBack = new Set<string>();
  return {
    of: (record) => {
      const cloud =
        findKind(record.type)?.cloud ?? pricedClouds.find(({ typePrefix }) => record.type.startsWith(typePrefix));
      if (!cloud) return { reason: "its cloud is not known" };
      const own = cloud.regionOf(record);
      if (own !== undefined) return { region: own };
      if (cloud.isRegionHidden(record)) return { reason: "its region is not known before the update" };
      const provider = providerOf(record);
      const made = provider === undefined ? undefined : graph.find(provider);
      const region = textIn(made?.inputs, "region");
      if (region !== undefined) return { region };
      if (isHidden(made?.inputs, "region")) return { reason: "its provider's region is not known before the update" };
      if (provider && !made && !isDefaultProvider(provider)) {
        return { reason: `its region is that of provider ${readUrn(provider)?.name}, which is not in this document` };
      }
      if (fallback === undefined) {
        return { reason: `the resource names no region, and the stack has no ${cloud.regionSetting}` };
      }
      fallenBack.add(record.urn);
      return { region: fallback };
    },
    fallbacks: () => fallenBack.size,
  };
}

/** The provider's URN, without its id. */
function providerOf({ provider }: ResourceRecord): string | undefined {
  return provider?.split("::").slice(0, 4).join("::");
}

function isDefaultProvider(urn: string): boolean {
  // The engine names it after the plugin's version: default_7_48_0.
  return /^default(_\d+_\d+_\d+.*)?$/.test(readUrn(urn)?.name ?? "");
}
