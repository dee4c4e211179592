//! Names of tensors: Hugging Face's and openai's.

/// Parts of names that differ, in this order.
const PARTS: [(&str, &str); 12] = [
    ("layers", "blocks"),
    ("self_attn", "attn"),
    ("self_attn_layer_norm", "attn_ln"),
    ("encoder_attn", "cross_attn"),
    ("encoder_attn_layer_norm", "cross_attn_ln"),
    ("final_layer_norm", "mlp_ln"),
    ("q_proj", "query"),
    ("k_proj", "key"),
    ("v_proj", "value"),
    ("out_proj", "out"),
    ("fc1", "mlp.0"),
    ("fc2", "mlp.2"),
];

/// Names without such parts.
const WHOLE: [(&str, &str); 7] = [
    ("encoder.embed_positions.weight", "encoder.positional_embedding"),
    ("decoder.embed_positions.weight", "decoder.positional_embedding"),
    ("decoder.embed_tokens.weight", "decoder.token_embedding.weight"),
    ("encoder.layer_norm.weight", "encoder.ln_post.weight"),
    ("encoder.layer_norm.bias", "encoder.ln_post.bias"),
    ("decoder.layer_norm.weight", "decoder.ln.weight"),
    ("decoder.layer_norm.bias", "decoder.ln.bias"),
];

/// The name in openai's state dict of a tensor of encoder or decoder; none for others (the output projection is the
/// token embedding once more).
pub(super) fn openai_name(name: &str) -> Option<String> {
    let name = name.strip_prefix("model.").unwrap_or(name);
    if !name.starts_with("encoder.") && !name.starts_with("decoder.") {
        return None;
    }
    if let Some((_, openai)) = WHOLE.iter().find(|it| it.0 == name) {
        return Some((*openai).to_owned());
    }
    let renamed = |part| PARTS.iter().find(|it| it.0 == part).map_or(part, |it| it.1);
    Some(name.split('.').map(renamed).collect::<Vec<_>>().join("."))
}

/// The name in Hugging Face's files of a tensor of openai's.
pub(in crate::weights) fn hugging_face_name(name: &str) -> String {
    if let Some((theirs, _)) = WHOLE.iter().find(|it| it.1 == name) {
        return format!("model.{theirs}");
    }
    let name = name.replace(".mlp.0.", ".fc1.").replace(".mlp.2.", ".fc2.");
    let renamed = |part| PARTS.iter().find(|it| it.1 == part).map_or(part, |it| it.0);
    format!("model.{}", name.split('.').map(renamed).collect::<Vec<_>>().join("."))
}
