/** Names of base backups: the second in which they began. Their order is the order in time. Pure. */

const GRAMMAR = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})$/;

export function isBackupId(text: string): boolean {
  const match = GRAMMAR.exec(text);
  if (!match || match[0] !== text) return false;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as Six;
  const date = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day && hour < 24 && minute < 60 && second < 60;
}

type Six = [number, number, number, number, number, number];

/** `20261123T001148`, in UTC: readers only compare them, and a clock that is put back in autumn doesn't make two of one. */
export function backupIdAt(time: Date): string {
  return time.toISOString().slice(0, 19).replace(/[-:]/g, '');
}
