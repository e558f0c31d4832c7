// Sends on, once, the form that waits for nothing more: because its person has confirmed who they are, or because it is an answer on its way.
// Without this script its button does the same.

document.querySelector("[data-go-on]").requestSubmit();
