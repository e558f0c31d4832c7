// Passwords can be looked at before they are sent, and a new one says how long it is. Nothing is judged here: that is for the server.

for (const button of document.querySelectorAll("[data-reveals]")) {
  const field = document.getElementById(button.dataset.reveals);
  const [show, hide] = [button.textContent, button.dataset.hide];
  const reveal = (shown) => {
    field.type = shown ? "text" : "password";
    button.setAttribute("aria-pressed", shown);
    button.textContent = shown ? hide : show;
  };
  button.hidden = false;
  button.addEventListener("click", () => reveal(field.type === "password"));
  // What is sent is a password again, so that no browser keeps it as text.
  field.form.addEventListener("submit", () => reveal(false));
}

for (const counter of document.querySelectorAll("[data-counts]")) {
  const field = document.getElementById(counter.dataset.counts);
  const count = () => {
    const characters = [...field.value.normalize("NFC")].length;
    counter.value = Math.min(characters, counter.max);
  };
  field.addEventListener("input", count);
  counter.hidden = false;
  count();
}
