/** What the account is and has, beside what stacks made in it. A test sets what it asks about; the rest is as it says here. */
export interface Account {
  /** The time in the account, ISO 8601. Default: the clock's. */
  now?: string;
  /**
   * Reservations and capacity blocks of others, by id, and groups of them by ARN. Default: whichever is asked for is
   * there, active, and of the type, zone and number that are wanted. Once any is set, those that are not do not exist.
   */
  reservations?: Readonly<Record<string, ReservationFacts>>;
  /** Capacity block offerings by id. Default: as for reservations. */
  offerings?: Readonly<Record<string, BlockFacts>>;
  /** Machines that AWS can start at all, by type and zone id: `p5.48xlarge use1-az6`. Default: as many as are asked for. */
  capacity?: Readonly<Record<string, number>>;
  /** vCPUs of P machines that the account may run on demand, unused reservations included. Default: no limit. */
  onDemandVcpus?: number;
  /** vCPUs of P machines that the account may run on the spot market. Default: no limit. */
  spotVcpus?: number;
  /** Zone ids that have a type. Default: those of the recorded offerings. */
  zoneIds?: Readonly<Record<string, readonly string[]>>;
}

/** A capacity block, bought or offered. */
export interface BlockFacts {
  instanceType: string;
  zoneId: string;
  instanceCount: number;
  /** ISO 8601. */
  startDate?: string;
  /** ISO 8601. EC2 begins to terminate its machines 30 minutes before. */
  endDate?: string;
}

export interface ReservationFacts extends BlockFacts {
  kind: "block" | "reservation";
  /** Default: active. */
  state?: string;
  /** Whether any matching machine takes its slots, or only one that names it. Default: only one that names it. */
  open?: boolean;
  /** Slots that others have taken. Default: 0. */
  used?: number;
  /** The cluster placement group that it was made in. */
  placementGroup?: string;
}

export function timeIn({ now }: Account): number {
  return now === undefined ? Date.now() : Date.parse(now);
}
