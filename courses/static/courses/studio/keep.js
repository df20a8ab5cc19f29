// <gw-keep>: around a form. Nothing typed is lost by leaving the page unawares; and where the form
// saves itself by htmx (hx-post), it says what is happening, tries again, and never leaves the page.
class Keep extends HTMLElement {
  connectedCallback() {
    if (this.leaving) return this.listenToPage();
    this.form = this.querySelector("form");
    if (!this.form) return;
    this.dirty = Boolean(this.querySelector(".gw-conflict, .usa-form-group--error"));
    this.saves = this.form.hasAttribute("hx-post");
    this.addEventListener("input", () => {
      this.dirty = true;
      if (this.saves && !this.conflict) this.say("waiting");
    });
    this.form.addEventListener("submit", (event) => {
      // «Add another row» brings the form back with everything in it, and still not saved.
      if (!this.saves && !event.submitter?.hasAttribute("data-quiet")) this.dirty = false;
      else if (!this.saves) this.passing = true;
    });
    if (this.saves) this.listenToSaves();
    this.listenToPage();
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
      this.say("saving");
    });
    this.addEventListener("htmx:beforeOnLoad", (event) => {
      const { elt, xhr } = event.detail;
      if (elt !== this.form) return;
      if (xhr.getResponseHeader("HX-Redirect")) {
        event.preventDefault();
        this.fail("signedout");
      }
    });
    this.addEventListener("htmx:afterRequest", (event) => {
      const { elt, xhr } = event.detail;
      if (elt !== this.form || (xhr.status >= 200 && xhr.status < 300)) return;
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

customElements.define("gw-keep", Keep);
