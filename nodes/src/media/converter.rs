//! Sound with another rate and other channels.
use protocol::Value;

use crate::media::effect::Effect;
use crate::media::resampler::{Quality, Resampler};
use crate::media::sound::{Format, mix};
use crate::node::NodeError;

/// Changes rate and channels; what is `None` stays as it comes.
pub(crate) struct Converter {
    rate: Option<u32>,
    channels: Option<u16>,
    quality: Quality,
    from: Format,
    to: Format,
    resampler: Option<Resampler>,
    mixed: Vec<f32>,
}

impl Converter {
    pub(crate) fn new(rate: Option<u32>, channels: Option<u16>, quality: Quality) -> Self {
        let nothing = Format { rate: 1, channels: 1 };
        Converter { rate, channels, quality, from: nothing, to: nothing, resampler: None, mixed: Vec::new() }
    }

    /// The fewer channels are resampled, the less work.
    fn mixes_first(&self) -> bool {
        self.to.channels < self.from.channels
    }

    /// Appends resampled sound, with all its channels.
    fn spread(&mut self, resampled: &[f32], given: &mut Vec<f32>) {
        let from = self.from.channels.min(self.to.channels);
        mix(resampled, from, self.to.channels, given);
    }
}

impl Effect for Converter {
    fn begin(&mut self, format: Format) -> Result<(), NodeError> {
        self.from = format;
        let channels = self.channels.unwrap_or(format.channels);
        self.to = Format { rate: self.rate.unwrap_or(format.rate), channels };
        let narrow = channels.min(format.channels);
        let resampler = || Resampler::new(format.rate, self.to.rate, narrow, self.quality);
        self.resampler = (self.to.rate != format.rate).then(resampler).transpose()?;
        Ok(())
    }

    fn feed(&mut self, samples: &[f32], given: &mut Vec<f32>) -> Result<(), NodeError> {
        let mut mixed = std::mem::take(&mut self.mixed);
        mixed.clear();
        let narrow = if self.mixes_first() {
            mix(samples, self.from.channels, self.to.channels, &mut mixed);
            &mixed
        } else {
            samples
        };
        if let Some(resampler) = &mut self.resampler {
            let mut resampled = Vec::new();
            resampler.feed(narrow, &mut resampled)?;
            self.spread(&resampled, given);
        } else {
            self.spread(narrow, given);
        }
        self.mixed = mixed;
        Ok(())
    }

    fn end(&mut self, given: &mut Vec<f32>) -> Result<Option<Value>, NodeError> {
        if let Some(mut resampler) = self.resampler.take() {
            let mut rest = Vec::new();
            resampler.end(&mut rest)?;
            self.spread(&rest, given);
        }
        Ok(None)
    }

    fn format(&self) -> Format {
        self.to
    }

    fn is_identity(&self) -> bool {
        self.from == self.to
    }
}
