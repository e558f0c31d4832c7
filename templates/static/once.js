// A form is sent once: a double click must not answer an application twice, for it takes the first answer and refuses the second.

let sent = new WeakSet();

document.addEventListener("submit", (event) => {
  // A ceremony sends its form itself, as often as it is tried.
  if (event.defaultPrevented) return;
  if (sent.has(event.target)) event.preventDefault();
  else sent.add(event.target);
});

// Coming back by the back button shows the page as it was left; whoever comes back may answer again.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) sent = new WeakSet();
});
