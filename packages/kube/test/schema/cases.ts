/** Objects, and what a real kube-apiserver 1.35 says of them: the tables of the validation tests. */
import type { Schema } from '../../src/index.ts';

export interface Case {
  name: string;
  /** Of the field `spec`. */
  schema: Schema;
  spec: unknown;
  /** The stored `spec`, for an update. */
  old?: unknown;
  /** `<field>: <text>`, in any order. */
  want: string[];
}

const unchecked =
  '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation';
const object = (properties: Record<string, Schema>, more: Partial<Schema> = {}): Schema => ({
  type: 'object',
  properties,
  ...more,
});
const field = (schema: Schema): Schema => object({ a: schema });
const rules = (schema: Schema, ...list: NonNullable<Schema['x-kubernetes-validations']>): Schema => ({
  ...schema,
  'x-kubernetes-validations': list,
});
const text: Schema = { type: 'string' };

export const types: Case[] = [
  { name: 'AStringIsAString', schema: field(text), spec: { a: 'x' }, want: [] },
  {
    name: 'AnIntegerIsNoString',
    schema: field(text),
    spec: { a: 5 },
    want: ['spec.a: Invalid value: "integer": spec.a in body must be of type string: "integer"'],
  },
  {
    name: 'AStringIsNoInteger',
    schema: field({ type: 'integer' }),
    spec: { a: '5' },
    want: ['spec.a: Invalid value: "string": spec.a in body must be of type integer: "string"'],
  },
  {
    name: 'AFractionIsNoInteger',
    schema: field({ type: 'integer' }),
    spec: { a: 1.5 },
    want: ['spec.a: Invalid value: "number": spec.a in body must be of type integer: "number"'],
  },
  { name: 'AnIntegerIsANumber', schema: field({ type: 'number' }), spec: { a: 1 }, want: [] },
  {
    name: 'AnArrayIsNoObject',
    schema: field({ type: 'object', additionalProperties: text }),
    spec: { a: [] },
    want: ['spec.a: Invalid value: "array": spec.a in body must be of type object: "array"'],
  },
  {
    name: 'AFormatOfANumberIsARemark',
    schema: field({ type: 'integer', format: 'int32' }),
    spec: { a: true },
    want: ['spec.a: Invalid value: "boolean": spec.a in body must be of type integer: "boolean"'],
  },
  {
    name: 'ACheckedFormatIsNamedInsteadOfTheType',
    schema: field({ type: 'string', format: 'date-time' }),
    spec: { a: true },
    want: ['spec.a: Invalid value: "": spec.a in body must be of type date-time: ""'],
  },
  {
    name: 'AnIntegerForAFormat',
    schema: field({ type: 'string', format: 'date-time' }),
    spec: { a: 5 },
    want: ['spec.a: Invalid value: "int64": spec.a in body must be of type date-time: "int64"'],
  },
  {
    name: 'AFractionForAFormat',
    schema: field({ type: 'string', format: 'date-time' }),
    spec: { a: 5.5 },
    want: ['spec.a: Invalid value: "float64": spec.a in body must be of type date-time: "float64"'],
  },
  {
    name: 'BothTypesOfAnIntOrStringAreNamed',
    schema: field({ 'x-kubernetes-int-or-string': true }),
    spec: { a: true },
    want: ['spec.a: Invalid value: "boolean": spec.a in body must be of type integer,string: "boolean"'],
  },
  {
    name: 'AnItemHasItsIndex',
    schema: field({ type: 'array', items: text }),
    spec: { a: ['x', 1] },
    want: ['spec.a[1]: Invalid value: "integer": spec.a[1] in body must be of type string: "integer"'],
  },
  {
    name: 'AMapEntryIsNamedByItsKey',
    schema: field({ type: 'object', additionalProperties: text }),
    spec: { a: { 'x.y/z': 1 } },
    want: ['spec.a.x.y/z: Invalid value: "integer": spec.a.x.y/z in body must be of type string: "integer"'],
  },
  {
    name: 'ANullItemIsRefused',
    schema: field({ type: 'array', items: text }),
    spec: { a: [null] },
    want: ['spec.a[0]: Invalid value: "null": spec.a[0] in body must be of type string: "null"'],
  },
  { name: 'ANullIsDropped', schema: field(text), spec: { a: null }, want: [] },
  { name: 'ANullableNullStays', schema: field({ type: 'string', nullable: true }), spec: { a: null }, want: [] },
  {
    name: 'ARequiredFieldMustBeThere',
    schema: object({ a: text }, { required: ['a'] }),
    spec: {},
    want: ['spec.a: Required value'],
  },
];

