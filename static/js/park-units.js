// Chooses a figure's unit with its metric: the one this park's rows already use, where none is set.
(() => {
  const usual = {
    tenants: "家", occupancy: "percent", rd_centres: "个", planned_area: "km2", land_area: "mu",
    gfa: "m2", land_term: "年", investment: "CNY", revenue: "CNY", output: "CNY",
    tax_per_mu: "CNY", buildings: "栋", employees: "人", far: "ratio", green_share: "percent",
  };
  document.addEventListener("change", (event) => {
    const metric = event.target;
    if (!(metric instanceof HTMLSelectElement) || !/(^|-)metric$/.test(metric.name)) return;
    const unit = document.getElementsByName(metric.name.replace(/metric$/, "unit"))[0];
    const value = document.getElementsByName(metric.name.replace(/metric$/, "value"))[0];
    // A unit typed behind the number counts, so nothing is chosen over it.
    if (unit && !unit.value && !/[^\d.,\s]/.test(value?.value ?? "")) unit.value = usual[metric.value] ?? "";
  });
})();
