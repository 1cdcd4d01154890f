import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileSchema, fieldErrorText, type Schema } from '../../src/index.ts';

const list: Schema = { type: 'array', items: { type: 'integer' } };
const text: Schema = { type: 'string' };

function errorsOf(schema: Schema, rule: string, spec: unknown): string[] {
  const ruled: Schema = { ...schema, 'x-kubernetes-validations': [{ rule, message: 'broken' }] };
  const { validate } = compileSchema({ type: 'object', properties: { spec: ruled } });
  return validate({ spec }).map(fieldErrorText);
}

/** Far more than a rule may take on a busy machine, far less than an unbounded one takes. */
const soon = { timeout: 20_000 };
const numbers = Array.from({ length: 2000 }, (_, index) => index);
const doubling = `[self]${'.map(x, x + x)'.repeat(40)}.all(x, size(x) > 0)`;

describe('A hostile rule ends', () => {
  const cases: [name: string, schema: Schema, rule: string, spec: unknown][] = [
    ['NestedLoops', list, 'self.all(a, self.all(b, self.all(c, self.all(d, a + b + c + d >= 0))))', numbers],
    ['LoopsThatMap', list, 'self.map(a, self.map(b, self.map(c, c))).size() > 0', numbers],
    ['LoopsThatCompare', list, 'self.all(a, self.all(b, self == self && self == self))', numbers],
    ['LoopsThatSearch', list, 'self.all(a, self.indexOf(-1) == -1 && self.all(b, !(-1 in self)))', numbers],
    ['ListsThatDouble', list, doubling, numbers],
    ['TextThatDoubles', text, doubling, 'x'.repeat(1000)],
    [
      'LongTextMatchedOften',
      text,
      "[1,2,3,4,5,6,7,8].all(a, [1,2,3,4,5,6,7,8].all(b, !self.matches('(x+x+)+y')))",
      'x'.repeat(300_000),
    ],
  ];
  for (const [name, schema, rule, spec] of cases) {
    it(name, soon, () => {
      const errors = errorsOf(schema, rule, spec);
      assert.equal(errors.length, 1);
      assert.match(errors[0]!, /operation cancelled: actual cost limit exceeded/);
    });
  }

  it('when all rules of an object together cost too much', soon, () => {
    const item: Schema = {
      type: 'string',
      'x-kubernetes-validations': [
        { rule: `[${numbers.slice(0, 900).join(',')}].all(a, [1,2,3,4,5,6].all(b, a + b >= 0))` },
      ],
    };
    const { validate } = compileSchema({ type: 'object', properties: { spec: { type: 'array', items: item } } });
    const errors = validate({ spec: numbers.map(String) }).map(fieldErrorText);
    assert.equal(errors.length, 1);
    assert.match(errors[0]!, /running out of cost budget, no further validation rules will be run/);
  });

  it('when its pattern would make JavaScript backtrack for ever', soon, () => {
    const spec = `${'a'.repeat(50)}!`;
    assert.deepEqual(errorsOf(text, "self.matches('^(a+)+$')", spec), [`spec: Invalid value: "${spec}": broken`]);
    const { validate } = compileSchema({ type: 'object', properties: { spec: { ...text, pattern: '^(a+)+$' } } });
    assert.equal(validate({ spec }).length, 1);
  });

  it('when its syntax is deep', soon, () => {
    const errors = errorsOf(text, `${'('.repeat(100_000)}true${')'.repeat(100_000)}`, 'x');
    assert.match(errors[0]!, /rule compile error/);
  });
});

describe('A rule that costs little is evaluated', () => {
  it('on a list of a thousand', () => {
    assert.deepEqual(errorsOf(list, 'self.all(a, a >= 0)', numbers), []);
  });

  it('again and again, each time with the whole budget', () => {
    const ruled: Schema = { ...list, 'x-kubernetes-validations': [{ rule: 'self.all(a, self.exists(b, b == a))' }] };
    const { validate } = compileSchema({ type: 'object', properties: { spec: ruled } });
    const spec = numbers.slice(0, 100);
    for (let round = 0; round < 50; round++) assert.deepEqual(validate({ spec }), []);
  });
});

describe('Names that JavaScript knows', () => {
  const properties: Record<string, Schema> = { constructor: text, toString: text, valueOf: text };

  it('are fields like any other to a rule', () => {
    const schema: Schema = { type: 'object', properties };
    assert.deepEqual(errorsOf(schema, "!has(self.toString) && self.constructor == 'x'", { constructor: 'x' }), []);
    assert.deepEqual(errorsOf(schema, 'has(self.valueOf)', {}), ['spec: Invalid value: broken']);
  });

  it('are keys like any other of a map', () => {
    const schema: Schema = { type: 'object', additionalProperties: text };
    const spec = JSON.parse('{"__proto__":"a","constructor":"b"}') as unknown;
    assert.deepEqual(
      errorsOf(schema, "self['__proto__'] == 'a' && self.constructor == 'b' && !('toString' in self)", spec),
      [],
    );
  });

  it('are required like any other', () => {
    const { validate } = compileSchema({ type: 'object', required: ['toString'] });
    assert.deepEqual(validate({}).map(fieldErrorText), ['toString: Required value']);
  });
});