export const bounds: Case[] = [
  {
    name: 'TooLong',
    schema: field({ type: 'string', maxLength: 3 }),
    spec: { a: 'abcd' },
    want: ['spec.a: Too long: may not be more than 3 bytes'],
  },
  { name: 'LengthCountsCharacters', schema: field({ type: 'string', maxLength: 3 }), spec: { a: 'ä😀ö' }, want: [] },
  {
    name: 'TooShort',
    schema: field({ type: 'string', minLength: 3 }),
    spec: { a: 'ab' },
    want: ['spec.a: Invalid value: "ab": spec.a in body should be at least 3 chars long'],
  },
  {
    name: 'Pattern',
    schema: field({ type: 'string', pattern: '^[a-z]+$' }),
    spec: { a: 'A"b' },
    want: [`spec.a: Invalid value: "A\\"b": spec.a in body should match '^[a-z]+$'`],
  },
  {
    name: 'Minimum',
    schema: field({ type: 'integer', minimum: 1 }),
    spec: { a: 0 },
    want: ['spec.a: Invalid value: 0: spec.a in body should be greater than or equal to 1'],
  },
  {
    name: 'ExclusiveMaximum',
    schema: field({ type: 'number', maximum: 1.5, exclusiveMaximum: true }),
    spec: { a: 1.5 },
    want: ['spec.a: Invalid value: 1.5: spec.a in body should be less than 1.5'],
  },
  {
    name: 'MultipleOf',
    schema: field({ type: 'integer', multipleOf: 5 }),
    spec: { a: 7 },
    want: ['spec.a: Invalid value: 7: spec.a in body should be a multiple of 5'],
  },
  {
    name: 'BeyondAnInteger',
    schema: field({ type: 'integer' }),
    spec: { a: 1e30 },
    want: ['spec.a: Invalid value: "number": spec.a in body must be of type integer: "number"'],
  },
  {
    name: 'TooFewItems',
    schema: field({ type: 'array', items: text, minItems: 1 }),
    spec: { a: [] },
    want: ['spec.a: Invalid value: 0: spec.a in body should have at least 1 items'],
  },
  {
    name: 'TooManyItems',
    schema: field({ type: 'array', items: text, maxItems: 1 }),
    spec: { a: ['x', 'y'] },
    want: ['spec.a: Too many: 2: must have at most 1 item'],
  },
  {
    name: 'TooFewProperties',
    schema: field({ type: 'object', additionalProperties: text, minProperties: 2 }),
    spec: { a: { x: 'y' } },
    want: ['spec.a: Invalid value: 1: spec.a in body should have at least 2 properties'],
  },
  {
    name: 'TooManyProperties',
    schema: field({ type: 'object', additionalProperties: text, maxProperties: 1 }),
    spec: { a: { x: 'y', z: 'y' } },
    want: ['spec.a: Too many: 2: must have at most 1 item'],
  },
  {
    name: 'Enum',
    schema: field({ type: 'string', enum: ['a', 'b'] }),
    spec: { a: 'c' },
    want: ['spec.a: Unsupported value: "c": supported values: "a", "b"'],
  },
  {
    name: 'EnumOfNumbers',
    schema: field({ type: 'integer', enum: [1, 2] }),
    spec: { a: 3 },
    want: ['spec.a: Unsupported value: 3: supported values: "1", "2"'],
  },
  {
    name: 'EveryErrorIsTold',
    schema: object(
      { a: { type: 'integer', minimum: 3 }, b: { type: 'string', maxLength: 1 } },
      { required: ['c', 'a'] },
    ),
    spec: { a: 1, b: 'xx' },
    want: [
      'spec.a: Invalid value: 1: spec.a in body should be greater than or equal to 3',
      'spec.b: Too long: may not be more than 1 byte',
      'spec.c: Required value',
    ],
  },
];

