// <gw-keep>: around a form. Nothing typed is lost by leaving the page unawares; and where the form
// saves itself by htmx (hx-post), it says what is happening, tries again, and never leaves the page.
//
// With person="…" what is typed is also kept on this device until the server has it: a closed tab, an
// expired session or a server that restarts loses nothing. It comes back when the form is opened
// again, with the base it began from, so that the server still decides whose words stand.
const SHELF = "gw-kept:";
const DAYS = 30;

class Keep extends HTMLElement {
  connectedCallback() {
    if (this.leaving) return this.listenToPage();
    this.form = this.querySelector("form");
    if (!this.form) return;
    this.dirty = Boolean(this.querySelector(".gw-conflict, .usa-form-group--error"));
    this.saves = this.form.hasAttribute("hx-post");
    const person = this.getAttribute("person");
    this.place = this.saves && person ? `${SHELF}${person}:${this.form.getAttribute("action")}` : "";
    this.typed = 0;
    this.addEventListener("input", () => {
      this.dirty = true;
      this.typed += 1;
      this.shelve();
      if (this.saves && !this.conflict) this.say("waiting");
    });
    this.form.addEventListener("submit", (event) => {
      // «Add another row» brings the form back with everything in it, and still not saved.
      if (!this.saves && !event.submitter?.hasAttribute("data-quiet")) this.dirty = false;
      else if (!this.saves) this.passing = true;
    });
    if (this.saves) this.listenToSaves();
    this.listenToPage();
    this.takeBack();
  }

  // What was typed, on this device. A browser without room or without leave to keep it: then not.
  shelve() {
    if (!this.place) return;
    const fields = {};
    for (const { name, type, value, checked } of this.form.elements) {
      if (!name || name === "csrfmiddlewaretoken" || type === "submit") continue;
      fields[name] = type === "checkbox" ? checked : value;
    }
    try {
      localStorage.setItem(this.place, JSON.stringify({ at: Date.now(), fields }));
    } catch {}
  }

  unshelve() {
    try {
      localStorage.removeItem(this.place);
    } catch {}
  }

  takeBack() {
    const kept = this.place && read(this.place);
    if (!kept) return;
    const now = (field) => (field.type === "checkbox" ? field.checked : field.value);
    // The server has it all: then nothing is taken back, least of all the base it began from.
    const news = ([name, value]) => {
      const field = this.form.elements[name];
      return name !== "base" && (field ? now(field) !== value : Boolean(value));
    };
    if (!Object.entries(kept).some(news)) return this.unshelve();
    for (const [name, value] of Object.entries(kept)) {
      let field = this.form.elements[name];
      if (!field) {
        // A row that was added and never saved.
        field = document.createElement("input");
        field.type = "hidden";
        field.name = name;
        this.form.append(field);
        if (value === true) field.value = "on";
        else if (value === false) field.remove();
      }
      if (field.type === "checkbox") field.checked = value;
      else if (typeof value === "string") field.value = value;
    }
    this.dirty = true;
    this.say("back");
    setTimeout(() => this.isConnected && this.form.dispatchEvent(new Event("again")), 400);
  }

  disconnectedCallback() {
    this.leaving?.abort();
    clearTimeout(this.retry);
  }

  get conflict() {
    return this.querySelector(".gw-conflict");
  }

  get words() {
    return this.querySelector(".gw-kept");
  }

  listenToPage() {
    this.leaving = new AbortController();
    window.addEventListener("beforeunload", (event) => {
      if (this.dirty && !this.passing) event.preventDefault();
    }, { signal: this.leaving.signal });
  }

  listenToSaves() {
    this.addEventListener("htmx:confirm", (event) => {
      // While two texts stand side by side only a press on a button decides.
      const typed = event.detail.triggeringEvent?.type !== "submit";
      if (event.target === this.form && typed && this.conflict) event.preventDefault();
    });
    this.addEventListener("htmx:configRequest", (event) => {
      if (event.detail.elt !== this.form) return;
      // After signing in again on another tab the token of this page is an old one.
      const token = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
      if (token) event.detail.parameters["csrfmiddlewaretoken"] = token;
      clearTimeout(this.retry);
      this.dirty = false;
      this.sent = this.typed;
      this.say("saving");
    });
    this.addEventListener("htmx:beforeOnLoad", (event) => {
      const { elt, xhr } = event.detail;
      if (elt !== this.form) return;
      if (xhr.getResponseHeader("HX-Redirect")) {
        event.preventDefault();
        this.fail("signedout");
        this.offerSignIn(xhr.getResponseHeader("HX-Redirect"));
      }
    });
    this.addEventListener("htmx:afterRequest", (event) => {
      const { elt, xhr } = event.detail;
      if (elt !== this.form) return;
      if (xhr.status >= 200 && xhr.status < 300) {
        if (xhr.getResponseHeader("HX-Redirect")) return;
        // What was typed since the request left stays, with the new base.
        if (this.sent === this.typed) this.unshelve();
        else setTimeout(() => this.isConnected && this.shelve());
        return;
      }
      if (xhr.status === 422) {
        this.dirty = true;
      } else if (xhr.status === 0 || xhr.status >= 500) {
        this.fail("failed");
        this.retry = setTimeout(() => this.isConnected && this.form.dispatchEvent(new Event("again")), 5000);
      } else {
        this.fail("refused");
      }
    });
  }

  // What is typed waits here: the way to sign in may lead through this very page.
  offerSignIn(address) {
    if (!this.place || !this.words) return;
    const link = document.createElement("a");
    link.href = address;
    link.textContent = this.getAttribute("signin");
    link.addEventListener("click", () => {
      this.passing = true;
    });
    this.words.append(link);
  }

  fail(what) {
    this.dirty = true;
    this.say(what);
  }

  say(what) {
    const text = this.getAttribute(what);
    if (!text || !this.words) return;
    const line = document.createElement("p");
    line.className = what === "waiting" || what === "saving" ? "gw-muted gw-small" : "usa-error-message";
    line.textContent = text;
    // «Waiting» and «saving» come with every pause: shown, not read out.
    this.words.setAttribute("aria-live", line.className === "usa-error-message" ? "assertive" : "off");
    this.words.replaceChildren(line);
    requestAnimationFrame(() => this.words?.setAttribute("aria-live", "polite"));
  }
}

function read(place) {
  try {
    const { at, fields } = JSON.parse(localStorage.getItem(place)) ?? {};
    if (at > Date.now() - DAYS * 86_400_000) return fields;
    localStorage.removeItem(place);
  } catch {}
  return null;
}

// <gw-unsaved person="…">: on a page whose editors open on demand, opens those that hold something
// typed here before and never saved.
class Unsaved extends HTMLElement {
  connectedCallback() {
    const prefix = `${SHELF}${this.getAttribute("person")}:`;
    setTimeout(() => {
      for (const link of document.querySelectorAll("a[id^=edit-][hx-get]")) {
        if (read(prefix + link.getAttribute("hx-get"))) link.click();
      }
    }, 200);
  }
}

customElements.define("gw-keep", Keep);
customElements.define("gw-unsaved", Unsaved);
