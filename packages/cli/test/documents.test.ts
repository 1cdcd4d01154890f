/** What the documents tell people to type exists: every `larder` command with its flags, every make target. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { buildProgram } from '../src/index.ts';

const root = new URL('../../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const nothing = (): void => undefined;
const program = buildProgram({ checkout: '/', self: [], version: '0', print: nothing, note: nothing });
const targets = new Set([...read('Makefile').matchAll(/^([a-z-]+):/gm)].map(([, name]) => name));

for (const file of ['README.md', 'CONTRIBUTING.md', 'docs/getting-started.md'])
  test(`${file}: commands and make targets exist`, () => {
    const typed = [...read(file).matchAll(/`([^`\n]+)`|^(?:\$ )?((?:npx )?larder .*|make .*)$/gm)].map(
      ([, code, line]) => code ?? line ?? '',
    );
    for (const words of typed.flatMap(text => text.split(/&&|\|/)).map(part => part.trim().split(/\s+/))) {
      const [first, second = ''] = words[0] === 'npx' ? words.slice(1) : words;
      if (first === 'make' && /^[a-z-]+$/.test(second)) assert.ok(targets.has(second), words.join(' '));
      if (first !== 'larder' || !/^[a-z-]+$/.test(second)) continue;
      const command = program.commands.find(each => each.name() === second);
      assert.ok(command, words.join(' '));
      const own = words.includes('--') ? words.slice(0, words.indexOf('--')) : words;
      for (const flag of own.filter(word => /^--[a-z]/.test(word)))
        assert.ok(
          command.options.some(({ long }) => long === flag.split('=')[0]),
          `${words.join(' ')}: ${flag}`,
        );
    }
  });
