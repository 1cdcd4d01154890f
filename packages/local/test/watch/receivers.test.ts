/** Receivers of alerts: what they get, when they hear it again, and where a claim can't make the plane connect to. */
import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { AlertText } from '@larder/catalog';
import type { ReadyReceiver } from '../../src/monitor/orders.ts';
import { Lane, newsFor, type Firing, type Heard } from '../../src/monitor/receivers/lane.ts';
import { webhookPayload, type Told } from '../../src/monitor/receivers/payload.ts';
import { post } from '../../src/monitor/receivers/post.ts';

const text = (name: string): AlertText => ({
  name,
  severity: 'warning',
  summary: `${name} is so.`,
  cause: 'A cause.',
  remedy: 'A remedy.',
  runbook: 'some.md',
});
const firing = (name: string, startsAt = 1000): Firing => ({ ...text(name), startsAt });
const names = (told: readonly Told[]): string[] =>
  told.map(({ name, endsAt }) => `${name}${endsAt === undefined ? '' : ' over'}`);
const HOURS = 3_600_000;

const news: {
  name: string;
  heard?: Heard;
  now?: number;
  firing: Firing[];
  sendResolved?: boolean;
  want: string[] | string;
}[] = [
  { name: 'nothing fires', firing: [], want: 'nothing' },
  { name: 'one begins', firing: [firing('A')], want: ['A'] },
  { name: 'it was told', heard: { at: 0, firing: [firing('A')] }, firing: [firing('A')], want: 'nothing' },
  {
    name: 'another begins: the group is told whole',
    heard: { at: 0, firing: [firing('A')] },
    firing: [firing('A'), firing('B')],
    want: ['A', 'B'],
  },
  { name: 'it is over', heard: { at: 0, firing: [firing('A')] }, firing: [], want: ['A over'] },
  {
    name: 'one of two is over',
    heard: { at: 0, firing: [firing('A'), firing('B')] },
    firing: [firing('B')],
    want: ['B', 'A over'],
  },
  {
    name: 'it was over and began again, between two looks',
    heard: { at: 0, firing: [firing('A', 1)] },
    firing: [firing('A', 2)],
    want: ['A', 'A over'],
  },
  {
    name: 'who does not want to hear of ends',
    heard: { at: 0, firing: [firing('A')] },
    firing: [],
    sendResolved: false,
    want: 'quietly',
  },
  {
    name: 'it goes on for four hours',
    heard: { at: 0, firing: [firing('A')] },
    now: 4 * HOURS,
    firing: [firing('A')],
    want: ['A'],
  },
];
for (const { name, heard, now = 60_000, firing: present, sendResolved = true, want } of news) {
  test(`what a receiver is told when ${name}`, () => {
    const told = newsFor(heard, present, now, sendResolved);
    assert.deepEqual(typeof told === 'string' ? told : names(told), want);
  });
}

test('the payload is that of Alertmanager: version 4, one group an instance', () => {
  const over = { ...firing('B'), endsAt: 5000 };
  const payload = webhookPayload({ receiver: 'chat', namespace: 'my-app', claim: 'pg', alerts: [firing('A'), over] });
  const { alerts, ...rest } = payload as Record<string, unknown> & { alerts: Record<string, unknown>[] };
  assert.deepEqual(Object.keys(payload), [
    ...['version', 'groupKey', 'truncatedAlerts', 'status', 'receiver', 'groupLabels'],
    ...['commonLabels', 'commonAnnotations', 'externalURL', 'alerts'],
  ]);
  assert.deepEqual(
    [rest.version, rest.status, rest.receiver, rest.commonLabels],
    ['4', 'firing', 'chat', { namespace: 'my-app', claim: 'pg', severity: 'warning' }],
  );
  assert.deepEqual(
    alerts.map(({ status, startsAt, endsAt, labels }) => ({ status, startsAt, endsAt, labels })),
    [
      {
        status: 'firing',
        startsAt: '1970-01-01T00:00:01.000Z',
        endsAt: '0001-01-01T00:00:00Z',
        labels: { alertname: 'A', namespace: 'my-app', claim: 'pg', severity: 'warning' },
      },
      {
        status: 'resolved',
        startsAt: '1970-01-01T00:00:01.000Z',
        endsAt: '1970-01-01T00:00:05.000Z',
        labels: { alertname: 'B', namespace: 'my-app', claim: 'pg', severity: 'warning' },
      },
    ],
  );
  assert.match(String(alerts[0]?.fingerprint), /^[0-9a-f]{16}$/);
  const resolved = webhookPayload({ receiver: 'chat', namespace: 'my-app', claim: 'pg', alerts: [over] });
  assert.equal(resolved.status, 'resolved');
});

