// <gw-copy for="id"><button hidden>…<span data-done="Copied">Copy</span></button></gw-copy>:
// puts the text of that element on the clipboard. The button shows only where that works.
class Copy extends HTMLElement {
  connectedCallback() {
    const button = this.querySelector("button");
    if (!navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const source = document.getElementById(this.getAttribute("for"));
      await navigator.clipboard.writeText((source.value ?? source.textContent).trim());
      const words = button.querySelector("[data-done]");
      words.setAttribute("role", "status");
      words.textContent = words.dataset.done;
    });
  }
}

customElements.define("gw-copy", Copy);
