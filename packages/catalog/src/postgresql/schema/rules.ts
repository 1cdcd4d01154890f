/**
 * Parts of schemas with their rules in CEL. Each message says value and remedy; Kubernetes puts the field before it. Lengths are
 * bounded so that the rules' cost is. No rule uses a back slash: patterns spell `[.]`, since not every CEL knows raw strings.
 */
import type { Schema, ValidationRule } from '@larder/kube';

/** A string of a certain shape. `remedy` completes the sentence `"x" is …`. */
export function shaped(of: { description: string; pattern: string; maxLength: number; remedy: string }): Schema {
  return {
    type: 'string',
    description: of.description,
    maxLength: of.maxLength,
    'x-kubernetes-validations': [
      { rule: `self.matches('${of.pattern}')`, ...says(`'"' + self + '" is ${of.remedy}'`, `is ${of.remedy}`) },
    ],
  };
}

/** A quantity within bounds, written as a string or as a bare number. */
export function quantity(of: {
  description: string;
  least: string;
  most: string;
  example: string;
  noun: string;
}): Schema {
  const value = `quantity(string(self))`;
  const valid = `isQuantity(string(self))`;
  const no = `no ${of.noun}: write a Kubernetes quantity such as ${of.example}`;
  const small = `too small: at least ${of.least} is needed, with its unit, such as ${of.example}`;
  const large = `too large: at most ${of.most} is possible`;
  return {
    'x-kubernetes-int-or-string': true,
    description: of.description,
    maxLength: 32,
    'x-kubernetes-validations': [
      { rule: valid, ...says(`'"' + string(self) + '" is ${no}'`, `is ${no}`) },
      {
        rule: `!${valid} || ${value}.compareTo(quantity('${of.least}')) >= 0`,
        ...says(`'"' + string(self) + '" is ${small}'`, `is ${small}`),
      },
      {
        rule: `!${valid} || ${value}.compareTo(quantity('${of.most}')) <= 0`,
        ...says(`'"' + string(self) + '" is ${large}'`, `is ${large}`),
      },
    ],
  };
}

/** On `resources`: the request for `what` isn't more than its limit. */
export function requestWithinLimit(what: 'memory' | 'cpu'): ValidationRule {
  const [request, limit] = [`self.requests.${what}`, `self.limits.${what}`];
  const given = `has(self.requests) && has(${request}) && has(self.limits) && has(${limit})`;
  const valid = `isQuantity(string(${request})) && isQuantity(string(${limit}))`;
  const within = `quantity(string(${request})).compareTo(quantity(string(${limit}))) <= 0`;
  const remedy = `lower the request or raise the limit`;
  return {
    rule: `!(${given}) || !(${valid}) || ${within}`,
    fieldPath: `.requests.${what}`,
    ...says(
      `'"' + string(${request}) + '" is more than limits.${what} "' + string(${limit}) + '": ${remedy}'`,
      `is more than limits.${what}: ${remedy}`,
    ),
  };
}

/** Five fields of cron, or one of its short names. */
export function cron(description: string): Schema {
  const step = '(/[1-9][0-9]{0,2})?';
  const field = (one: string): string => {
    const range = `([*]|${one}(-${one})?)${step}`;
    return `${range}(,${range})*`;
  };
  const months = `(0?[1-9]|1[0-2]|${anyCase('jan feb mar apr may jun jul aug sep oct nov dec')})`;
  const days = `(0?[0-7]|${anyCase('sun mon tue wed thu fri sat')})`;
  const fields = ['[0-5]?[0-9]', '([01]?[0-9]|2[0-3])', '(0?[1-9]|[12][0-9]|3[01])', months, days].map(field);
  const names = '@(hourly|daily|midnight|weekly|monthly|yearly|annually)';
  return {
    ...shaped({
      description,
      pattern: `^(${fields.join(' +')}|${names})$`,
      maxLength: 100,
      remedy:
        'no cron schedule: write minute, hour, day of month, month and day of week, such as 00 22 * * 2 for Tuesdays at 22:00',
    }),
  };
}

/** Alternatives for a pattern: each of the names, in any mixture of capitals. */
function anyCase(names: string): string {
  const letter = (one: string): string => `[${one.toUpperCase()}${one}]`;
  return names
    .split(' ')
    .map(name => [...name].map(letter).join(''))
    .join('|');
}

/** `messageExpression` with `message` as what is said where the expression can't be evaluated. */
function says(messageExpression: string, message: string): Pick<ValidationRule, 'message' | 'messageExpression'> {
  return { message, messageExpression };
}
