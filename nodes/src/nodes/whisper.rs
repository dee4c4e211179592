//! `Whisper`: what is said in a recording.
use protocol::Home;

use crate::kind::{AUDIO_FORMS, Kind, media};
use crate::params::{Param, Type};

/// Sequences side by side, each with a cache of its own.
const MOST_SEQUENCES: u64 = 64;

pub(crate) const KIND: Kind = Kind {
    name: "Whisper",
    aliases: &["RustWhisperNode", "RustWhisperTranscriber", "WhisperXTranscriber"],
    description: "Transcribes speech with a Whisper model. Takes sound of any rate and number of channels, in parts of \
                  any size, and gives one transcript for each recording: `{ text, language, segments: [{ id, start, \
                  end, text, avg_logprob, no_speech_prob, compression_ratio, temperature, words? }], audio_duration \
                  }`, times in seconds. Tells text as it is found.",
    params: &[
        Param::new("model", Type::Model, "Name in the catalogue, URL, or path in the package.")
            .or("\"demo\"")
            .also(&["model_path", "modelPath", "model_source", "modelSource", "model_size", "modelSize"]),
        Param::new("language", Type::Text, "Code (`de`) or English name; `auto` detects it.").or("\"auto\""),
        Param::new(
            "task",
            Type::Choice(&["transcribe", "translate"]),
            "In the language that is spoken, or in English.",
        )
        .or("\"transcribe\""),
        Param::new("translate", Type::Flag, "The original's word for `task`: true is `translate`."),
        Param::new(
            "timestamps",
            Type::Choice(&["segment", "word", "none"]),
            "How finely the transcript is placed in time; `none` gives one segment for each half minute or so.",
        )
        .or("\"segment\""),
        Param::new("word_timestamps", Type::Flag, "The reference's word for `timestamps`: true is `word`.")
            .also(&["align_model"]),
        Param::new(
            "temperature",
            Type::WithinEach(0.0, 1.0),
            "Tried in this order until half a minute is decoded well enough. At 0 the likeliest text is taken, above \
             it is drawn.",
        )
        .or("[0,0.2,0.4,0.6,0.8,1]")
        .also(&["temperatures"]),
        Param::new(
            "beam_size",
            Type::Integer(1, MOST_SEQUENCES),
            "Texts followed side by side at temperature 0.",
        )
        .or("1")
        .also(&["beamSize"]),
        Param::new("best_of", Type::Integer(1, MOST_SEQUENCES), "Texts drawn at temperatures above 0.")
            .or("5")
            .also(&["bestOf"]),
        Param::new("patience", Type::Within(0.1, 10.0), "Beams end after `beam_size` times this many texts."),
        Param::new(
            "length_penalty",
            Type::Within(0.0, 1.0),
            "How texts of different lengths are ranked; by probability per token if absent.",
        ),
        Param::new("initial_prompt", Type::Text, "What is taken as said before: names, spelling, style.")
            .also(&["initialPrompt"]),
        Param::new(
            "condition_on_previous_text",
            Type::Flag,
            "Whether what was said before counts for what follows.",
        )
        .or("true"),
        Param::new("vad", Type::Flag, "Leaves out long silence unheard.")
            .or("true")
            .also(&["vad_filter", "vadFilter"]),
        Param::new(
            "precision",
            Type::Choice(&["auto", "f32"]),
            "`f32` calculates as the reference does; `auto` may take faster numbers.",
        )
        .or("\"auto\""),
        Param::new(
            "compression_ratio_threshold",
            Type::Number,
            "Text that can be compressed more is a loop, and decoded again.",
        )
        .or("2.4"),
        Param::new("logprob_threshold", Type::Number, "Text less likely per token is decoded again.")
            .or("-1"),
        Param::new(
            "no_speech_threshold",
            Type::Within(0.0, 1.0),
            "Unlikely text is dropped where silence is this likely.",
        )
        .or("0.6")
        .also(&["no_speech_thold"]),
        Param::new(
            "hallucination_silence_threshold",
            Type::Within(0.0, 3600.0),
            "With times of words: text that seems made up is left out between silences of so many seconds.",
        ),
        Param::new(
            "max_initial_timestamp",
            Type::Within(0.0, 30.0),
            "The first segment begins within so many seconds.",
        )
        .or("1"),
        Param::new("seed", Type::Integer(0, u32::MAX as u64), "Of what is drawn at temperatures above 0.")
            .or("0"),
        Param::ignored("n_threads", &["nThreads", "threads"], "threads are chosen by the runtime"),
        Param::ignored("device", &[], "it runs where the page runs"),
        Param::ignored("compute_type", &["computeType", "fp16"], "`precision` decides"),
        Param::ignored("batch_size", &["batchSize"], "half minutes are heard one after another"),
        Param::ignored("vad_onset", &["vad_offset", "vadOnset", "vadOffset"], "`vad` finds its thresholds"),
        Param::ignored("sample_rate", &["sampleRate"], "the audio itself tells its rate"),
    ],
    inputs: AUDIO_FORMS,
    outputs: &["json"],
    home: Home::Compute,
    streaming: true,
    open: media!(|params| Ok(Box::new(crate::media::transcription::Transcription::open(params)?))),
};