const format = (name: string, good: string[], bad: string[]): Case[] => [
  ...good.map(value => ({
    name: `${name}Good ${value}`,
    schema: field({ type: 'string', format: name }),
    spec: { a: value },
    want: [],
  })),
  ...bad.map(value => ({
    name: `${name}Bad ${value}`,
    schema: field({ type: 'string' as const, format: name }),
    spec: { a: value },
    want: [
      `spec.a: Invalid value: ${JSON.stringify(value)}: spec.a in body must be of type ${name}: ${JSON.stringify(value)}`,
    ],
  })),
];

export const formats: Case[] = [
  ...format('date-time', ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.123+01:00'], ['2026-01-02', 'yesterday']),
  ...format('date', ['2026-02-28'], ['2026-02-30', '2026-2-3']),
  ...format('duration', ['1h30m', '22 ns'], ['soon']),
  ...format('uuid', ['123e4567-e89b-12d3-a456-426614174000'], ['123e4567']),
  ...format('byte', ['aGVsbG8='], ['a*b']),
  ...format('ipv4', ['10.0.0.1'], ['10.0.0', '::1']),
  ...format('ipv6', ['::1'], ['10.0.0.1', 'x']),
  ...format('cidr', ['10.0.0.0/8', '::/0'], ['10.0.0.0', '10.0.0.0/33']),
  ...format('hostname', ['example.com'], ['-x', 'a..b']),
  ...format('email', ['a@example.com'], ['a', 'a b@c']),
  ...format('uri', ['https://example.com/x', '/x'], ['x y', 'x']),
  ...format('mac', ['00:00:5e:00:53:01'], ['00:00']),
  { name: 'UnknownFormat', schema: field({ type: 'string', format: 'quantity' }), spec: { a: 'anything' }, want: [] },
];

const port: Schema = object(
  { name: text, protocol: { type: 'string', default: 'TCP' }, number: { type: 'integer' } },
  { required: ['name'] },
);
const mapList: Schema = field({
  type: 'array',
  items: port,
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': ['name'],
});

export const lists: Case[] = [
  {
    name: 'ASetHasNoDoubles',
    schema: field({ type: 'array', items: text, 'x-kubernetes-list-type': 'set' }),
    spec: { a: ['x', 'y', 'x', 'x'] },
    want: ['spec.a[2]: Duplicate value: "x"'],
  },
  {
    name: 'AMapListHasNoDoubleKeys',
    schema: mapList,
    spec: { a: [{ name: 'x' }, { name: 'x', number: 2 }] },
    want: ['spec.a[1]: Duplicate value: {"name":"x"}'],
  },
  {
    name: 'SeveralKeys',
    schema: field({
      type: 'array',
      items: port,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name', 'protocol'],
    }),
    spec: { a: [{ name: 'x' }, { name: 'x', protocol: 'UDP' }, { name: 'x', protocol: 'TCP' }] },
    want: ['spec.a[2]: Duplicate value: {"name":"x","protocol":"TCP"}'],
  },
];

export const combinations: Case[] = [
  {
    name: 'NoneOfOneOf',
    schema: object({ a: text, b: text }, { oneOf: [{ required: ['a'] }, { required: ['b'] }] }),
    spec: {},
    want: [
      '<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found none valid',
      'spec.a: Required value',
    ],
  },
  {
    name: 'TwoOfOneOf',
    schema: object({ a: text, b: text }, { oneOf: [{ required: ['a'] }, { required: ['b'] }] }),
    spec: { a: 'x', b: 'y' },
    want: [
      '<nil>: Invalid value: "": "spec" must validate one and only one schema (oneOf). Found 2 valid alternatives',
    ],
  },
  {
    name: 'AnyOf',
    schema: field({ type: 'string', anyOf: [{ pattern: '^a' }, { maxLength: 1 }] }),
    spec: { a: 'bc' },
    want: [
      '<nil>: Invalid value: "": "spec.a" must validate at least one schema (anyOf)',
      `spec.a: Invalid value: "bc": spec.a in body should match '^a'`,
    ],
  },
  {
    name: 'AllOf',
    schema: field({ type: 'string', allOf: [{ pattern: '^a' }, { maxLength: 5 }] }),
    spec: { a: 'bc' },
    want: [
      `spec.a: Invalid value: "bc": spec.a in body should match '^a'`,
      '<nil>: Invalid value: "": "spec.a" must validate all the schemas (allOf)',
    ],
  },
  {
    name: 'Not',
    schema: field({ type: 'string', not: { enum: ['x'] } }),
    spec: { a: 'x' },
    want: ['<nil>: Invalid value: "": "spec.a" must not validate the schema (not)'],
  },
];

const size = rules(
  text,
  { rule: 'isQuantity(self)', message: 'must be a quantity' },
  {
    rule: '!isQuantity(self) || !isQuantity(oldSelf) || quantity(self).compareTo(quantity(oldSelf)) >= 0',
    messageExpression: "'cannot shrink from ' + oldSelf + ' to ' + self",
  },
);

export const celRules: Case[] = [
  { name: 'AQuantity', schema: field(size), spec: { a: '1Gi' }, want: [] },
  {
    name: 'NoQuantity',
    schema: field(size),
    spec: { a: 'big' },
    want: ['spec.a: Invalid value: "big": must be a quantity'],
  },
  { name: 'Grow', schema: field(size), spec: { a: '2048Mi' }, old: { a: '1Gi' }, want: [] },
  {
    name: 'Shrink',
    schema: field(size),
    spec: { a: '1Gi' },
    old: { a: '2Gi' },
    want: ['spec.a: Invalid value: "1Gi": cannot shrink from 2Gi to 1Gi'],
  },
  {
    name: 'ARuleOnAnObjectShowsNoValue',
    schema: rules(object({ a: text, b: text }), { rule: 'has(self.a) != has(self.b)', message: ' either a or b ' }),
    spec: {},
    want: ['spec: Invalid value: either a or b'],
  },
  {
    name: 'WithoutAMessageTheRuleIsShown',
    schema: rules(object({ a: text }), { rule: "self.a == 'x'" }),
    spec: { a: 'y' },
    want: ["spec: Invalid value: failed rule: self.a == 'x'"],
  },
  {
    name: 'FieldPathAndReason',
    schema: rules(object({ a: text, m: { type: 'object', additionalProperties: text } }), {
      rule: '!has(self.a)',
      fieldPath: ".m['x.y']",
      reason: 'FieldValueForbidden',
      message: 'not now',
    }),
    spec: { a: 'y' },
    want: ['spec.m[x.y]: Forbidden: not now'],
  },
  {
    name: 'AMissingKeyFailsTheRule',
    schema: rules(object({ a: text, b: text }), { rule: "self.b == 'x'" }),
    spec: { a: 'y' },
    want: ['spec: Invalid value: "object": no such key: b evaluating rule: self.b == \'x\''],
  },
  {
    name: 'RulesWaitForTheShape',
    schema: rules(object({ a: text, b: { type: 'integer' } }), { rule: "self.a == 'x'" }),
    spec: { a: 'y', b: 'z' },
    want: ['spec.b: Invalid value: "string": spec.b in body must be of type integer: "string"', unchecked],
  },
  {
    name: 'Immutable',
    schema: field(rules(text, { rule: 'self == oldSelf', message: 'Value is immutable' })),
    spec: { a: 'y' },
    old: { a: 'x' },
    want: ['spec.a: Invalid value: "y": Value is immutable'],
  },
  {
    name: 'ATransitionRuleNeedsAPast',
    schema: field(rules(text, { rule: 'self == oldSelf' })),
    spec: { a: 'y' },
    old: {},
    want: [],
  },
  {
    name: 'OptionalOldSelf',
    schema: field(
      rules(text, {
        rule: "oldSelf.hasValue() || self == 'first'",
        optionalOldSelf: true,
        message: 'begin with first',
      }),
    ),
    spec: { a: 'y' },
    want: ['spec.a: Invalid value: "y": begin with first'],
  },
  {
    name: 'OptionalOldSelfWithValue',
    schema: field(rules(text, { rule: "oldSelf.orValue('') != 'end'", optionalOldSelf: true, message: 'over' })),
    spec: { a: 'y' },
    old: { a: 'end' },
    want: ['spec.a: Invalid value: "y": over'],
  },
  {
    name: 'ItemsOfAMapListHaveAPast',
    schema: field({
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: object(
        { name: text, number: rules({ type: 'integer' }, { rule: 'self >= oldSelf', message: 'only up' }) },
        { required: ['name'] },
      ),
    }),
    spec: {
      a: [
        { name: 'y', number: 1 },
        { name: 'x', number: 1 },
      ],
    },
    old: { a: [{ name: 'x', number: 2 }] },
    want: ['spec.a[1].number: Invalid value: 1: only up'],
  },
  {
    name: 'Cidrs',
    schema: field(
      rules(
        { type: 'array', items: { type: 'string', maxLength: 50 }, maxItems: 10 },
        { rule: 'self.all(c, isCIDR(c))', message: 'must be CIDRs' },
        { rule: "self.all(c, !isCIDR(c) || !cidr(c).containsIP(ip('10.1.2.3')))", message: 'not ours' },
      ),
    ),
    spec: { a: ['10.0.0.0/8', '2001:db8::/32'] },
    want: ['spec.a: Invalid value: not ours'],
  },
  {
    name: 'Strings',
    schema: rules(object({ a: { type: 'string', maxLength: 20 } }), {
      rule: "self.a.matches('^[a-z]+-[0-9]{2}$') && self.a.split('-').size() == 2 && self.a.find('[0-9]+') == '17' && self.a.upperAscii().startsWith('PG') && self.a.replace('pg', 'x').charAt(0) == 'x'",
    }),
    spec: { a: 'pg-17' },
    want: [],
  },
  {
    name: 'Lists',
    schema: rules(object({ a: { type: 'array', items: { type: 'integer' }, maxItems: 10 } }), {
      rule: 'self.a.isSorted() && self.a.sum() == 6 && self.a.min() == 1 && self.a.max() == 3 && self.a.indexOf(2) == 1 && 3 in self.a && self.a.exists_one(x, x == 2) && size(self.a.filter(x, x > 1)) == 2',
    }),
    spec: { a: [1, 2, 3] },
    want: [],
  },
  {
    name: 'EscapedNames',
    schema: rules(object({ 'x-y': text, 'a.b': text, namespace: text, a__b: text }), {
      rule: "self.x__dash__y == '1' && self.a__dot__b == '2' && self.__namespace__ == '3' && self.a__underscores__b == '4'",
    }),
    spec: { 'x-y': '1', 'a.b': '2', namespace: '3', a__b: '4' },
    want: [],
  },
  {
    name: 'TimesAndDurations',
    schema: rules(object({ t: { type: 'string', format: 'date-time' }, d: { type: 'string', format: 'duration' } }), {
      rule: "self.t > timestamp('2020-01-01T00:00:00Z') && self.d <= duration('24h') && self.t.getFullYear() == 2026",
    }),
    spec: { t: '2026-01-02T03:04:05Z', d: '90m' },
    want: [],
  },
  {
    name: 'IntOrString',
    schema: field(
      rules(
        { 'x-kubernetes-int-or-string': true },
        { rule: "type(self) == int ? self < 10 : self == '50%'", message: 'below 10 or 50%' },
      ),
    ),
    spec: { a: 11 },
    want: ['spec.a: Invalid value: 11: below 10 or 50%'],
  },
  {
    name: 'MapValues',
    schema: field(
      rules(
        { type: 'object', additionalProperties: { type: 'integer' }, maxProperties: 5 },
        { rule: "self.all(k, self[k] > 0) && 'x' in self" },
      ),
    ),
    spec: { a: { x: 1, y: -1 } },
    want: ["spec.a: Invalid value: failed rule: self.all(k, self[k] > 0) && 'x' in self"],
  },
  {
    name: 'WhatWasWrongBeforeIsLetPass',
    schema: object({ a: { type: 'string', maxLength: 1 }, b: text }),
    spec: { a: 'long', b: 'new' },
    old: { a: 'long' },
    want: [],
  },
];

/** Expressions that hold on `{ a: 'pg-17', n: 3, f: 1.5, l: ['x', 'y'], m: { k: 'v' }, o: { x: 'y' } }`. */
const library = [
  "self.a.lowerAscii() == 'pg-17' && self.a.upperAscii() == 'PG-17' && ' a '.trim() == 'a'",
  "self.a.substring(3) == '17' && self.a.substring(0, 2) == 'pg' && self.a.indexOf('-') == 2 && self.a.lastIndexOf('-') == 2",
  "self.a.split('-') == ['pg', '17'] && self.l.join(',') == 'x,y' && self.a.contains('g-1') && self.a.endsWith('17')",
  "self.a.replace('-', '+') == 'pg+17' && self.a.charAt(0) == 'p' && size(self.a) == 5",
  "self.a.find('[0-9]+') == '17' && 'a1b22'.findAll('[0-9]+') == ['1', '22'] && 'a1b22'.findAll('[0-9]+', 1) == ['1']",
  "matches(self.a, '^pg') && self.a.matches('17$') && !self.a.matches('^17')",
  "'%s has %d'.format([self.a, self.n]) == 'pg-17 has 3'",
  "string(self.n) == '3' && int('3') == self.n && double(self.n) == 3.0 && string(true) == 'true'",
  'self.n > 2 && self.f > 1.0 && self.f < 2.0 && self.n + 1 == 4 && self.n % 2 == 1 && -self.n == -3',
  "self.l == ['x', 'y'] && self.l != ['y', 'x'] && 'x' in self.l && self.l[0] == 'x' && self.l.exists(i, i == 'y')",
  "self.l.map(i, i + '!') == ['x!', 'y!'] && self.l.filter(i, i > 'x').size() == 1 && self.l.all(i, size(i) == 1)",
  "self.l.indexOf('y') == 1 && self.l.isSorted() && self.l.min() == 'x' && self.l.max() == 'y'",
  "[1, 2].sum() == 3 && [1.5, 1.5].sum() == 3.0 && [duration('1m'), duration('2m')].max() == duration('2m')",
  "sets.contains(self.l, ['x']) && sets.equivalent(self.l, ['y', 'x', 'x']) && !sets.intersects(self.l, ['z'])",
  "'k' in self.m && self.m['k'] == 'v' && self.m.k == 'v' && size(self.m) == 1 && self.m.all(key, key == 'k')",
  "has(self.o.x) && !has(self.o.y) && self.?o.?y.orValue('z') == 'z' && self.?o.?x.hasValue()",
  'self.?n.optMap(v, v + 1).orValue(0) == 4',
  'self.o == self.o && type(self.a) == string && (self.n == 3 ? true : false)',
  "quantity('1Gi').isGreaterThan(quantity('1G')) && quantity('1k').asInteger() == 1000",
  "quantity('1Gi').add(quantity('1Gi')) == quantity('2Gi') && quantity('2').sub(1).compareTo(quantity('1')) == 0",
  "isQuantity('1Ki') && !isQuantity('1KB') && quantity('50m').isLessThan(quantity('1')) && !quantity('1.5').isInteger()",
  "isIP('::1') && ip('127.0.0.1').isLoopback() && ip('::1').family() == 6 && ip('10.0.0.1') == ip('10.0.0.1')",
  "ip.isCanonical('2001:db8::1') && !ip.isCanonical('2001:DB8::1') && string(ip('10.0.0.1')) == '10.0.0.1'",
  "isCIDR('10.0.0.0/8') && !isCIDR('10.0.0.0') && cidr('10.0.0.0/8').containsIP('10.1.2.3') && cidr('::/0').prefixLength() == 0",
  "cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') && !cidr('10.1.0.0/16').containsCIDR(cidr('10.0.0.0/8')) && cidr('10.1.2.3/8').masked() == cidr('10.0.0.0/8')",
  "isURL('https://a.example:80/p?q=1') && url('https://a.example:80/p?q=1').getHostname() == 'a.example' && url('https://a.example:80/p?q=1').getPort() == '80'",
  "url('https://a.example/p?q=1').getScheme() == 'https' && url('https://a.example/p?q=1').getEscapedPath() == '/p' && url('https://a.example/p?q=1').getQuery() == {'q': ['1']}",
  "timestamp('2026-01-02T03:04:05Z').getHours() == 3 && duration('90m').getMinutes() == 90 && timestamp('2026-01-02T00:00:00Z') - timestamp('2026-01-01T00:00:00Z') == duration('24h')",
];

const everything = object({
  a: { type: 'string', maxLength: 10 },
  n: { type: 'integer' },
  f: { type: 'number' },
  l: { type: 'array', items: { type: 'string', maxLength: 5 }, maxItems: 5 },
  m: { type: 'object', additionalProperties: { type: 'string', maxLength: 5 }, maxProperties: 5 },
  o: object({ x: { type: 'string', maxLength: 5 }, y: { type: 'string', maxLength: 5 } }),
});

export const celLibrary: Case[] = library.map(rule => ({
  name: rule,
  schema: rules(everything, { rule }),
  spec: { a: 'pg-17', n: 3, f: 1.5, l: ['x', 'y'], m: { k: 'v' }, o: { x: 'y' } },
  want: [],
}));
