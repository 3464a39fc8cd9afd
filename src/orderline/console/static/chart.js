// Figures over time, drawn by uPlot. The table below has the same figures; without this file it stands alone.
"use strict";

{
  const DAY_S = 86_400;
  const HIGH = 200;
  const MOST_MARKED = 62; // of as many periods each is marked
  const TONES = ["--accent", "--pegged", "--released", "--returned", "--allocated", "--lost"];
  const STEPS = [1, 2, 3, 7, 14, 30, 60, 90, 180, 365, 730].map((days) => days * DAY_S);
  const language = document.documentElement.lang;
  const figures = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });

  // By what figures are divided to be read from an axis, and what stands behind them.
  function scaled({ unit, decimals }, most) {
    if (unit === "share") return [10_000, "\u00a0%"];
    if (unit === "per_100") return [10_000, ""];
    if (unit === "per_day") return [1_000, ""];
    if (unit === "minor") return [10 ** decimals, ""];
    return most < 7_200 ? [60, "\u00a0min"] : most < 2 * DAY_S ? [3_600, "\u00a0h"] : [DAY_S, "\u00a0d"];
  }

  function draw(place) {
    const told = JSON.parse(place.dataset.chart);
    const style = getComputedStyle(place); // it is read anew each time
    const color = (name) => {
      place.style.color = `var(${name})`;
      return style.color;
    };
    const days = told.begins.map((day) => Date.parse(day) / 1000);
    const values = told.lines.flatMap((line) => line.values).filter((value) => value !== null);
    const [divisor, suffix] = scaled(told, Math.max(...values.map(Math.abs)));
    const written = new Intl.DateTimeFormat(language, { timeZone: "UTC", month: "short", ...(told.period === "month" ? { year: "numeric" } : { day: "numeric" }) });
    const day = (at) => written.format(at * 1000);
    const axis = { stroke: color("--quiet"), font: `12px ${style.fontFamily}`, grid: { stroke: color("--rule"), width: 1 }, ticks: { show: false } };
    const latest = (chart) => chart.setLegend({ idx: days.length - 1 });
    return new uPlot({
      width: place.clientWidth,
      height: HIGH,
      scales: {
        x: { time: false, range: (_, first, last) => (first === last ? [first - DAY_S, last + DAY_S] : [first, last]) },
        y: { range: (_, least, most) => (least === most && !most ? [0, 1] : [Math.min(least * 1.08, 0), Math.max(most * 1.08, 0)]) },
      },
      axes: [
        { ...axis, size: 32, incrs: STEPS, space: 72, values: (_, at) => at.map(day), grid: { show: false } },
        { ...axis, size: 64, values: (_, at) => at.map((value) => figures.format(value) + suffix) },
      ],
      series: [
        { label: told.when, value: (_, at) => (at === null ? "" : day(at)) },
        ...told.lines.map((line, number) => ({
          label: line.label,
          value: (_chart, _value, _series, at) => (at === null ? "" : line.told[at] || "\u2013"),
          stroke: color(TONES[number]),
          width: number ? 1.5 : 2,
          fill: number ? undefined : color("--good-tint"),
          points: { show: days.length <= MOST_MARKED ? true : undefined, size: 5, fill: color(TONES[number]) },
        })),
      ],
      cursor: { y: false, points: { size: 9 } },
      hooks: { ready: [latest], setCursor: [(chart) => chart.cursor.idx ?? latest(chart)] },
    }, [days, ...told.lines.map((line) => line.values.map((value) => (value === null ? null : value / divisor)))], place);
  }

  for (const place of document.querySelectorAll(".chart")) {
    let chart = draw(place);
    new ResizeObserver(() => chart.setSize({ width: place.clientWidth, height: HIGH })).observe(place);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      chart.destroy();
      chart = draw(place);
    });
  }
}
