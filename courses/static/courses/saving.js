// <gw-saving saving="Saving…" failed="Not saved yet. …">: around fields that htmx saves by themselves.
// Says what is happening where the answer will appear, tries again when the network was away, and
// asks before leaving while something typed has not reached the server.
class Saving extends HTMLElement {
  connectedCallback() {
    this.waiting = new Set();
    this.leaving = new AbortController();
    const on = { signal: this.leaving.signal };
    this.addEventListener("input", (event) => {
      const field = event.target.closest("[hx-post]");
      if (field) this.waiting.add(field);
    }, on);
    this.addEventListener("htmx:beforeRequest", (event) => {
      this.waiting.delete(event.detail.elt);
      this.say(event.detail.target, "saving");
    }, on);
    this.addEventListener("htmx:afterRequest", (event) => {
      const { elt, target, successful, xhr } = event.detail;
      if (successful || xhr.status === 422) return;
      this.waiting.add(elt);
      this.say(target, "failed");
      if (xhr.status === 0 || xhr.status >= 500) {
        setTimeout(() => this.isConnected && elt.dispatchEvent(new Event("retry")), 4000);
      }
    }, on);
    // A form that is being sent carries everything with it.
    document.addEventListener("submit", () => this.waiting.clear(), on);
    window.addEventListener("beforeunload", (event) => {
      if (this.waiting.size) event.preventDefault();
    }, on);
  }

  disconnectedCallback() {
    this.leaving.abort();
  }

  say(target, what) {
    const words = document.createElement("span");
    words.className = what === "failed" ? "usa-error-message" : "gw-muted gw-small";
    words.textContent = this.getAttribute(what);
    target.replaceChildren(words);
  }
}

customElements.define("gw-saving", Saving);
