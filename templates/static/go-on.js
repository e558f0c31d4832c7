// Sends on, once, the form that waited until its person had confirmed who they are. Without this script its button does the same.

document.querySelector("[data-go-on]").requestSubmit();
