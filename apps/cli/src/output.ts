import Table from 'cli-table3';
import pc from 'picocolors';
import { type Io, write } from './io.ts';

/** What `-o` takes. */
export const outputFormats = ['table', 'json', 'jsonl'] as const;

export type OutputFormat = (typeof outputFormats)[number];

type Colors = ReturnType<typeof pc.createColors>;

/** One column of records, as a person sees it. */
export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  /** Colors a cell on a terminal. */
  readonly color?: (row: Row, colors: Colors) => (text: string) => string;
}

/**
 * Writes records in the format that was asked for, or by default a table on a terminal and plain lines
 * elsewhere: one record a line, its columns separated by tabs, without a heading.
 */
export class Output {
  readonly #io: Io;
  readonly #format: OutputFormat | undefined;
  readonly #colors: Colors;

  constructor(io: Io, format: OutputFormat | undefined) {
    this.#io = io;
    this.#format = format;
    const noColor = (io.env['NO_COLOR'] ?? '') !== '';
    this.#colors = pc.createColors(io.isTerminal.stdout && !noColor);
  }

  /** Whether a person reads along, and no format for programs was asked for. */
  get isForPeople(): boolean {
    return this.#io.isTerminal.stdout && (this.#format ?? 'table') === 'table';
  }

  /** Writes all records at once. */
  async records<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): Promise<void> {
    if (this.#format === 'json') return this.#line(json(rows, 2));
    if (this.#format === 'jsonl') {
      return this.text(rows.map((row) => `${json(row)}\n`).join(''));
    }
    if (this.#format === 'table' || this.#io.isTerminal.stdout) {
      return this.#line(this.#table(rows, columns));
    }
    const line = (row: Row): string => columns.map((c) => onOneLine(c.text(row))).join('\t');
    return this.text(rows.map((row) => `${line(row)}\n`).join(''));
  }

  /** Writes one object: as it is for programs, as `rows` for people and for lines. */
  async object<Row>(
    value: object,
    rows: readonly Row[],
    columns: readonly Column<Row>[],
  ): Promise<void> {
    if (this.#format === 'json') return this.#line(json(value, 2));
    if (this.#format === 'jsonl') return this.#line(json(value));
    await this.records(rows, columns);
  }

  /** Home, and clear to the end: what follows is drawn over what was there. Only for a person. */
  async clear(): Promise<void> {
    if (this.isForPeople) await this.text('\u001b[H\u001b[J');
  }

  /** A list that is written record by record, one a line, so that nothing waits in memory for the end. */
  list<Row>(text: (row: Row) => string): RecordList<Row> {
    return this.#list((row) => onOneLine(text(row)));
  }

  /** The same for messages: they are content, which a pipe gets as it is, and which may have several lines. */
  messages<Row>(text: (row: Row) => string): RecordList<Row> {
    return this.#list(this.#io.isTerminal.stdout ? (row) => printable(text(row)) : text);
  }

  #list<Row>(text: (row: Row) => string): RecordList<Row> {
    return new RecordList((chunk) => this.text(chunk), { format: this.#format, text });
  }

  /** A sentence for a person; says nothing to a program. */
  async note(sentence: string): Promise<void> {
    if (this.isForPeople) await this.#line(onOneLine(sentence));
  }

  /** Writes `text` as it is. */
  async text(text: string): Promise<void> {
    if (text !== '') await write(this.#io.stdout, text);
  }

  #line(text: string): Promise<void> {
    return write(this.#io.stdout, `${text}\n`);
  }

  #table<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
    const bordered = this.#io.isTerminal.stdout;
    const table = new Table({
      head: columns.map(({ title }) => this.#colors.bold(title)),
      style: { head: [], border: [], compact: true, ...(bordered ? {} : { 'padding-left': 0 }) },
      ...(bordered ? {} : { chars: noBorders }),
    });
    for (const row of rows) {
      table.push(
        columns.map(({ text, color }) => {
          const cell = onOneLine(text(row));
          return color === undefined ? cell : color(row, this.#colors)(cell);
        }),
      );
    }
    return table.toString().replaceAll(/ +$/gm, '');
  }
}

/** A list under way; see `Output.list`. */
export class RecordList<Row> {
  readonly #write: (chunk: string) => Promise<void>;
  readonly #format: OutputFormat | undefined;
  readonly #text: (row: Row) => string;
  #isEmpty = true;

  constructor(
    writeChunk: (chunk: string) => Promise<void>,
    how: { format: OutputFormat | undefined; text: (row: Row) => string },
  ) {
    this.#write = writeChunk;
    this.#format = how.format;
    this.#text = how.text;
  }

  /** Resolves when the record was taken by the output. */
  async add(row: Row): Promise<void> {
    await this.#write(this.#encode(row));
    this.#isEmpty = false;
  }

  /** Closes the list, also after a failure: what was written stays readable. */
  async end(): Promise<void> {
    if (this.#format === 'json') await this.#write(this.#isEmpty ? '[]\n' : '\n]\n');
  }

  #encode(row: Row): string {
    if (this.#format === 'json') return `${this.#isEmpty ? '[\n' : ',\n'}  ${json(row)}`;
    return this.#format === 'jsonl' ? `${json(row)}\n` : `${this.#text(row)}\n`;
  }
}

/** Text that cannot steer a terminal: control characters but tab and line feed become visible. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, (char) =>
    char === '\n' || char === '\t' ? char : escaped(char),
  );
}

/** The escapes of control characters are JSON's: a parser reads the same value. */
function json(value: unknown, indent?: number): string {
  return printable(JSON.stringify(value, undefined, indent));
}

function onOneLine(text: string): string {
  return printable(text).replaceAll(/[\n\t]/g, escaped);
}

function escaped(char: string): string {
  return `\\u${(char.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
}

const noBorders = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: ' ',
} as const;
