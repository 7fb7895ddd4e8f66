import type { Fields } from "./fields";
import type { Reading } from "./reading";

/** A name that suggests something about the structure, and so about memory. */
const structural =
  /attn|attention|head|layer|expert|moe|mlp|ffn|state|conv|window|chunk|compress|index|latent|lora|kv|cache|mtp|rank|linear|recurrent|block|hybrid|ssm|mamba|sparse/i;

/** Structural by name, and of no consequence for memory: rates, biases, initial values, names of kernels, labels. */
const irrelevant = new Set(
  `attention_bias attention_dropout attn_pdrop attn_implementation _attn_implementation _attn_implementation_autoset
attn_dropout_prob attention_dropout_prob attention_probs_dropout_prob attention_softmax_in_fp32 attention_value_scale attn_logit_softcapping
attn_temperature_tuning attn_scale floor_scale scale_attention_softmax_in_fp32 scale_attn_weights reorder_and_upcast_attn use_flash_attn flash_attn
use_logn_attn mup_attn_multiplier add_bias_linear apply_query_key_layer_scaling apply_residual_connection_post_layernorm post_layer_norm
layer_norm_eps layer_norm_epsilon layernorm_epsilon layer_norm_epsilon layer_norm_rms_epsilon use_cache cache_implementation layer_rope_theta mlp_bias
lm_head lm_head_bias rm_head mlp_type num_key_value_groups router_layer_norm partial_rotary_factor rope_interleave
moe_apply_router_weight_on_input moe_routed_scaling_factor moe_renormalize moe_router_activation_func moe_router_dtype
moe_router_logit_softcapping moe_router_scaling_factor use_moe_router_bias moe_shared_expert_overlap moe_drop_tokens moe_random_routing_dropped_token
moe_gate moe_loss_weight moe_jitter_eps moe_use_aux_free moe_capacity moe_multimodal_mode num_expert_group use_mixed_mlp_moe latent_moe_use_norm
moe_layer_end_index mamba_hidden_act mamba_proj_bias mamba_conv_bias use_mamba_kernels use_conv_bias mamba_rms_norm mamba_norm_before_gate mamba_chunk_size
mamba_use_mlp mamba_inner_layernorms use_associative_scan chunk_size chunk_size_feed_forward query_pre_attn_scalar image_token_index video_token_index
boi_token_index eoi_token_index ignore_index multi_query_attention vision_feature_layer mm_vision_select_layer mm_use_mlp freeze_mm_mlp_adapter
index_topk index_topk_freq index_skip_topk_offset index_topk_pattern indexer_rope_interleave index_share_for_mtp_iteration
add_swa_attention_sink_bias add_full_attention_sink_bias max_window_layers classifier_dropout layerdrop
encoder_layerdrop decoder_layerdrop cross_attention_hidden_size add_cross_attention pruned_heads keys_to_ignore_at_inference num_reward_heads
add_classification_head cla_share_factor blocksparse_block_size blocksparse_homo_head_pattern blocksparse_triton_kernel_block_size
blocksparse_num_local_blocks blocksparse_vert_stride use_cross_layer_attention output_hidden_states output_attentions layernorm_full_attention_alpha
layernorm_full_attention_beta layernorm_linear_attention_alpha layernorm_linear_attention_beta layernorm_mlp_alpha layernorm_mlp_beta kv_channels
nope_layer_interval no_rope_layers no_rope_layer_interval use_qk_norm qk_layernorm qk_norm_type attention_multiplier ssm_multipliers ssm_in_multiplier
ssm_out_multiplier mlp_multipliers key_multiplier lm_head_multiplier attention_in_multiplier attention_out_multiplier attn_qkv_bias use_attention_mask has_layer_norm layer_scale residual_in_fp32 fp32_residual_connection num_hidden_layers_per_stage use_routing_bias
embedding_layer_norm head_dtype quantize_head rope_head_dim original_max_position_embeddings shared_expert_gate aux_loss_head
use_residual_scaling state_dim layer_types_override expert_parallel ep_size tensor_parallel blockwise rotary_indices num_logits_to_keep
attention_type attention_types_list linear_bias mtp_loss_scaling_factor mtp_use_dedicated_embeddings mtp_lossweight mamba_ssm_cache_dtype
unshifted_sink init_device mm_hidden_size vit_patch sliding_window_layers mlp_activation norm_after_attention output_router_logits
swa_rope_theta use_mtp lora_alpha lora_rank lora_dropout_p lora_main_params_trainable lora_adaptations is_causal dim_model_base scale_depth
num_hash_layers order_of_interleaved_layers layer_switch use_parallel_block block_dim block_use_swiglu shared_moe_mode
moe_eval_capacity_factor moe_train_capacity_factor moe_token_dropping parallel_attn for_llm_compressor attention_method mla_scale_kv_lora
mla_scale_q_lora zero_expert_type full_attn_mod use_bidirectional_attention time_step_rank compress_rope_theta compress_rope_parameters use_moe
activation_situ_linear_beta attn_rotary_emb max_attn_value block_use_xavier_init conv_use_xavier_init attn_output_multiplier
`.split(/\s+/),
);

