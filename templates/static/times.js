// Moves the moments of a page from UTC into the reader's own zone. The words for "today at ..." come from the page.

const words = document.querySelector('meta[name="moments"]').dataset;
const language = document.documentElement.lang;
const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" });
const full = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "long" });
const thisYear = new Intl.DateTimeFormat(language, { day: "numeric", month: "long" });
const date = new Intl.DateTimeFormat(language, { day: "numeric", month: "long", year: "numeric" });

const now = new Date();
const yesterday = new Date(now);
yesterday.setDate(now.getDate() - 1);

function inWords(moment) {
  if (moment.toDateString() === now.toDateString()) return words.today.replace("{time}", clock.format(moment));
  if (moment.toDateString() === yesterday.toDateString()) return words.yesterday.replace("{time}", clock.format(moment));
  return (moment.getFullYear() === now.getFullYear() ? thisYear : date).format(moment);
}

for (const element of document.querySelectorAll("time[datetime]")) {
  const moment = new Date(element.dateTime);
  if (Number.isNaN(moment.getTime())) continue;
  element.textContent = inWords(moment);
  element.title = full.format(moment);
}
