/**
 * Rows as CSV (RFC 4180), for spreadsheets: values as the API has them. A text that a spreadsheet would run as a formula gets an
 * apostrophe before it, because names come from people nobody knows.
 */

/** A heading and a line for each row. */
export function toCsv(fields: readonly string[], rows: readonly Readonly<Record<string, unknown>>[]): string {
  const lines = [fields, ...rows.map((row) => fields.map((field) => row[field]))];
  return `${lines.map((cells) => cells.map(csvCell).join(',')).join('\r\n')}\r\n`;
}

function csvCell(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
