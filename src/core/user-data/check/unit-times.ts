/**
 * Times in units as systemd reads them: systemd.time(7), calendar_spec_from_string() and parse_time(). What it does not read it leaves out
 * with a line in the log, and a timer without another time is not loaded. `systemd-analyze` is asked for each in the tests. Pure.
 */

/** Whether it is a value of OnCalendar=. The name of a time zone may stand at its end. */
export function isCalendar(value: string): boolean {
  const [, rest = "", last = ""] = /^(.*) (\S+)$/.exec(value) ?? [];
  return isCalendarHere(value) || (isTimeZone(last) && isCalendarHere(rest));
}

/** Whether it is a span of time: "90", "1h 30min", "infinity". */
export const isTimeSpan = (value: string): boolean => /^\s*infinity\s*$/.test(value) || SPAN.test(value);

// --- internal ---

const UNIT = "usec|us|\u00B5s|\u03BCs|msec|ms|seconds?|sec|s|minutes?|min|months?|M|m|hours?|hr|h|days?|d|weeks?|w|years?|y";
const SPAN = new RegExp(`^(?:\\s*\\+?(?:\\d+(?:\\.\\d+)?|\\.\\d+)\\s*(?:(?:${UNIT})(?![A-Za-z])|(?=[\\s\\d]|$)))+\\s*$`);

function isTimeZone(word: string): boolean {
  if (!/^[A-Za-z]/.test(word)) return false;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: word }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

const NAMED =
  /^(minutely|hourly|daily|monthly|annually|yearly|anually|weekly|quarterly|biannually|bi-annually|semiannually|semi-annually)$/i;

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const DAY = "(?:mon(?:day)?|tue(?:sday)?|wed(?:nesday)?|thu(?:rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)";
/** With a comma at the end, too. */
const WEEKDAYS = new RegExp(`^${DAY}(?:(?:\\.\\.|-)${DAY})?(?:,${DAY}(?:(?:\\.\\.|-)${DAY})?)*,?(?: +|$)`, "i");

const CHAIN = "(?:\\*|[\\d.,/]+)";
const DATE = new RegExp(`^(?:(${CHAIN})-)?(${CHAIN})[-~](${CHAIN})(?: +|$)`);
const TIME = new RegExp(`^(${CHAIN}):(${CHAIN})(?::(${CHAIN}))?$`);

function isCalendarHere(text: string): boolean {
  if (NAMED.test(text)) return true;
  const days = WEEKDAYS.exec(text)?.[0] ?? "";
  if (!days.split(",").every(isDayRange)) return false;
  const rest = text.slice(days.length);
  if (/^@\d+$/.test(rest)) return true;
  const date = DATE.exec(rest);
  const time = rest.slice(date?.[0].length ?? 0);
  if (text === "" || (date !== null && !isDate(date))) return false;
  return time === "" || isTime(TIME.exec(time));
}

/** A week begins with Monday. */
function isDayRange(text: string): boolean {
  const [first, last] = (text.match(new RegExp(DAY, "gi")) ?? []).map((day) => DAYS.indexOf(day.slice(0, 3).toLowerCase()));
  return first === undefined || last === undefined || first <= last;
}

const isDate = ([, year = "*", month = "", day = ""]: RegExpExecArray): boolean =>
  isChain(year, 1970, 2199, fullYear) && isChain(month, 1, 12) && isChain(day, 1, 31);

const isTime = (time: RegExpExecArray | null): boolean => {
  const [, hour = "", minute = "", second = "0"] = time ?? [];
  return time !== null && isChain(hour, 0, 23) && isChain(minute, 0, 59) && isChain(second, 0, 59.999_999);
};

const fullYear = (year: number): number => (year < 70 ? year + 2000 : year < 100 ? year + 1900 : year);

const asItIs = (value: number): number => value;

/** "1,5..9/2": the numbers that it may hold are from `from` to `to`; seconds alone have fractions. */
function isChain(text: string, from: number, to: number, full = asItIs): boolean {
  const number = Number.isInteger(to) ? "(\\d+)" : "(\\d+(?:\\.\\d+)?)";
  const part = new RegExp(`^${number}(?:\\.\\.${number})?(?:/${number})?$`);
  const fits = (one: string): boolean => {
    const [, start, stop, repeat] = part.exec(one)?.map((digits) => (digits === undefined ? undefined : Number(digits))) ?? [];
    if (start === undefined) return false;
    const [first, last] = [full(start), full(stop ?? start)];
    return first >= from && first <= last && last <= to && repeat !== 0 && (stop !== undefined || first + (repeat ?? 0) <= to);
  };
  return text === "*" || text.split(",").every(fits);
}
