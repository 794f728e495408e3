// HdrHistogram's logs as hdr-histogram-js reads and writes them; prints JSON.
//     node hdr.js read FILE PERCENT...           its intervals
//     node hdr.js write FILE PERCENT... < lines  "TAG VALUE COUNT"; writes FILE, prints the same
"use strict";
const fs = require("fs");
const hdr = require("hdr-histogram-js");

const NO_TAG = "NO TAG"; // as the library calls it
const HIGHEST = 3600000000000; // an hour in ns, as the load tool's histograms
const STARTED_MS = 1700000000250;

function tell(histogram, percents) {
    const buckets = [];
    const rows = histogram.recordedValuesIterator;
    rows.reset();
    while (rows.hasNext()) {
        const row = rows.next();
        buckets.push([row.valueIteratedTo, row.countAtValueIteratedTo]);
    }
    return {
        tag: histogram.tag === NO_TAG ? "-" : histogram.tag,
        started_ms: histogram.startTimeStampMsec,
        ended_ms: histogram.endTimeStampMsec,
        count: histogram.totalCount,
        max: histogram.maxValue,
        mean: histogram.mean,
        deviation: histogram.stdDeviation,
        percentiles: percents.map((percent) => histogram.getValueAtPercentile(percent)),
        buckets,
        hgrm: histogram.outputPercentileDistribution(5, 1000),
    };
}

function read(file, percents) {
    const reader = new hdr.HistogramLogReader(fs.readFileSync(file, "utf8"), 64);
    const intervals = [];
    for (let one = reader.nextIntervalHistogram(); one; one = reader.nextIntervalHistogram())
        intervals.push(tell(one, percents));
    return intervals;
}

function recorded() {
    const histograms = new Map();
    for (const line of fs.readFileSync(0, "utf8").trim().split("\n")) {
        const [tag, value, count] = line.split(" ");
        if (!histograms.has(tag)) {
            histograms.set(tag, hdr.build({
                lowestDiscernibleValue: 1,
                highestTrackableValue: HIGHEST,
                numberOfSignificantValueDigits: 3,
                bitBucketSize: 64,
            }));
            histograms.get(tag).tag = tag === "-" ? NO_TAG : tag;
        }
        histograms.get(tag).recordValueWithCount(Number(value), Number(count));
    }
    return [...histograms.values()];
}

function write(file, percents) {
    const histograms = recorded();
    let text = "";
    const writer = new hdr.HistogramLogWriter((more) => { text += more; });
    writer.outputLogFormatVersion();
    writer.outputStartTime(STARTED_MS);
    writer.outputLegend();
    for (const one of histograms) writer.outputIntervalHistogram(one, 0, 1.5, 1e6);
    fs.writeFileSync(file, text);
    return read(file, percents);
}

const [, , verb, file, ...percents] = process.argv;
console.log(JSON.stringify({ read, write }[verb](file, percents.map(Number))));
