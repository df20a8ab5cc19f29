// <gw-keep person="…">: around a form. Nothing typed is lost by leaving the page unawares, by a closed
// tab, an expired session or a server that restarts: what is typed is kept on this device, for this
// person and this form, until the server has it. It comes back when the form is opened again, with the
// base it began from, so that the server still decides whose words stand.
//
// A form with hx-post saves itself; it says what is happening, and tries again. Any other form is sent
// by htmx all the same: an answer that never comes, or one that asks to sign in, leaves it as it is.
// `pressed` is a small form with hx-post that is sent by its button, and whose answer stands in the page.
// It never asks before the page is left: whoever goes for a moment finds it again.
// `unsaved` says that the server sent back what it did not take; `part` tells forms of one page apart.
const SHELF = "gw-kept:";
const DAYS = 30;
const MACHINERY = new Set(["base", "key", "rows", "kind", "replace"]); // nobody typed these

// What of a kept form is worth bringing back: null when the server has it all, so that nothing is
// brought back then, least of all the base it began from. `lacking` are fields that the page does not
// show: rows that were added. Both are {name: [values]}.
export function worthBringingBack(kept, now) {
  const differs = ([name, values]) => {
    if (MACHINERY.has(name)) return false;
    return name in now ? String(now[name]) !== String(values) : values.some(Boolean);
  };
  if (!Object.entries(kept).some(differs)) return null;
  return { fields: kept, lacking: Object.keys(kept).filter((name) => !(name in now)) };
}

class Keep extends HTMLElement {
  connectedCallback() {
    if (this.leaving) return this.listenToPage();
    this.form = this.querySelector("form");
    if (!this.form) return;
    this.pressed = this.hasAttribute("pressed");
    this.saves = this.form.hasAttribute("hx-post") && !this.pressed;
    this.dirty = this.hasAttribute("unsaved");
    this.typed = 0;
    const address = this.form.getAttribute("action") || location.pathname + location.search;
    const names = [this.getAttribute("person"), address, this.getAttribute("part") ?? ""];
    this.place = names[0] ? SHELF + names.join(":").replace(/:$/, "") : "";
    this.addEventListener("input", () => {
      this.dirty = true;
      this.typed += 1;
      this.shelve();
      if (this.saves && !this.conflict) this.say("waiting");
    });
    // «Drop mine and open what is saved».
    this.addEventListener("click", (event) => {
      if (!event.target.closest("[data-drop]")) return;
      this.unshelve();
      this.dirty = false;
    });
    if (this.pressed) this.makeRoom();
    else if (!this.saves && this.place) this.sendByHtmx(address);
    else if (!this.saves) this.form.addEventListener("submit", () => (this.dirty = false));
    this.listenToSaves();
    this.listenToPage();
    if (!this.dirty) this.takeBack();
    else this.goOn();
  }

