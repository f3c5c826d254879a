/** Refuse codes. The numbers are on the wire: never reuse one. */
const CODES = {
  version: 1,
  cluster: 2,
  epoch: 3,
  'wrong-node': 4,
  instance: 5,
  'stale-incarnation': 6,
  'unknown-node': 7,
  unauthenticated: 8,
  removed: 9,
} as const;

export type RefusalCode = keyof typeof CODES;

/** Why two nodes do not talk to each other. `text` is for people. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly text: string;
}

export const numberOf = (code: RefusalCode): number => CODES[code];

/** `undefined` for a number that no code has. */
export function codeOf(number: number): RefusalCode | undefined {
  return (Object.keys(CODES) as RefusalCode[]).find((name) => CODES[name] === number);
}
