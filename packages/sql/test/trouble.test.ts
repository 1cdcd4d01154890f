/** What a claim's owner reads when a server can't be worked with: the server's words, bounded, and what to change. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connectionTrouble, TroubleError } from '../src/access/trouble.ts';
import { retryIn } from '../src/patience.ts';
import { roleObject } from './rig.ts';

const fromServer = (code: string, message: string): Error =>
  Object.assign(new Error(message), { code, severity: 'FATAL' });

const troubles: { name: string; error: Error; reason: string; says: RegExp }[] = [
  {
    name: 'a wrong password',
    error: fromServer('28P01', 'password authentication failed for user "app"'),
    reason: 'LoginRefused',
    says: /^the server says: password .*: correct username and password in the secret$/,
  },
  {
    name: 'no line for this login',
    error: fromServer('28000', 'no pg_hba.conf entry'),
    reason: 'LoginRefused',
    says: /who may connect there \(pg_hba\.conf\)$/,
  },
  {
    name: 'a database that is not there',
    error: fromServer('3D000', 'database "nope" does not exist'),
    reason: 'LoginRefused',
    says: /correct database in the secret$/,
  },
  {
    name: 'a database that may not be entered',
    error: fromServer('42501', 'permission denied for database "x"'),
    reason: 'LoginRefused',
    says: /give the login of the secret CONNECT/,
  },
  { name: 'no place', error: fromServer('53300', 'too many clients'), reason: 'ServerBusy', says: /too many clients$/ },
  {
    name: 'a request for an MD5 password',
    error: new Error('the server asked for an MD5 password: it is not the one that was started here'),
    reason: 'AuthenticationTooWeak',
    says: /^the server asked for an MD5 password, and got nothing: .*scram-sha-256 \(pg_hba\.conf\).*password_encryption/,
  },
  {
    name: 'no request for a password',
    error: new Error('the server did not prove that it knows the password: it is not the one that was started here'),
    reason: 'AuthenticationTooWeak',
    says: /^the server did not prove that it knows the password, and got nothing/,
  },
  {
    name: 'a server that talks in lines without end',
    error: fromServer('XX000', `one\r\n\u2028two\0${'x'.repeat(100_000)}`),
    reason: 'ServerBusy',
    says: /^the server says: one two x{200,300}…$/,
  },
];

describe('trouble with a server', () => {
  for (const { name, error, reason, says } of troubles)
    it(`that is ${name} is told with its remedy`, () => {
      const trouble = connectionTrouble(error, 'db.example.org');
      assert.equal(trouble.reason, reason);
      assert.match(trouble.message, says);
    });
});

describe('what is tried again', () => {
  const now = (): Date => new Date('2026-01-01T12:00:00Z');
  const trouble = new TroubleError('ServerUnreachable', 'not there');
  const lasting = (since: string, reason = 'ServerUnreachable', status = 'False'): number => {
    const condition = { type: 'Ready', status, reason, message: '', lastTransitionTime: since };
    return retryIn({ now }, { ...roleObject('app'), status: { conditions: [condition] } }, trouble);
  };
  it('is tried less often the longer it lasts, and once a minute at the least', () => {
    assert.equal(retryIn({ now }, roleObject('app'), trouble), 5_000);
    assert.equal(lasting('2026-01-01T11:59:50Z'), 5_000);
    assert.equal(lasting('2026-01-01T11:58:00Z'), 30_000);
    assert.equal(lasting('2025-01-01T00:00:00Z'), 60_000);
  });
  it('begins anew with other trouble, and with a clock that was set back', () => {
    assert.equal(lasting('2026-01-01T11:58:00Z', 'ServerBusy'), 5_000);
    assert.equal(lasting('2026-01-01T11:58:00Z', 'ServerUnreachable', 'True'), 5_000);
    assert.equal(lasting('2026-01-01T13:00:00Z'), 5_000);
  });
});
