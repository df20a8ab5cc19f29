// <gw-languages>: on a narrow screen the fields of one language are shown at a time, by two buttons.
// Without this, and on wide screens, both languages stand beside or below each other.
class Languages extends HTMLElement {
  connectedCallback() {
    this.switch = this.querySelector(".gw-languages__switch");
    if (!this.switch || this.hasAttribute("showing")) return;
    this.switch.hidden = false;
    this.switch.addEventListener("click", (event) => {
      const button = event.target.closest("[data-show]");
      if (button) this.show(button.dataset.show);
    });
    // What is wrong must be in sight, and so must what a link or a script points at.
    const wrong = this.querySelector("[data-language] [aria-invalid=true]");
    this.show(wrong?.closest("[data-language]").dataset.language ?? "en");
    this.addEventListener("focusin", (event) => {
      const language = event.target.closest("[data-language]")?.dataset.language;
      if (language) this.show(language);
    });
    this.addEventListener("click", (event) => {
      const to = event.target.closest("a[href^='#']");
      const field = to && document.getElementById(to.hash.slice(1));
      const language = field?.closest("[data-language]")?.dataset.language;
      if (language) this.show(language);
    }, { capture: true });
  }

  show(language) {
    this.setAttribute("showing", language);
    for (const button of this.switch.querySelectorAll("[data-show]")) {
      button.setAttribute("aria-pressed", button.dataset.show === language);
    }
  }
}

customElements.define("gw-languages", Languages);
