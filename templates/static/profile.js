// Offers the time zones that this browser knows, its own one first. Without it a name is typed; the server knows them all.

const own = new Intl.DateTimeFormat().resolvedOptions().timeZone;
const known = Intl.supportedValuesOf?.("timeZone") ?? [];
const options = [...new Set([own, ...known])].map((name) => Object.assign(document.createElement("option"), { value: name }));
document.getElementById("time-zones").append(...options);
document.getElementById("time_zone").placeholder = own;
