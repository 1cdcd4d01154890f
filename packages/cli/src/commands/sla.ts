/** `larder sla` says how much of the time instances answered: from the records of the monitor, also while no plane runs. */
import { durationText } from '@larder/catalog';
import { findHome, homeFolder, percentText, serviceLevelReports, type ServiceLevelReport } from '@larder/local';
import { Command, InvalidArgumentError, Option } from 'commander';
import { CommandError, EXIT } from '../failure.ts';
import { outputOption, withExample, type OutputFormat } from '../options.ts';
import { printData } from '../output/data.ts';
import type { Surroundings } from '../surroundings.ts';

interface SlaOptions {
  namespace?: string;
  month?: { from: number; to: number; name: string };
  output?: OutputFormat;
}

export function slaCommand(surroundings: Surroundings): Command {
  const command = new Command('sla')
    .description('say how much of the time instances answered, their own maintenance taken out')
    .argument('[claim]', 'a PostgreSQLInstance; without it all')
    .addOption(new Option('-n, --namespace <name>', 'only those of a namespace'))
    .option('--month <YYYY-MM>', 'a month, in UTC; without it the last 30 days', readMonth)
    .addOption(outputOption('json', 'yaml'))
    .action(async (claim: string | undefined, options: SlaOptions) => {
      const now = Date.now() / 1000;
      const { from, to } = options.month ?? { from: now - 30 * 86_400, to: now };
      if (from > now) throw new CommandError(`${options.month?.name} has not begun yet`, { exitCode: EXIT.usage });
      const home = findHome();
      if (!home) throw new CommandError(`there is no plane's home at "${homeFolder()}"`, { exitCode: EXIT.notRunning });
      const all = serviceLevelReports(home, { from, to: Math.min(to, now) });
      const reports = all.filter(
        one =>
          (claim === undefined || one.claim === claim) && (!options.namespace || one.namespace === options.namespace),
      );
      if (claim !== undefined && reports.length === 0) throw unknown(claim, all);
      if (options.output) return printData(surroundings, reports.map(asData), options.output);
      if (reports.length === 0) surroundings.print('No instance is watched over here.');
      for (const report of reports) surroundings.print(reportText(report));
    });
  return withExample(command, 'larder sla postgres1 -n my-app --month 2026-11');
}

function unknown(claim: string, all: readonly ServiceLevelReport[]): CommandError {
  const names = all.map(({ namespace, claim: name }) => `${namespace}/${name}`).join(', ');
  return new CommandError(
    `no PostgreSQLInstance "${claim}" is watched over; there are: ${names === '' ? 'none' : names}`,
  );
}

function readMonth(text: string): { from: number; to: number; name: string } {
  const [, year, month] = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(text) ?? [];
  if (year === undefined || month === undefined)
    throw new InvalidArgumentError(`"${text}" is no month: write year and month, such as 2026-11.`);
  const begins = (at: number): number => Date.UTC(Number(year), at, 1) / 1000;
  return { from: begins(Number(month) - 1), to: begins(Number(month)), name: text };
}

function asData(report: ServiceLevelReport): object {
  const { namespace, claim, span, availability, objective, budgetSeconds, outages } = report;
  return {
    namespace,
    claim,
    from: timeText(report.from),
    to: timeText(report.to),
    objective,
    ...(availability === undefined ? {} : { availability }),
    seconds: span,
    errorBudget: { seconds: Math.round(budgetSeconds), left: Math.round(budgetSeconds - span.down) },
    outages: outages.map(({ from, to, down }) => ({ from: timeText(from), to: timeText(to), downSeconds: down })),
  };
}

/** How many outages are listed. */
const LISTED = 20;

function reportText({ namespace, claim, from, to, span, availability, ...rest }: ServiceLevelReport): string {
  const { objective, budgetSeconds, outages } = rest;
  const left = budgetSeconds - span.down;
  const rows: [string, string][] = [
    [
      'availability',
      availability === undefined
        ? 'nothing was measured'
        : `${percentText(availability)} of the measured time (objective ${percentText(objective)})`,
    ],
    ['up', durationText(span.up)],
    ['down', `${durationText(span.down)}${outages.length > 0 ? ` in ${count(outages.length, 'outage')}` : ''}`],
    [
      'error budget',
      left < 0
        ? `overdrawn by ${durationText(-left)}, of ${durationText(budgetSeconds)}`
        : `${durationText(left)} left of ${durationText(budgetSeconds)}`,
    ],
    ['maintenance', durationText(span.maintenance)],
    ['not measured', `${durationText(span.unmeasured)}, neither up nor down`],
  ];
  const listed = outages
    .slice(-LISTED)
    .map(outage => `  ${timeText(outage.from)}  down for ${durationText(outage.down)}`);
  const heading = `${namespace}/${claim}  ${timeText(from)} to ${timeText(to)}`;
  const more = outages.length > LISTED ? [`  (${outages.length - LISTED} earlier ones: -o json)`] : [];
  return [heading, ...rows.map(([name, text]) => `  ${name.padEnd(14)}${text}`), ...more, ...listed].join('\n');
}

function count(many: number, noun: string): string {
  return `${many} ${noun}${many === 1 ? '' : 's'}`;
}

function timeText(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, 16)}Z`;
}
