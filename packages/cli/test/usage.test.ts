/** Every command has help with an example, and wrong usage has an exit code of its own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildProgram, EXIT, main, type Surroundings } from '../src/index.ts';

const surroundings: Surroundings = {
  checkout: '/',
  self: [],
  version: '0',
  print: () => undefined,
  note: () => undefined,
};

for (const command of buildProgram(surroundings).commands)
  test(`${command.name()}: help has a description and an example`, () => {
    let help = '';
    command.configureOutput({ writeOut: text => (help += text) });
    command.outputHelp();
    assert.match(help, new RegExp(`Example:\\n.*larder ${command.name()}`));
    assert.notEqual(command.description(), '');
  });

for (const args of [
  ['nonsense'],
  ['get'],
  ['up', '--api-port', '99999'],
  ['wait', 'a', '--timeout', 'soon'],
  ['get', 'x', '-o', 'xml'],
])
  test(`wrong usage: larder ${args.join(' ')}`, async t => {
    t.mock.method(process.stderr, 'write', () => true);
    assert.equal(await main(args, surroundings), EXIT.usage);
  });
