/** Answers of kubectl cases. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Answers, KubectlCase } from './case.ts';
import { narrow, normalise } from './normalise.ts';

export interface KubectlOptions {
  /** Path of the program. */
  kubectl: string;
  kubeconfig: string;
  /** Files in the folder that the lines run in, by name. */
  manifests: Record<string, string>;
}

export async function kubectlAnswers(cases: readonly KubectlCase[], options: KubectlOptions): Promise<Answers> {
  const folder = await mkdtemp(join(tmpdir(), 'larder-compare-'));
  const answers: Answers = new Map();
  try {
    for (const [name, text] of Object.entries(options.manifests)) await writeFile(join(folder, name), text);
    for (const { name, lines } of cases) {
      for (const [index, line] of lines.entries()) {
        answers.set(`${name} ${index + 1}: ${line}`, await answerOf(line, folder, options));
      }
    }
    return answers;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function answerOf(line: string, cwd: string, { kubectl, kubeconfig }: KubectlOptions): Promise<string> {
  const env = { ...process.env, HOME: cwd, TZ: 'UTC', K: kubectl, KUBECONFIG: kubeconfig };
  return new Promise(resolve => {
    const child = execFile('/bin/sh', ['-c', line], { cwd, env, timeout: 60_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : (error.code ?? error.signal);
      resolve(narrow(normalise(`${stdout}${stderr}exit ${code}\n`.replaceAll(cwd, '<folder>'))));
    });
    child.stdin?.end();
  });
}
