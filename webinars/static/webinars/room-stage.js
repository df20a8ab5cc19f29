// <gw-stage>: the picture, and a choice of others that go with it: with a sign language interpreter, in another
// language. The choice is kept while the window is open. Without this the links load the page with the other picture.
class Stage extends HTMLElement {
  connectedCallback() {
    this.addEventListener("click", (event) => {
      const link = event.target.closest("a[data-stream]");
      if (!link) return;
      event.preventDefault();
      this.choose(link.dataset.stream);
    });
    const kept = sessionStorage.getItem(this.key) ?? this.shown;
    if (kept !== this.shown && this.template(kept)) this.show(kept);
  }

  get key() {
    return `gw-stream ${location.pathname}`;
  }

  get shown() {
    return this.querySelector("a[data-stream][aria-current]")?.dataset.stream ?? "";
  }

  template(stream) {
    return [...this.querySelectorAll("template[data-stream]")].find((one) => one.dataset.stream === stream);
  }

  choose(stream) {
    sessionStorage.setItem(this.key, stream);
    if (stream !== this.shown) this.show(stream);
  }

  show(stream) {
    this.querySelector(".gw-room__stage").replaceChildren(document.importNode(this.template(stream).content, true));
    for (const link of this.querySelectorAll("a[data-stream]")) {
      if (link.dataset.stream === stream) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }
}

customElements.define("gw-stage", Stage);