  // What was typed, on this device. A browser without room or without leave to keep it: then not.
  shelve() {
    if (!this.place) return;
    try {
      localStorage.setItem(this.place, JSON.stringify({ at: Date.now(), fields: values(this.form) }));
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
    const back = worthBringingBack(kept, values(this.form));
    if (!back) return this.unshelve();
    put(this.form, back.fields);
    this.dirty = true;
    if (this.saves) {
      this.say("back");
      setTimeout(() => this.isConnected && this.form.dispatchEvent(new Event("again")), 400);
      return;
    }
    const more = this.form.querySelector("button[name=more]");
    if (!back.lacking.length || !more) return this.sayBack();
    // The server makes the rows that were added: it is asked for one more than all but the last.
    this.form.elements["rows"].value = Math.max(0, Number(back.fields.rows) - 1);
    Keep.after = "back";
    setTimeout(() => this.isConnected && more.click());
  }

  // A form that came back unsaved: it is kept, and the person goes on where there is something to do.
  goOn() {
    this.shelve();
    const { after, known } = Keep;
    [Keep.after, Keep.known] = [null, null];
    if (after === "back") this.sayBack();
    else if (after === "more") {
      const added = [...this.form.elements].find((field) => field.name && field.type !== "hidden" && !known.has(field.name));
      added?.focus();
    } else if (after) (this.querySelector("[aria-invalid=true]") ?? this.querySelector(".gw-conflict button"))?.focus();
  }

  sayBack() {
    const line = document.createElement("div");
    line.className = "usa-alert usa-alert--info usa-alert--slim gw-back";
    line.innerHTML = '<div class="usa-alert__body"><p class="usa-alert__text gw-cluster" role="status"><span></span> <button type="button" class="usa-button usa-button--outline usa-button--small"></button></p></div>';
    line.querySelector("span").textContent = this.getAttribute("back");
    const drop = line.querySelector("button");
    drop.textContent = this.getAttribute("drop");
    drop.addEventListener("click", () => {
      this.unshelve();
      this.dirty = false;
      if (!this.pressed) return location.reload();
      this.form.reset();
      line.remove();
      this.form.querySelector("textarea, input:not([type=hidden])").focus();
    });
    this.form.prepend(line);
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

  // For the words that `say` says.
  makeRoom() {
    const words = document.createElement("div");
    words.className = "gw-kept";
    words.setAttribute("role", "status");
    (this.form.querySelector(":scope > .gw-actions") ?? this.form.lastElementChild).before(words);
  }

  sendByHtmx(address) {
    const { form } = this;
    this.makeRoom();
    form.setAttribute("hx-post", address);
    const around = this.closest("gw-languages") ? "gw-languages" : "gw-keep";
    form.setAttribute("hx-target", `closest ${around}`);
    form.setAttribute("hx-select", around);
    form.setAttribute("hx-swap", "outerHTML");
    form.setAttribute("hx-sync", "this:drop");
    if (form.enctype === "multipart/form-data") form.setAttribute("hx-encoding", form.enctype);
    htmx.process(form);
    form.addEventListener("submit", (event) => {
      Keep.after = event.submitter?.name !== "more" ? "refused" : Keep.after === "back" ? "back" : "more";
      Keep.known = new Set([...form.elements].map((field) => field.name));
    });
  }

  listenToPage() {
    this.leaving = new AbortController();
    window.addEventListener("beforeunload", (event) => {
      if (this.dirty && !this.passing && !this.pressed) event.preventDefault();
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
      const to = elt === this.form && xhr.getResponseHeader("HX-Redirect");
      // Before the answer is in the page, where an empty form of this name would take it back.
      if (!to && elt === this.form && this.pressed && xhr.status < 300) this.unshelve();
      if (!to) return;
      // A form that saves itself stays where it is: sent elsewhere, one has to sign in.
      if (!this.saves && new URL(to, location.href).pathname !== this.getAttribute("door")) {
        this.unshelve();
        return;
      }
      event.preventDefault();
      this.fail("signedout");
      this.offerSignIn(to);
    });
    this.addEventListener("htmx:afterRequest", (event) => {
      const { elt, xhr } = event.detail;
      if (elt !== this.form) return;
      if (xhr.status >= 200 && xhr.status < 300) {
        if (!this.saves || xhr.getResponseHeader("HX-Redirect")) return;
        // What was typed since the request left stays, with the new base.
        if (this.sent === this.typed) this.unshelve();
        else setTimeout(() => this.isConnected && this.shelve());
        return;
      }
      if (xhr.status === 422) {
        this.dirty = true;
      } else if (xhr.status === 0 || xhr.status >= 500) {
        this.fail("failed");
        const again = () => this.isConnected && this.form.dispatchEvent(new Event("again"));
        if (this.saves) this.retry = setTimeout(again, 5000);
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
    this.shelve();
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

// {name: [values]} of everything that can be typed or chosen, boxes that are not ticked too.
function values(form) {
  const found = {};
  for (const field of form.elements) {
    const { name, type } = field;
    if (!name || name === "csrfmiddlewaretoken" || type === "submit" || type === "file") continue;
    found[name] ??= [];
    if (type === "checkbox" || type === "radio") {
      if (field.checked) found[name].push(field.value);
    } else if (type === "select-multiple") {
      found[name].push(...[...field.selectedOptions].map((option) => option.value));
    } else found[name].push(field.value);
  }
  return found;
}

function put(form, kept) {
  const turn = {};
  for (const field of form.elements) {
    const { name, type } = field;
    if (!(name in kept) || type === "file" || type === "submit") continue;
    if (type === "checkbox" || type === "radio") field.checked = kept[name].includes(field.value);
    else if (type === "select-multiple") {
      for (const option of field.options) option.selected = kept[name].includes(option.value);
    } else field.value = kept[name][(turn[name] = (turn[name] ?? -1) + 1)] ?? "";
  }
  // Rows that were added and never saved.
  const shown = new Set([...form.elements].map((field) => field.name));
  for (const [name, all] of Object.entries(kept)) {
    for (const value of shown.has(name) ? [] : all) {
      const field = document.createElement("input");
      [field.type, field.name, field.value] = ["hidden", name, value];
      form.append(field);
    }
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

// <gw-unsaved person="…">: on a page whose editors, threads and panels open on demand, opens those that
// hold something typed here before and never saved.
class Unsaved extends HTMLElement {
  connectedCallback() {
    const prefix = `${SHELF}${this.getAttribute("person")}:`;
    setTimeout(() => {
      const opening = "a[id^=edit-][hx-get], .gw-comments__open[hx-get], gw-outline:defined a[data-more]";
      for (const link of document.querySelectorAll(opening)) {
        const address = link.getAttribute("hx-get") ?? link.getAttribute("href");
        const renaming = address.replace(/more\/$/, "rename/");
        if (read(prefix + address) || read(prefix + renaming)) link.click();
      }
    }, 200);
  }
}

// What has lain here too long goes, also of forms that are gone.
for (const place of Object.keys(localStorage)) if (place.startsWith(SHELF)) read(place);
customElements.define("gw-keep", Keep);
customElements.define("gw-unsaved", Unsaved);
