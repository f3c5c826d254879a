import { wholeNumberOf } from '../v1-parsing.ts';

export interface MessageIdParts {
  readonly topicNumber: number;
  readonly sequence: number;
}

/** `<topic number>-<sequence>`; `undefined` when the text is no such id. */
export function parseMessageId(text: string): MessageIdParts | undefined {
  const [, first, second] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  const topicNumber = wholeNumberOf(first ?? '');
  const sequence = wholeNumberOf(second ?? '');
  if (topicNumber === undefined || sequence === undefined) return undefined;
  return { topicNumber, sequence };
}
