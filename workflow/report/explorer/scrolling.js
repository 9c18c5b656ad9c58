// Tables and figures that are wider than the screen can be moved by keys: they take the focus there,
// and are no stop for the Tab key where all of them is seen.

for (const wide of document.querySelectorAll(".wide")) {
  const fit = new ResizeObserver(() => {
    if (wide.scrollWidth > wide.clientWidth) wide.tabIndex = 0;
    else wide.removeAttribute("tabindex");
  });
  for (const each of [wide, ...wide.children]) fit.observe(each);
}
