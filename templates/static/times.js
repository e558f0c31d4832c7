// Moves the moments of a page from UTC into the reader's own zone. The words, and where the parts of a date go in them, come from the page.

const words = document.querySelector('meta[name="moments"]').dataset;
const format = new Intl.DateTimeFormat(document.documentElement.lang, {
  day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "short",
});
const now = new Date();
const yesterday = new Date(now);
yesterday.setDate(now.getDate() - 1);

function pattern(moment) {
  if (moment.toDateString() === now.toDateString()) return words.today;
  if (moment.toDateString() === yesterday.toDateString()) return words.yesterday;
  return moment.getFullYear() === now.getFullYear() ? words.thisYear : words.date;
}

for (const element of document.querySelectorAll("time[datetime]")) {
  const moment = new Date(element.dateTime);
  if (Number.isNaN(moment.getTime())) continue;
  const { day, month, year, hour, minute, timeZoneName: zone } = Object.fromEntries(format.formatToParts(moment).map(({ type, value }) => [type, value]));
  const parts = { day, month, year, time: `${hour}:${minute}`, zone };
  const fill = (words) => words.replace(/\{(\w+)\}/g, (gap, name) => parts[name] ?? gap);
  element.textContent = fill(pattern(moment));
  element.title = fill(words.full);
}
