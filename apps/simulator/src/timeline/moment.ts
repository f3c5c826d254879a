/** Something that happened in a simulated cluster, in words. */
export interface Moment {
  /** Simulated ms. */
  readonly atMs: number;
  /** `node 3`, `client-1`, `fault 12`, `cluster`. */
  readonly who: string;
  readonly what: string;
}

export type Log = (moment: Moment) => void;
