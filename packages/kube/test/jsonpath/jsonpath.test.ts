import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { JsonPathError, evaluateJsonPath, formatJsonPath, parseJsonPath, parseRelaxedJsonPath } from '@larder/kube';

const nodes = {
  kind: 'List',
  items: [
    {
      kind: 'None',
      metadata: { name: '127.0.0.1', labels: { 'kubernetes.io/hostname': '127.0.0.1' } },
      status: { capacity: { cpu: '4' }, ready: true, addresses: [{ type: 'LegacyHostIP', address: '127.0.0.1' }] },
    },
    {
      kind: 'None',
      metadata: { name: '127.0.0.2', labels: { 'kubernetes.io/hostname': '127.0.0.2' } },
      status: {
        capacity: { cpu: '8' },
        ready: false,
        addresses: [
          { type: 'LegacyHostIP', address: '127.0.0.2' },
          { type: 'another', address: '127.0.0.3' },
        ],
      },
    },
  ],
  users: [
    { name: 'myself', user: {} },
    { name: 'e2e', user: { username: 'admin', password: 'secret' } },
  ],
  numbers: [1, 2, 3, 4],
  floats: [1, 2.2, 3.3],
  large: 1000000,
  nothing: null,
  odd: { b: '<&>', a: 1 },
};

const printed: [template: string, output: string][] = [
  ['hello jsonpath', 'hello jsonpath'],
  ['{.kind}', 'List'],
  ['{$.kind}', 'List'],
  ['before-{.kind}-after', 'before-List-after'],
  ['{"{"}', '{'],
  ['{"a\\tb\\n"}', 'a\tb\n'],
  ["{'it\\'s'}", "it's"],
  ['{ .numbers }', '[1,2,3,4]'],
  ['{.numbers[0]}', '1'],
  ['{.numbers[-2]}', '3'],
  ['{.numbers[0:2]}', '1 2'],
  ['{.numbers[:4:2]}', '1 3'],
  ['{.numbers[1::2]}', '2 4'],
  ['{.numbers[-1:]}', '4'],
  ['{.numbers[0:0]}', ''],
  ['{.numbers[5:5]}', ''],
  ['{.numbers[0:-1]}', '1 2 3'],
  ['{.numbers[0,3]}', '1 4'],
  ['{.numbers[?(@<3)]}', '1 2'],
  ['{.floats}', '[1,2.2,3.3]'],
  ['{.large}', '1000000'],
  ['{.nothing}', 'null'],
  ['{.odd}', '{"a":1,"b":"\\u003c\\u0026\\u003e"}'],
  ['{range .items[*]}{.metadata.name}, {end}{.kind}', '127.0.0.1, 127.0.0.2, List'],
  ['{range .items[*]}{.metadata.name}{"\\t"}{end}', '127.0.0.1\t127.0.0.2\t'],
  ['{range .items[*]}{range .status.addresses[*]}{.address}, {end}{end}', '127.0.0.1, 127.0.0.2, 127.0.0.3, '],
  [
    '{range .items[*]}[{.metadata.name}, {.status.capacity}] {end}',
    '[127.0.0.1, {"cpu":"4"}] [127.0.0.2, {"cpu":"8"}] ',
  ],
  ['{.items[*].metadata.name}', '127.0.0.1 127.0.0.2'],
  ["{.items[*]['metadata.name', 'status.capacity']}", '127.0.0.1 127.0.0.2 {"cpu":"4"} {"cpu":"8"}'],
  ['{.users[?(@.name=="e2e")].user.password}', 'secret'],
  ["{.users[?(@.name!='e2e')].name}", 'myself'],
  ['{.users[?(@.user.password)].name}', 'e2e'],
  ['{.items[0].metadata.labels.kubernetes\\.io/hostname}', '127.0.0.1'],
  ["{.items[0].metadata.labels['kubernetes\\.io/hostname']}", '127.0.0.1'],
  ['{.items[?(@.metadata.labels.kubernetes\\.io/hostname=="127.0.0.1")].kind}', 'None'],
  ['{.items[?(@..ready==true)].metadata.name}', '127.0.0.1'],
  ['{.items[0].status.capacity.*}', '4'],
  ['{..password}', 'secret'],
  ['{...password}', 'secret'],
  ['{..user.password}', 'secret'],
];

const failing: [template: string, message: string][] = [
  ['{hello}', 'unrecognized identifier hello'],
  ['{.hello}', 'hello is not found'],
  ['{.odd[0]}', 'map[string]interface {} is not array or slice'],
  ['{.users[?(@.name<>"a")]}', 'unrecognized filter operator <>'],
  ['{range .items[*]}{@}{end}{end}', 'not in range, nothing to end'],
  ['{range .items[*]}', 'unclosed range, expected {end}'],
  ['{.numbers[4]}', 'array index out of bounds: index 4, length 4'],
  ['{.numbers[-5]}', 'array index out of bounds: index -1, length 4'],
  ['{.numbers[3:1]}', 'starting index 3 is greater than ending index 1'],
  ['{.kind', 'unclosed action'],
  ['{.numbers[0', 'unterminated array'],
  ['{.numbers[x]}', 'invalid array index x'],
  ['{"abc', 'unterminated quoted string'],
  ['{.users[?(@.name=="a"', 'unterminated filter'],
  ['{....name}', 'invalid multiple recursive descent'],
  ['{.users[?(@.name==1)]}', 'incompatible types for comparison'],
  ['{.users[?(@.user==1)]}', 'invalid type for comparison'],
  ['{.toString}', 'toString is not found'],
  ['{.constructor.name}', 'constructor is not found'],
];

describe('JSONPath', () => {
  for (const [template, output] of printed) {
    it(`prints ${template}`, () => {
      assert.equal(formatJsonPath(parseJsonPath(template), nodes), output);
    });
  }
  for (const [template, message] of failing) {
    it(`fails at ${template}`, () => {
      assert.throws(
        () => formatJsonPath(parseJsonPath(template), nodes),
        error => error instanceof JsonPathError && error.message === message,
        message,
      );
    });
  }
  it('gives nothing for what is missing, when asked so', () => {
    const options = { allowMissing: true };
    assert.equal(formatJsonPath(parseJsonPath('a{.hello.there}b'), nodes, options), 'ab');
    const pods = { items: [{ name: 'a', color: 'blue' }, { name: 'b' }] };
    assert.equal(formatJsonPath(parseJsonPath('{.items[?(@.color=="blue")].name}'), pods, options), 'a');
    assert.throws(() => formatJsonPath(parseJsonPath('{.items[?(@.color=="blue")].name}'), pods));
  });
  it('runs an empty range not at all', () => {
    const template = '{range .items[*]}{.name}{":"}{range @.containers[*]}{.name}{end}{end}';
    assert.equal(formatJsonPath(parseJsonPath(template), { items: [] }), '');
  });
  for (const path of ['{.kind}', '.kind', 'kind', '$.kind', '{$.kind}', ' { .kind } ']) {
    it(`takes ${path} for a path`, () => {
      assert.deepEqual(evaluateJsonPath(parseRelaxedJsonPath(path), nodes), ['List']);
    });
  }
  it('gives values as they are', () => {
    assert.deepEqual(evaluateJsonPath(parseRelaxedJsonPath('.items[*].status.ready'), nodes), [true, false]);
  });
});
