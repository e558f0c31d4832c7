// Copy, download and print the backup codes. Everything happens in this page; nothing is sent anywhere.

const codes = [...document.querySelectorAll("[data-codes] code")].map((code) => code.textContent);
const facts = [...document.querySelectorAll(".facts > div")].map((fact) => {
  const time = fact.querySelector("time");
  return `${fact.querySelector("dt").textContent}: ${time ? time.title : fact.querySelector("dd").textContent}`;
});
const status = document.querySelector("[data-status]");

function on(action, act) {
  const button = document.querySelector(`[data-action="${action}"]`);
  button.addEventListener("click", () => act(button));
}

/** Marks the codes, so that a person can copy them where the page may not. */
function select() {
  getSelection().selectAllChildren(document.querySelector("[data-codes]"));
}

on("copy", async (button) => {
  try {
    await navigator.clipboard.writeText(codes.join("\n"));
  } catch {
    return select();
  }
  const label = button.querySelector("[data-label]");
  const before = label.textContent;
  label.textContent = status.textContent = button.dataset.done;
  setTimeout(() => {
    label.textContent = before;
    status.textContent = "";
  }, 2000);
});

on("download", (button) => {
  const text = [document.title, "", ...facts, "", ...codes, ""].join("\n");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  link.download = button.dataset.filename;
  link.click();
  URL.revokeObjectURL(link.href);
});

on("print", () => window.print());
