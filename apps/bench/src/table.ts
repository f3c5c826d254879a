/**
 * A table as plain text: titles, a rule, rows. The first column is flush left, the others, which are figures, flush
 * right. A row may be shorter than the titles.
 */
export function formatTable(titles: readonly string[], rows: readonly (readonly string[])[]) {
  const lines = [titles, ...rows];
  const widths = titles.map((_, column) =>
    Math.max(...lines.map((cells) => cells[column]?.length ?? 0)),
  );
  const [head = '', ...body] = lines.map((cells) => formatRow(cells, widths));
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [head, rule, ...body].join('\n');
}

function formatRow(cells: readonly string[], widths: readonly number[]): string {
  const padded = widths.map((width, column) => {
    const cell = cells[column] ?? '';
    return column === 0 ? cell.padEnd(width) : cell.padStart(width);
  });
  return padded.join('  ').trimEnd();
}
