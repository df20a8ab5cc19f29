// <gw-unread for="chat">: how many elements of a list are new since its tab was last open.
class Unread extends HTMLElement {
  connectedCallback() {
    this.count = 0;
    this.leaving = new AbortController();
    const on = { signal: this.leaving.signal };
    document.addEventListener("room:placed", ({ detail }) => {
      if (detail.list === this.list && detail.isNew && document.getElementById(this.list)?.hidden) this.show(this.count + 1);
    }, on);
    document.addEventListener("gw-tab", ({ detail }) => {
      if (detail.panel === this.list) this.show(0);
    }, on);
  }

  disconnectedCallback() {
    this.leaving.abort();
  }

  get list() {
    return this.getAttribute("for");
  }

  show(count) {
    this.count = count;
    this.className = count ? "gw-count" : "";
    this.textContent = count ? (this.dataset.one ?? "{n}").replace("{n}", count) : "";
  }
}

customElements.define("gw-unread", Unread);
