// <gw-menu> around a <details>: Escape and a press elsewhere close it. Without this it is a plain details.
class Menu extends HTMLElement {
  connectedCallback() {
    this.leaving = new AbortController();
    const on = { signal: this.leaving.signal };
    this.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.details.open) return;
      this.details.open = false;
      this.details.querySelector("summary").focus();
    }, on);
    document.addEventListener("click", (event) => {
      if (!this.contains(event.target)) this.details.open = false;
    }, on);
    this.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !this.contains(event.relatedTarget)) this.details.open = false;
    }, on);
  }

  disconnectedCallback() {
    this.leaving.abort();
  }

  get details() {
    return this.querySelector("details");
  }
}

customElements.define("gw-menu", Menu);
