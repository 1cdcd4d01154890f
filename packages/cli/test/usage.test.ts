/** Every command has help with an example, and wrong usage has an exit code of its own. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
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
    assert.match(
      help,
      command.name() === 'psql'
        ? /Exit codes are psql's: 0 done, .*, 2 the connection failed .*, 3 a script failed/
        : /Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not in time, 4 no plane is running/,
    );
    assert.doesNotMatch(help, /default: \d{4}/, 'a duration is shown as people write it');
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

test('the version is printed, and a wrong command says where the right ones are', async t => {
  const written: string[] = [];
  for (const stream of [process.stdout, process.stderr])
    t.mock.method(stream, 'write', (text: string) => written.push(text) > 0);
  assert.equal(await main(['--version'], surroundings), EXIT.ok);
  assert.equal(await main(['statis'], surroundings), EXIT.usage);
  t.mock.restoreAll();
  assert.match(written.join(''), /^0\n.*unknown command 'statis'.*did you mean status.*larder --help/is);
});

test('an account without any home folder can use larder, and is told to set LARDER_HOME where it is needed', t => {
  if (process.getuid?.() !== 0) return t.skip('only root can become an account that nobody has');
  const program = fileURLToPath(new URL('../bin/larder.js', import.meta.url));
  const asNobody = (environment: NodeJS.ProcessEnv): string => {
    const env = { PATH: process.env.PATH, ...environment };
    const ran = spawnSync(process.execPath, [program, 'version'], { uid: 61_234, gid: 61_234, env, encoding: 'utf8' });
    return ran.stdout + ran.stderr;
  };
  if (/EACCES|Cannot find module/.test(asNobody({ LARDER_HOME: '/none' }))) return t.skip('this checkout is private');
  assert.match(asNobody({ LARDER_HOME: '/none' }), /plane +not running/);
  assert.match(asNobody({}), /HOME is not set, and your account has none; set LARDER_HOME/);
});

test('--version after a command is the command’s own', async t => {
  t.mock.method(process.stderr, 'write', () => true);
  assert.equal(await main(['restore', '--version', '17'], surroundings), EXIT.usage, 'claims are missing');
});