/** Parts of a name that are about the values of weights, not their number. */
const harmless = /bias|dropout|norm|_init|multiplier|_eps$|_freq$|_theta$|loss/;

/** Heads that predict several tokens: engines load them only to speculate. */
const predictors = /^(num_nextn_predict_layers|num_mtp_modules|mtp_.*|n_predict|num_predict_layers|nextn_.*)$/;

/** Names that other parts of the reader treat, or that describe no layer. */
const elsewhere =
  /^(quantization_config|compression_config|torch_dtype|dtype|rope_.*|.*_token_id|id2label|label2id|auto_map|architectures)$/;

/**
 * Names every field of the language model that nothing read although its name says structure. Call it last: what
 * was asked for by then counts as read.
 */
export function nameUnmodelled({ text, report, config }: Reading): void {
  for (const name of Object.keys(text.values)) {
    const value = text.values[name];
    if (elsewhere.test(name) || isOff(value)) continue;
    if (predictors.test(name)) {
      if (!irrelevant.has(name)) report.note(`${name}: layers that predict several tokens ahead are left out`);
      continue;
    }
    if (text.asked.has(name) || config.outer.asked.has(name) || irrelevant.has(name)) continue;
    if (harmless.test(name)) continue;
    const shown = /^[\w.-]{1,60}$/.test(name) ? name : JSON.stringify(name.slice(0, 40));
    if (structural.test(name)) report.leaveOut(`${shown}: not modelled`, minor.has(name) ? "medium" : "low");
  }
}

/** Structure that changes weights by less than a hundredth and the cache not at all. */
const minor = new Set(["hc_mult", "use_full_rank_gate", "gating_types", "dense_attention_every_n_layers"]);

function isOff(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === 0 || value === "") return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** Fields whose effect is known by name, and is not modelled. */
export function nameKnownGaps(text: Fields): void {
  const gaps: readonly [string, string, "medium" | "low"][] = [
    ["hc_mult", "hyper-connections: their small weights are not counted", "medium"],
    ["compress_ratios", "compressed attention: every layer is counted as keeping every token", "low"],
    ["o_lora_rank", "a low-rank output projection: counted in full", "low"],
    ["sparse_attention_config", "sparse attention: every layer is counted as keeping every token", "low"],
    ["share_q_dim", "a low-rank query projection: counted in full", "low"],
    ["word_embed_proj_dim", "embeddings narrower than the hidden size: counted as wide", "medium"],
    ["gating", "an attention gate: its weights are not counted", "medium"],
    ["gating_types", "an attention gate: its weights are not counted", "medium"],
  ];
  for (const [name, effect, confidence] of gaps)
    if (text.has(name) && !isOff(text.values[name]) && text.values[name] !== text.values.hidden_size)
      text.report.leaveOut(`${name}: ${effect}`, confidence);
}