/** A lane whose clock and receiver are the test's. */
function laneWith(
  answers: ('takes' | 'fails')[],
  heard?: Heard,
): {
  lane: Lane;
  sent: string[][];
  clock: { now: number };
  kept: () => Heard | undefined;
} {
  const sent: string[][] = [];
  const clock = { now: 0 };
  let kept = heard;
  const lane = new Lane(
    {
      now: () => clock.now,
      heard: next => (kept = next),
      send: async (_receiver, told) => {
        sent.push(names(told));
        if (answers.shift() === 'fails') throw new Error('it answered 500');
      },
    },
    heard,
  );
  return { lane, sent, clock, kept: () => kept };
}

const chat: ReadyReceiver = { name: 'chat', url: 'http://chat.example.com', sendResolved: true };

test('what fails is tried again, later each time, with what is true then, and once only when it is taken', async () => {
  const { lane, sent, clock, kept } = laneWith(['fails', 'fails', 'takes', 'takes']);
  const tell = async (at: number, ...present: Firing[]): Promise<void> => {
    clock.now = at;
    lane.tell(chat, present);
    await lane.settled();
  };
  await tell(0, firing('A'));
  assert.equal(lane.problem, 'it answered 500');
  await tell(4_999, firing('A'));
  await tell(5_000, firing('A'));
  await tell(14_999, firing('A'), firing('B'));
  await tell(15_000, firing('A'), firing('B'));
  assert.deepEqual([lane.problem, kept()?.firing.length], [undefined, 2]);
  await tell(30_000, firing('A'), firing('B'));
  await tell(45_000);
  await tell(60_000);
  assert.deepEqual(sent, [['A'], ['A'], ['A', 'B'], ['A over', 'B over']]);
});

test('who was never told that it began does not hear that it is over', async () => {
  const { lane, sent, clock } = laneWith(['fails']);
  lane.tell(chat, [firing('A')]);
  await lane.settled();
  clock.now = 60_000;
  lane.tell(chat, []);
  await lane.settled();
  assert.deepEqual(sent, [['A']]);
});

test('after a restart nothing is told twice', async () => {
  const { lane, sent } = laneWith([], { at: 0, firing: [firing('A')] });
  lane.tell(chat, [firing('A')]);
  await lane.settled();
  assert.deepEqual(sent, []);
});

test('one message is under way at a time', async () => {
  let letGo = (): void => undefined;
  let sent = 0;
  const hangs = new Promise<void>(resolve => (letGo = resolve));
  const lane = new Lane({ now: () => 0, heard: () => undefined, send: () => ((sent += 1), hangs) }, undefined);
  lane.tell(chat, [firing('A')]);
  lane.tell(chat, [firing('A'), firing('B')]);
  assert.equal(sent, 1);
  letGo();
  await lane.settled();
});

interface Asked {
  headers: IncomingHttpHeaders;
  body: string;
}

const servers: Server[] = [];
after(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

/** A receiver on loopback; `undefined` as answer: it never answers. */
async function receiverThat(
  answers: number | undefined,
  headers: Record<string, string> = {},
): Promise<{ port: number; asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => (body += part));
    request.on('end', () => {
      asked.push({ headers: request.headers, body });
      if (answers !== undefined) response.writeHead(answers, headers).end('an answer with a s3cret');
    });
  });
  servers.push(server);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, asked };
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const nobody = (): boolean => false;
const signal = new AbortController().signal;

