/** Settings of type string whose wrong value would keep the server from starting, or load code: what they may say. */

interface Shape {
  matches(text: string): boolean;
  remedy: string;
}

/** Libraries that the server may load at its start, beside the one that it always loads. */
export const preloadable = ['pg_stat_statements', 'auto_explain', 'pg_prewarm'];

const encodings =
  'BIG5 EUC_CN EUC_JP EUC_JIS_2004 EUC_KR EUC_TW GB18030 GBK ISO_8859_5 ISO_8859_6 ISO_8859_7 ISO_8859_8 JOHAB KOI8R KOI8U ' +
  'LATIN1 LATIN2 LATIN3 LATIN4 LATIN5 LATIN6 LATIN7 LATIN8 LATIN9 LATIN10 SJIS SHIFT_JIS_2004 SQL_ASCII UHC UTF8 WIN866 WIN874 ' +
  'WIN1250 WIN1251 WIN1252 WIN1253 WIN1254 WIN1255 WIN1256 WIN1257 WIN1258';

const locale = words('C POSIX', 'write C or POSIX, which every machine has');

const shapes: Record<string, Shape> = {
  TimeZone: {
    matches: isTimeZone,
    remedy: 'write a name from the IANA time zone database, such as Europe/Zurich or UTC',
  },
  DateStyle: {
    matches: text =>
      /^(iso|sql|postgres|german|ymd|dmy|mdy|euro(pean)?|us)(\s*,\s*(iso|sql|postgres|german|ymd|dmy|mdy|us))?$/i.test(
        text,
      ),
    remedy: 'write style and order, such as ISO, DMY',
  },
  timezone_abbreviations: words('Default Australia India', 'write Default, Australia or India'),
  client_encoding: words(encodings, 'write an encoding such as UTF8 or LATIN1'),
  lc_monetary: locale,
  lc_numeric: locale,
  lc_time: locale,
  search_path: listOf(
    '("[^"]*"|[A-Za-z_][A-Za-z0-9_$]*)',
    'write schemas with commas between them, such as app, public',
  ),
  default_text_search_config: listOf(
    '([a-z_][a-z0-9_]*[.])?[a-z_][a-z0-9_]*',
    'write a configuration such as pg_catalog.english',
    1,
  ),
  createrole_self_grant: listOf('(set|inherit)', 'write set, inherit or both with a comma'),
  restrict_nonsystem_relation_kind: listOf('(view|foreign-table)', 'write view, foreign-table or both with a comma'),
  log_connections: listOf(
    '(receipt|authentication|authorization|setup_durations|all|on|off|true|false|yes|no|1|0)',
    'write on, off, or some of receipt, authentication, authorization, setup_durations with commas',
  ),
  'plpgsql.extra_errors': plpgsqlChecks(),
  'plpgsql.extra_warnings': plpgsqlChecks(),
  shared_preload_libraries: listOf(
    `(${preloadable.join('|')})`,
    `choose from ${preloadable.join(', ')}, with commas between them`,
  ),
  default_table_access_method: words('heap', 'write heap'),
  application_name: anything(),
  'postgres_fdw.application_name': anything(),
};

/** What to write instead of `text`; `undefined` when it can stay. A string setting that isn't known here can't be set. */
export function textRemedy(name: string, text: string): string | undefined {
  const shape = shapes[name];
  if (!shape) return 'leave it out: no value of it is known to be safe';
  return shape.matches(text) ? undefined : shape.remedy;
}

/** The libraries named in a list such as `auto_explain, pg_prewarm`. */
export function librariesIn(list: string): string[] {
  return list
    .split(',')
    .map(name => name.trim().toLowerCase())
    .filter(name => name !== '');
}

function words(choices: string, remedy: string): Shape {
  const known = new Set(choices.toLowerCase().split(' '));
  return { matches: text => known.has(text.toLowerCase()), remedy };
}

function listOf(item: string, remedy: string, most = 64): Shape {
  const whole = new RegExp(`^\\s*${item}\\s*$`, 'i');
  return {
    matches: text =>
      text.trim() === '' || (text.split(',').length <= most && text.split(',').every(part => whole.test(part))),
    remedy,
  };
}

function plpgsqlChecks(): Shape {
  return listOf(
    '(none|all|shadowed_variables|strict_multi_assignment|too_many_rows)',
    'write none, all, or some of shadowed_variables, strict_multi_assignment, too_many_rows with commas',
  );
}

function anything(): Shape {
  return { matches: () => true, remedy: '' };
}

function isTimeZone(text: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]*$/.test(text)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return true;
  } catch {
    return false;
  }
}
