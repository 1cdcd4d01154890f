import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isBadRequest, labelSelectorOf, matchesLabels, parseLabelSelector } from '@larder/kube';

const matching: { selector: string; labels: Record<string, string>; matches: boolean }[] = [
  { selector: '', labels: {}, matches: true },
  { selector: 'a=b', labels: { a: 'b' }, matches: true },
  { selector: 'a==b', labels: { a: 'c' }, matches: false },
  { selector: 'a != b', labels: {}, matches: true },
  { selector: 'a!=b', labels: { a: 'b' }, matches: false },
  { selector: 'a', labels: { a: '' }, matches: true },
  { selector: '!a', labels: { a: '' }, matches: false },
  { selector: 'a=', labels: { a: '' }, matches: true },
  { selector: 'a in (b, c)', labels: { a: 'c' }, matches: true },
  { selector: 'a in (b,c)', labels: {}, matches: false },
  { selector: 'a in ()', labels: { a: '' }, matches: true },
  { selector: 'a in (,b)', labels: { a: '' }, matches: true },
  { selector: 'a notin (b)', labels: {}, matches: true },
  { selector: 'a notin (b)', labels: { a: 'b' }, matches: false },
  { selector: 'in in (in,notin)', labels: { in: 'notin' }, matches: true },
  { selector: 'a>1', labels: { a: '2' }, matches: true },
  { selector: 'a<1', labels: { a: '2' }, matches: false },
  { selector: 'a>1', labels: { a: 'x' }, matches: false },
  { selector: 'a=b,c,!d', labels: { a: 'b', c: 'x' }, matches: true },
  {
    selector: 'crossplane.io/claim-name=postgres1',
    labels: { 'crossplane.io/claim-name': 'postgres1' },
    matches: true,
  },
  { selector: 'constructor', labels: {}, matches: false },
  { selector: 'x notin (a)', labels: { toString: 'a' }, matches: true },
];

const refused: { selector: string; message: string }[] = [
  { selector: 'a=b=c', message: "found '=', expected: ',' or 'end of string'" },
  { selector: 'a=b,', message: "found '', expected: identifier after ','" },
  { selector: ',a', message: "found ',', expected: !, identifier, or 'end of string'" },
  { selector: '!=a', message: "found '!=', expected: !, identifier, or 'end of string'" },
  { selector: 'a in b', message: "unable to parse requirement: found 'b' expected: '('" },
  { selector: 'a b', message: "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt" },
  {
    selector: 'a>x',
    message:
      "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
  },
  {
    selector: '_a=b',
    message:
      "unable to parse requirement: <nil>: Invalid value: \"_a\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
  },
];

describe('label selectors', () => {
  for (const { selector, labels, matches } of matching) {
    it(`${matches ? 'match' : 'pass over'} ${JSON.stringify(labels)} with "${selector}"`, () => {
      assert.equal(matchesLabels(parseLabelSelector(selector), labels), matches);
    });
  }
  for (const { selector, message } of refused) {
    it(`refuse "${selector}"`, () => {
      assert.throws(
        () => parseLabelSelector(selector),
        error => isBadRequest(error) && error.message === message,
        message,
      );
    });
  }
  it('read matchLabels and matchExpressions', () => {
    const selector = labelSelectorOf({
      matchLabels: { app: 'x' },
      matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['web'] }],
    });
    assert.equal(matchesLabels(selector, { app: 'x', tier: 'db' }), true);
    assert.equal(matchesLabels(selector, { app: 'x', tier: 'web' }), false);
  });
  it('know no inherited label', () => {
    assert.equal(matchesLabels(parseLabelSelector('toString'), {}), false);
  });
});
