// <gw-outline>: the rows of a course's outline. They come without what needs a script; here each gets
// its grip and its two buttons from one <template>, also when it is swapped in later. «More» and «Add a
// lesson» open beside their row what they lead to; pressing again closes it.
const named = (row) => row.id.slice(row.id.indexOf("-") + 1);

class Outline extends HTMLElement {
  connectedCallback() {
    if (this.ready) return;
    this.ready = true;
    this.template = this.querySelector("template");
    this.furnish();
    const isRow = (node) => node.nodeType === Node.ELEMENT_NODE && node.matches("[data-item], #outline");
    new MutationObserver((changes) => {
      if (changes.some((one) => [...one.addedNodes, ...one.removedNodes].some(isRow))) this.furnish();
    }).observe(this, { childList: true, subtree: true });
    this.addEventListener("click", (event) => {
      const link = event.target.closest("a[data-more]");
      const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
      if (!link || !plain) return;
      event.preventDefault();
      this.toggle(link);
    });
    this.addEventListener("htmx:oobBeforeSwap", (event) => this.makeRoom(event.detail));
    // A place that is not on this page: a colleague changed the outline since it was opened.
    document.body.addEventListener("htmx:oobErrorNoTarget", () => location.reload());
  }

  furnish() {
    for (const row of this.querySelectorAll("[data-item]:not(.is-ready)")) {
      row.classList.add("is-ready");
      const head = row.querySelector(":scope > .gw-outline__head") ?? row;
      const [grip, up, down] = this.template.content.cloneNode(true).children;
      const name = head.querySelector("[data-name]");
      name.id = `open-${named(row)}`;
      for (const button of [up, down]) {
        button.id = `${button.dataset.step}-${named(row)}`;
        button.setAttribute("aria-labelledby", `word-${button.dataset.step} ${name.id}`);
      }
      head.prepend(grip);
      head.querySelector("[data-more]").before(up, down);
    }
    this.querySelector("gw-sort").ends?.();
  }

  async toggle(link) {
    const home = link.parentElement;
    const open = home.querySelector(":scope > .gw-outline__more");
    if (open) {
      open.remove();
      link.setAttribute("aria-expanded", "false");
      return;
    }
    const panel = document.createElement("div");
    panel.className = "gw-outline__more";
    if (!home.matches(".gw-outline__add")) panel.id = `acts-${named(home.closest("[data-item]"))}`;
    home.append(panel);
    link.setAttribute("aria-expanded", "true");
    await htmx.ajax("GET", link.getAttribute("href"), { source: panel, target: panel, swap: "innerHTML" });
  }

  // A row that comes twice stands once; where the row leaves that a person is in, they stay nearby.
  makeRoom({ target, fragment }) {
    for (const row of fragment.querySelectorAll("[data-item]")) document.getElementById(row.id)?.remove();
    if (!target.matches("[data-item]") || !target.contains(document.activeElement)) return;
    const parent = target.parentElement.closest("[data-item]");
    const near = target.nextElementSibling ?? target.previousElementSibling;
    const to = near?.querySelector("a[data-name], a[data-more]")
      ?? parent?.querySelector(".gw-outline__add > a") ?? document.querySelector("#add-module-form input:not([type=hidden])");
    setTimeout(() => to?.focus());
  }
}

customElements.define("gw-outline", Outline);
