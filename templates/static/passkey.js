// The passkey ceremonies of a page: begin at the server, prompt by the browser, finish at the server (WebAuthn Level 3).
// It knows no sentence of its own: what it says lies in the page's <template data-say="...">, in the reader's language.

const token = document.querySelector('meta[name="csrf-token"]').content;

/** A refusal by the server: a problem document (RFC 9457), or anything else that is not an answer. */
class Problem extends Error {
  constructor(document) {
    super(document.code ?? "unreadable");
    this.code = document.code;
    this.title = document.title;
    this.detail = document.detail;
  }
}

/** The server could not be asked at all. */
class Unreachable extends Error {}

async function post(url, body, signal) {
  let response;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json, application/problem+json", "X-CSRF-Token": token },
      body: JSON.stringify(body),
      signal,
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Unreachable();
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Problem(answer);
  return answer;
}

const supported = () =>
  window.isSecureContext && typeof window.PublicKeyCredential?.parseRequestOptionsFromJSON === "function";

/** The server knows no such passkey: the credential manager may let go of the one that was just tried (WebAuthn Level 3 §5.1.10.2). */
const forget = (rpId, credentialId) =>
  PublicKeyCredential.signalUnknownCredential?.({ rpId, credentialId }).catch(() => {});

/** What stands for a password, where the first passkey is made after one. */
const passed = ({ dataset }) => ("passed" in dataset ? { passed: dataset.passed, request: dataset.request || null } : {});

/** What the two kinds of ceremony ask of the browser, and which facts travel with them. */
const kinds = {
  get: {
    prompt: (options, signal, mediation) =>
      navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options), signal, mediation }),
    begin: ({ dataset }) => ({ request: dataset.request || null }),
    finish: ({ dataset }) => ({ request: dataset.request || null, email: dataset.email || null }),
  },
  create: {
    prompt: (options, signal) =>
      navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options), signal }),
    begin: (form) => ({ ...Object.fromEntries(new FormData(form)), ...passed(form) }),
    finish: passed,
  },
};

class Ceremony {
  constructor(root) {
    this.root = root;
    this.kind = kinds[root.dataset.ceremony];
    this.status = root.querySelector("[data-status]");
    this.button = root.querySelector("button[data-action]");
    this.running = null;
    this.prompted = false;
    this.autofill = "autofill" in root.dataset ? new Autofill(this, document.getElementById(root.dataset.autofill)) : null;
    if (root instanceof HTMLFormElement) {
      // Through the form's own submission, so that the browser checks the fields and the Enter key works.
      root.addEventListener("submit", (event) => {
        event.preventDefault();
        this.run();
      });
    } else {
      this.button.addEventListener("click", () => this.run());
    }
    root.addEventListener("click", (event) => {
      if (event.target.closest('[data-action="stop"]')) this.running?.abort();
    });
    root.addEventListener("input", (event) => this.clear(event.target));
    // Coming back by the back button shows the page as it was left: waiting for a prompt that is long gone.
    window.addEventListener("pageshow", (event) => {
      if (event.persisted) this.rest();
    });
    this.button.disabled = false;
  }

  async run() {
    if (this.running) return;
    if (!supported()) {
      this.say("unsupported");
      return this.fallBack();
    }
    await this.conclude((signal) => this.attempt(signal));
  }

  /** Goes on with a passkey that was picked without the button. */
  async take(ceremony, credential) {
    if (this.running) return;
    this.prompted = true;
    await this.conclude((signal) => this.finish(ceremony, credential, signal));
  }

  /** Shows that something is under way, and goes where it leads, or says why not. */
  async conclude(attempt) {
    this.running = new AbortController();
    // A browser answers one question at a time.
    this.autofill?.stop();
    const { signal } = this.running;
    const startedHere = this.hasFocus();
    this.clear();
    this.say("waiting");
    this.root.dataset.state = "waiting";
    if (startedHere) this.status.querySelector("button").focus();
    try {
      // One that lay too long begins anew, once, without a word.
      const { redirect } = await attempt(signal).catch((error) => {
        if (error.code !== "ceremony_expired") throw error;
        return this.attempt(signal);
      });
      // A form that waited for this goes its own way.
      if (this.root.dataset.then) document.getElementById(this.root.dataset.then).submit();
      else location.assign(this.root.dataset.go ?? redirect);
    } catch (error) {
      // The button that had the focus goes away; the keyboard must not lose its place.
      const focusWasHere = this.hasFocus();
      this.rest();
      this.explain(error);
      if (focusWasHere && (!document.activeElement || document.activeElement === document.body)) this.button.focus();
    }
  }

  hasFocus() {
    return this.root.contains(document.activeElement);
  }

  /** One whole ceremony. */
  async attempt(signal) {
    const { ceremony, publicKey } = await this.ask(this.root.dataset.begin, this.kind.begin(this.root), signal);
    this.rpId = publicKey.rpId;
    this.prompted = true;
    return this.finish(ceremony, await this.kind.prompt(publicKey, signal), signal);
  }

  async finish(ceremony, credential, signal) {
    const facts = { ...this.kind.finish(this.root), ceremony, credential: credential.toJSON() };
    try {
      return await this.ask(this.root.dataset.finish, facts, signal);
    } catch (error) {
      if (error.code === "passkey_unknown") forget(this.rpId, credential.id);
      throw error;
    }
  }

  /** Asks the server. Where it wants to know first that it is still the same person, that is shown with a passkey, and asked again. */
  async ask(url, body, signal) {
    try {
      return await post(url, body, signal);
    } catch (error) {
      if (error.code !== "confirm_needed" || !this.root.dataset.confirm) throw error;
      // Without a passkey a page asks for what there is, and leads back here.
      if ("confirmElsewhere" in this.root.dataset) {
        location.assign(this.root.dataset.confirm);
        await new Promise(() => {});
      }
      await this.confirm(signal);
      return await post(url, body, signal);
    }
  }

