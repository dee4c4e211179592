//! Figures of one node.
use protocol::NodeMetrics;

/// Four buckets per doubling, from 1/16 µs to over an hour.
const BUCKETS: usize = 160;

/// What one node did, as it goes.
#[derive(Debug)]
pub(crate) struct Meter {
    pub(crate) totals: NodeMetrics,
    buckets: [u64; BUCKETS],
    counted: u64,
}

impl Default for Meter {
    fn default() -> Self {
        Meter { totals: NodeMetrics::default(), buckets: [0; BUCKETS], counted: 0 }
    }
}

impl Meter {
    /// `inputs` were worked on for `busy_us` together. Light nodes take less than a look at the clock, so hosts
    /// measure whole batches; a batch's mean then stands for each of its items.
    pub(crate) fn worked(&mut self, inputs: u32, busy_us: u64) {
        self.totals.busy_ms += busy_us as f64 / 1000.0;
        if inputs > 0 {
            let mean = busy_us as f64 / f64::from(inputs);
            let bucket = ((mean.max(1.0 / 16.0).log2() + 4.0) * 4.0).round() as usize;
            self.buckets[bucket.min(BUCKETS - 1)] += u64::from(inputs);
            self.counted += u64::from(inputs);
        }
    }
    /// The figures so far.
    pub(crate) fn read(&self) -> NodeMetrics {
        NodeMetrics { p50_us: self.percentile(0.5), p95_us: self.percentile(0.95), ..self.totals }
    }

    fn percentile(&self, p: f64) -> f64 {
        let wanted = (self.counted as f64 * p).ceil() as u64;
        let mut seen = 0;
        for (bucket, count) in self.buckets.iter().enumerate() {
            seen += count;
            if *count > 0 && seen >= wanted {
                return 2f64.powf(bucket as f64 / 4.0 - 4.0);
            }
        }
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::Meter;

    #[test]
    fn percentiles_are_within_a_bucket_of_the_truth() {
        let mut meter = Meter::default();
        (1..=100).for_each(|us| meter.worked(1, us));
        let read = meter.read();
        assert!((40.0..62.0).contains(&read.p50_us), "{}", read.p50_us);
        assert!((80.0..115.0).contains(&read.p95_us), "{}", read.p95_us);
        assert!((read.busy_ms - 5.05).abs() < 1e-9);
    }
}
