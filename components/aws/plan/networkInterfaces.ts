import type { AwsInstanceType } from "../../../sizing/machinesAws";

/** One network interface of a launch template: where it sits, and whether it carries IP, EFA or both. */
export interface NetworkInterfacePlan {
  networkCardIndex: number;
  deviceIndex: number;
  interfaceType: "interface" | "efa" | "efa-only";
}

/**
 * Every interface that a machine can use, by the rule of the EC2 guide "Maximize network bandwidth on instances with
 * multiple network cards": a plain ENA primary on card 0; beside it an efa-only interface if card 0 takes EFA; and one
 * efa-only interface, device 0, on every other card. EFA-only interfaces take no IP address, so a node takes one.
 *
 * Whether card 0 takes EFA follows from the counts, as ParallelCluster's add_network_interfaces has it: a machine with
 * fewer EFA interfaces than cards (p6-b300) has none on card 0. A card 0 with room for one interface only gets the
 * combined kind.
 */
export function layoutNetworkInterfaces({ NetworkInfo }: AwsInstanceType): NetworkInterfacePlan[] {
  const primary = { networkCardIndex: 0, deviceIndex: 0 };
  if (!NetworkInfo.EfaSupported) return [{ ...primary, interfaceType: "interface" }];
  const { NetworkCards, MaximumNetworkCards, EfaInfo } = NetworkInfo;
  const firstCardTakesEfa = EfaInfo.MaximumEfaInterfaces === MaximumNetworkCards;
  const roomOnFirstCard = NetworkCards.find((card) => card.NetworkCardIndex === 0)?.MaximumNetworkInterfaces ?? 1;
  const others = NetworkCards.filter((card) => card.NetworkCardIndex > 0).map(
    (card): NetworkInterfacePlan => ({
      networkCardIndex: card.NetworkCardIndex,
      deviceIndex: 0,
      interfaceType: "efa-only",
    }),
  );
  if (!firstCardTakesEfa) return [{ ...primary, interfaceType: "interface" }, ...others];
  if (roomOnFirstCard < 2) return [{ ...primary, interfaceType: "efa" }, ...others];
  return [
    { ...primary, interfaceType: "interface" },
    { networkCardIndex: 0, deviceIndex: 1, interfaceType: "efa-only" },
    ...others,
  ];
}
