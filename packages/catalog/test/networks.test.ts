import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLoopback, parseNetwork } from '../src/postgresql/networks.ts';

const loopback = ['127.0.0.0/8', '127.0.0.1/32', '::1/128', '0:0:0:0:0:0:0:1/128'];
const elsewhere = ['10.0.0.0/8', '0.0.0.0/0', '::/0', 'fd00::/8', '2001:db8::1/128', '126.0.0.0/7', '::1/64', '::/128'];
const none = [
  '',
  '10.0.0.0',
  '10.0.0/8',
  '10.0.0.256/8',
  '10.0.0.0/33',
  '::1/129',
  ':::/0',
  '1::2::3/64',
  '1:2:3:4:5:6:7:8:9/64',
  '010.0.0.1/8',
  '1:2/64',
  'g::/8',
  '::1/',
  'localhost/8',
];

for (const text of loopback) test(`${text} is this machine`, () => assert.equal(isLoopback(parseNetwork(text)!), true));
for (const text of elsewhere)
  test(`${text} is more than this machine`, () => assert.equal(isLoopback(parseNetwork(text)!), false));
for (const text of none) test(`"${text}" is no network`, () => assert.equal(parseNetwork(text), undefined));
