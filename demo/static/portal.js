// The portal's own script: copying the snippet, also where the clipboard needs a secure page and has none.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const range = document.createRange();
  range.selectNodeContents(document.getElementById(button.dataset.copy));
  const chosen = getSelection();
  chosen.removeAllRanges();
  chosen.addRange(range);
  button.textContent = document.execCommand("copy") ? "已复制" : "请按 Ctrl+C";
  setTimeout(() => { button.textContent = "复制"; chosen.removeAllRanges(); }, 1600);
});
