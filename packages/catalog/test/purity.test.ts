/** The catalog runs in-process and behind gRPC: it may not look at clocks, files, the network or chance. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const folder = new URL('../src', import.meta.url).pathname;
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'));

const impure: [string, RegExp][] = [
  ['imports what Node brings', /from ['"](node:|fs|os|path|crypto|child_process)/],
  ['imports a package but ours and a parser', /from ['"](?!\.{1,2}\/|(@larder\/kube|yaml)['"])/],
  ['imports at run time', /\bimport\(|\brequire\(/],
  ['looks at the clock', /\bDate\b|performance\.|setTimeout|setInterval|Temporal\./],
  ['is left to chance', /Math\.random|randomUUID|getRandomValues/],
  ['reads the environment', /\bprocess\.|globalThis|\bfetch\(/],
];

for (const [sentence, pattern] of impure) {
  test(`no source of the catalog ${sentence}`, () => {
    assert.ok(files.length > 20);
    assert.deepEqual(
      files.filter(file => pattern.test(withoutComments(readFileSync(join(folder, file), 'utf8')))),
      [],
    );
  });
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[^]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
}