test('a receiver gets the payload with its header', async () => {
  const { port, asked } = await receiverThat(200);
  const url = `http://127.0.0.1:${port}/hook?token=abc`;
  await post({ url, authorization: 'Bearer s3cret', payload: { version: '4' }, isOwnPort: nobody, signal });
  assert.deepEqual(JSON.parse(asked[0]?.body ?? ''), { version: '4' });
  assert.equal(asked[0]?.headers.authorization, 'Bearer s3cret');
  assert.equal(asked[0].headers['content-type'], 'application/json');
});

test('redirects are not followed', async () => {
  const { port: elsewhere, asked } = await receiverThat(200);
  const { port } = await receiverThat(307, { location: `http://127.0.0.1:${elsewhere}/` });
  const url = `http://127.0.0.1:${port}/`;
  await assert.rejects(post({ url, payload: {}, isOwnPort: nobody, signal }), { message: 'it answered 307' });
  assert.equal(asked.length, 0);
});

const refused: { name: string; url: (own: number) => string; message: RegExp }[] = [
  { name: 'the plane’s own port', url: own => `http://127.0.0.1:${own}/`, message: /no place that the plane connects/ },
  { name: 'its own port by name', url: own => `http://localhost:${own}/`, message: /no place that the plane connects/ },
  { name: 'its own port in another spelling', url: own => `http://0x7f.1:${own}/`, message: /no place that the plane/ },
  { name: 'its own port mapped to IPv6', url: own => `http://[::ffff:127.0.0.1]:${own}/`, message: /no place that/ },
  { name: 'link-local addresses', url: () => 'http://169.254.169.254/latest', message: /no place that the plane/ },
  { name: 'link-local addresses of IPv6', url: () => 'http://[fe80::1]/', message: /no place that the plane/ },
  { name: 'no address', url: () => 'http://0.0.0.0:9/', message: /no place that the plane connects/ },
  { name: 'other schemes', url: () => 'file:///etc/passwd', message: /its URL is none of http or https/ },
  { name: 'what is no URL', url: () => 'chat', message: /its URL is none of http or https/ },
];
for (const { name, url, message } of refused) {
  test(`the plane does not send to ${name}`, async () => {
    const { port, asked } = await receiverThat(200);
    const isOwnPort = (address: string, at: number): boolean =>
      at === port && (address === '127.0.0.1' || address === '::1');
    await assert.rejects(post({ url: url(port), payload: {}, isOwnPort, signal }), message);
    assert.equal(asked.length, 0);
  });
}

test('one that never answers is given up, whatever is collected as garbage meanwhile', async () => {
  const { port } = await receiverThat(undefined);
  const message = { url: `http://127.0.0.1:${port}/`, payload: {}, isOwnPort: nobody, signal, timeoutMs: 300 };
  const given = assert.rejects(post(message), { message: 'it did not answer in time' });
  const collecting = setInterval(collectGarbage, 20);
  await given.finally(() => clearInterval(collecting));
});

test('what goes wrong is told without the address, the header or the answer', async () => {
  const { port } = await receiverThat(500);
  const { port: hung } = await receiverThat(undefined);
  const send = (url: string, timeoutMs?: number): Promise<string> =>
    post({ url, authorization: 'Bearer s3cret', payload: {}, isOwnPort: nobody, signal, timeoutMs }).then(
      () => 'taken',
      (error: Error) => error.message,
    );
  const told = [
    await send(`http://127.0.0.1:${port}/s3cret`),
    await send(`http://127.0.0.1:${hung}/s3cret`, 200),
    await send(`https://127.0.0.1:${port}/s3cret`),
    await send('http://127.0.0.1:1/s3cret'),
  ];
  assert.deepEqual(told.slice(0, 2), ['it answered 500', 'it did not answer in time']);
  for (const each of told) assert.doesNotMatch(each, /s3cret|127\.0\.0\.1/);
  assert.match(told[3] ?? '', /could not be reached: ECONNREFUSED/);
});
