/** What somebody may have meant: the words nearest to one that names nothing. */

/** At most three of `words`, the nearest first; none that differs in more than a third of its letters. */
export function nearest(word: string, words: Iterable<string>): string[] {
  const bound = Math.max(1, Math.floor(word.length / 3));
  return [...new Set(words)]
    .map(candidate => ({
      candidate,
      far: Math.min(...formsOf(candidate, word).map(form => distance(word.toLowerCase(), form))),
    }))
    .filter(({ far }) => far <= bound)
    .sort((a, b) => a.far - b.far || a.candidate.localeCompare(b.candidate))
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** Of a long word people write the beginning. */
function formsOf(candidate: string, { length }: string): string[] {
  const whole = candidate.toLowerCase();
  return length < 4 ? [whole] : [whole, whole.slice(0, length), whole.slice(0, length + 1)];
}

/** `did you mean "a" or "b"?`; `undefined` for no words. */
export function didYouMean(words: string[]): string | undefined {
  if (words.length === 0) return undefined;
  return `did you mean ${words.map(word => `"${word}"`).join(' or ')}?`;
}

/** How many letters must be put in, taken out, changed or swapped with their neighbour. */
function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, n) => n)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = rows[i - 1]![j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? rows[i - 2]![j - 2]! + 1 : changed;
      row.push(Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, changed, swapped));
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}
