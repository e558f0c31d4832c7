// Moves the moments of a page from UTC into the zone that the reader chose, or else into that of their browser. The words, and where the
// parts of a date go in them, come from the page.

const { lang, dataset } = document.documentElement;
const words = document.querySelector('meta[name="moments"]').dataset;
const shape = { day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short" };

function formatter(timeZone) {
  try {
    return new Intl.DateTimeFormat(lang, { ...shape, timeZone });
  } catch {
    // A zone that this browser has not heard of yet.
    return new Intl.DateTimeFormat(lang, shape);
  }
}

const format = formatter(dataset.timeZone);
const parts = (moment) => Object.fromEntries(format.formatToParts(moment).map(({ type, value }) => [type, value]));
const date = ({ day, month, year }) => `${day} ${month} ${year}`;

const now = parts(Date.now());
const today = date(now);
// The day before this one ends less than a day ago; days have 23 to 25 hours.
let before = Date.now();
while (date(parts(before)) === today) before -= 60 * 60 * 1000;
const yesterday = date(parts(before));

function pattern(moment) {
  if (date(moment) === today) return words.today;
  if (date(moment) === yesterday) return words.yesterday;
  return moment.year === now.year ? words.thisYear : words.date;
}

for (const element of document.querySelectorAll("time[datetime]")) {
  const moment = new Date(element.dateTime);
  if (Number.isNaN(moment.getTime())) continue;
  const { day, month, year, hour, minute, timeZoneName: zone } = parts(moment);
  const values = { day, month, year, time: `${hour}:${minute}`, zone };
  const fill = (words) => words.replace(/\{(\w+)\}/g, (gap, name) => values[name] ?? gap);
  element.textContent = fill(pattern({ day, month, year }));
  element.title = fill(words.full);
}