  async confirm(signal) {
    this.says("confirming");
    const { ceremony, publicKey } = await post(`${this.root.dataset.confirm}/begin`, {}, signal);
    this.prompted = true;
    const credential = await kinds.get.prompt(publicKey, signal);
    await post(`${this.root.dataset.confirm}/finish`, { ceremony, credential: credential.toJSON() }, signal);
    this.says("waiting");
  }

  /** Says what is waited for; the keyboard stays where it was. */
  says(name) {
    const hadFocus = this.hasFocus();
    this.say(name);
    if (hadFocus) this.status.querySelector("button").focus();
  }

  /** Back to where the button can be pressed. */
  rest() {
    this.running = null;
    delete this.root.dataset.state;
    this.status.replaceChildren();
    // Not before a passkey was asked for: a name that was refused is no passkey to try again.
    if (this.prompted) this.button.querySelector("[data-label]").textContent = this.button.dataset.again;
  }

  explain(error) {
    if (error instanceof Unreachable) return this.say("unreachable");
    if (error instanceof Problem) this.explainProblem(error);
    else this.explainRefusal(error);
    this.fallBack();
  }

  explainRefusal(error) {
    // The device holds a passkey of this account already (WebAuthn Level 3 §6.3.2): the one refusal of the browser that has a reason.
    if (error.name === "InvalidStateError") return this.say("exists");
    if (error.name === "NotSupportedError" || error.name === "SecurityError") return this.say("unsupported");
    // Dismissed, timed out, no passkey here: browsers don't tell which, on purpose.
    this.say("dismissed");
  }

  /** What else there is when the passkey came to nothing: it opens, and the keyboard goes there. */
  fallBack() {
    const other = document.querySelector("[data-fallback]");
    if (!other) return;
    const [typed, email, password] = ["email", "password-email", "password"].map((id) => document.getElementById(id));
    if (typed && !email.value) email.value = typed.value;
    other.open = true;
    (email.value ? password : email).focus();
  }

  explainProblem(problem) {
    if (!problem.title) return this.say("unreachable");
    const shown = this.say("problem");
    shown.querySelector("[data-title]").textContent = problem.title;
    shown.querySelector("[data-detail]").textContent = problem.detail ?? "";
    const field = [...this.root.querySelectorAll("[data-codes]")].find(({ dataset }) => dataset.codes.split(" ").includes(problem.code));
    if (!field) return;
    const beside = document.getElementById(`${field.id}-error`);
    beside.textContent = problem.detail || problem.title;
    beside.hidden = false;
    field.setAttribute("aria-invalid", "true");
    field.focus();
  }

  /** Takes the complaint away from one field, or from all. */
  clear(only) {
    for (const field of this.root.querySelectorAll("[aria-invalid]")) {
      if (only && only !== field) continue;
      field.removeAttribute("aria-invalid");
      document.getElementById(`${field.id}-error`).hidden = true;
    }
  }

  say(name) {
    const words = this.root.querySelector(`template[data-say="${name}"]`).content.cloneNode(true);
    this.status.replaceChildren(words);
    return this.status;
  }
}

/** How long a challenge may lie before it is renewed, in milliseconds: the server takes an answer for five minutes. */
const RENEW_AFTER = 4 * 60 * 1000;

/** As long as a browser's own window may cover the page while a passkey is picked: one must not be taken away under the hand. */
const LEAVE_ALONE = 30 * 1000;

/**
 * A passkey from the list under the field (conditional mediation, WebAuthn Level 3 §5.1.4). A question waits while the page lies open, at
 * most one at a time. It is an offer: what comes to nothing goes without a word.
 */
class Autofill {
  constructor(ceremony, field) {
    this.ceremony = ceremony;
    this.pending = null;
    this.askedAt = 0;
    this.timer = 0;
    // An offer that came to nothing is made again when somebody comes back for it, and not before: it must not go round in circles.
    for (const touched of ["focus", "pointerdown"]) field.addEventListener(touched, () => this.start());
    field.form.addEventListener("submit", () => this.stop());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible" && Date.now() - this.askedAt >= LEAVE_ALONE) this.renew();
    });
    window.addEventListener("pagehide", () => this.stop());
    window.addEventListener("pageshow", (event) => {
      if (event.persisted) this.start();
    });
  }

  stop() {
    clearTimeout(this.timer);
    this.pending?.abort();
    this.pending = null;
  }

  renew() {
    this.stop();
    return this.start();
  }

  async start() {
    if (this.pending || this.ceremony.running) return;
    const pending = new AbortController();
    this.pending = pending;
    this.askedAt = Date.now();
    const answer = await this.ask(pending.signal).catch(() => null);
    if (this.pending !== pending) return;
    this.pending = null;
    if (answer) this.ceremony.take(answer.ceremony, answer.credential);
  }

  async ask(signal) {
    if (!supported() || !(await PublicKeyCredential.isConditionalMediationAvailable?.())) return null;
    const { root, kind } = this.ceremony;
    const { ceremony, publicKey } = await post(root.dataset.begin, kind.begin(root), signal);
    this.ceremony.rpId = publicKey.rpId;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.renew(), RENEW_AFTER);
    const credential = await kind.prompt(publicKey, signal, "conditional");
    return credential && { ceremony, credential };
  }
}

for (const root of document.querySelectorAll("[data-ceremony]")) {
  const ceremony = new Ceremony(root);
  if ("auto" in root.dataset) ceremony.run();
  else ceremony.autofill?.start();
}
