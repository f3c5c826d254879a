import { styleText } from 'node:util';
import type { Moment } from './moment.ts';

const TIME_COLUMNS = 10;
const WHO_COLUMNS = 9;
const WIDTH_MIN = 60;

/** Where the lines of a timeline go. */
export interface Screen {
  write(text: string): void;
  /** Undefined: not a terminal; then there is no colour, and lines are as long as they are. */
  readonly columns: number | undefined;
}

/** Prints what happens, a line each. Many of the same in a row become one line with their number. */
export class Timeline {
  readonly #screen: Screen;
  #held: Moment | undefined;
  #folded = 0;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  add(moment: Moment): void {
    const held = this.#held;
    if (held !== undefined && held.who === moment.who && kindOf(held) === kindOf(moment)) {
      this.#folded += 1;
    } else {
      this.end();
    }
    this.#held = moment;
  }

  /** Prints what is held back. */
  end(): void {
    if (this.#held === undefined) return;
    const more = this.#folded === 0 ? '' : `  (the last of ${this.#folded + 1})`;
    this.#print({ ...this.#held, what: `${this.#held.what}${more}` });
    this.#held = undefined;
    this.#folded = 0;
  }

  #print({ atMs, who, what }: Moment): void {
    const time = `${(atMs / 1_000).toFixed(4)} s`.padStart(TIME_COLUMNS);
    const { columns } = this.#screen;
    const line = `${time}  ${who.padEnd(WHO_COLUMNS)} ${what}`;
    if (columns === undefined) return this.#screen.write(`${line}\n`);
    const width = Math.max(WIDTH_MIN, columns);
    const cut = line.length > width ? `${line.slice(0, width - 1)}…` : line;
    return this.#screen.write(`${coloured(who, what, cut)}\n`);
  }
}

/** The first word: what nodes tell of begins with its kind. */
const kindOf = ({ what }: Moment): string => /^[\w-]+/.exec(what)?.[0] ?? what;

function coloured(who: string, what: string, line: string): string {
  if (who.startsWith('fault')) return styleText('yellow', line);
  if (what.startsWith('leader')) return styleText('green', line);
  if (who === 'cluster') return styleText('bold', line);
  return who.startsWith('client') ? styleText('dim', line) : line;
}
