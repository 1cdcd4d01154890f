/** Finds where two sets of answers differ without a known reason, and known differences that are none any more. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Answers } from './case.ts';
import type { KnownDifference } from './known-differences.ts';

export interface Difference {
  ask: string;
  expected: string;
  found: string;
}

export interface Comparison {
  compared: number;
  /** Those that `known` explains. */
  explained: { ask: string; why: string }[];
  unexplained: Difference[];
  /** Reasons that explain nothing here. */
  unused: KnownDifference[];
}

/** Pure. */
export function compareAnswers(expected: Answers, found: Answers, known: readonly KnownDifference[]): Comparison {
  const result: Comparison = { compared: expected.size, explained: [], unexplained: [], unused: [] };
  const used = new Set<KnownDifference>();
  for (const [ask, want] of expected) {
    const got = found.get(ask) ?? '';
    if (got === want) continue;
    const reasons = known.filter(each => isAbout(each, ask));
    const alike = (text: string) => reasons.reduce((left, { alike: each }) => each?.(left) ?? left, text);
    const isMeant = reasons.some(({ answers }) => answers?.kubernetes.test(want) && answers.larder.test(got));
    if (isMeant || (reasons.length > 0 && alike(got) === alike(want))) {
      const needed = reasons.filter(reason => isNeeded(reason, { want, got }));
      for (const reason of needed) used.add(reason);
      result.explained.push({ ask, why: needed.map(({ why }) => why).join('; ') });
    } else {
      result.unexplained.push({ ask, expected: alike(want), found: alike(got) });
    }
  }
  const asked = [...expected.keys()];
  result.unused = known.filter(each => !used.has(each) && asked.some(ask => isAbout(each, ask)));
  return result;
}

/** Whether the reason says anything of these two answers. */
function isNeeded({ alike, answers }: KnownDifference, { want, got }: { want: string; got: string }): boolean {
  if (answers) return answers.kubernetes.test(want) && answers.larder.test(got);
  return alike !== undefined && (alike(want) !== want || alike(got) !== got);
}

function isAbout({ ask: pattern }: KnownDifference, ask: string): boolean {
  return typeof pattern === 'string' ? ask.includes(pattern) : pattern.test(ask);
}

export function printComparison({ compared, explained, unexplained, unused }: Comparison): void {
  for (const { ask, why } of explained) console.log(`known: ${ask}\n       ${why}`);
  for (const difference of unexplained) console.log(`\n=== ${difference.ask}\n${diff(difference)}`);
  for (const { ask, why } of unused) console.log(`\n=== no difference any more at ${ask}: remove "${why}"`);
  console.log(
    `\n${compared} answers compared, ${explained.length} differ for a known reason, ${unexplained.length} without one`,
  );
}

function diff({ expected, found }: Difference): string {
  const folder = mkdtempSync(join(tmpdir(), 'larder-compare-'));
  try {
    writeFileSync(join(folder, 'kube-apiserver'), expected);
    writeFileSync(join(folder, 'larder'), found);
    execFileSync('diff', ['-U1', '--label=kube-apiserver', '--label=larder', 'kube-apiserver', 'larder'], {
      cwd: folder,
    });
    return '';
  } catch (error) {
    return String((error as { stdout?: Buffer }).stdout ?? `${expected}\n---\n${found}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
